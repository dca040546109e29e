import { createLanguage } from "../language/service";
import type { Session } from "./api";
import { createSession, type SessionOptions } from "./core";

export type { Failure, Outcome, Session } from "./api";
export type { SessionOptions } from "./core";

/** A session, and how to have it ready before the first cell. */
export interface OpenSession extends Session {
  /** Loads TypeScript and the libraries' types, which the first cell would wait for otherwise. */
  warm(): Promise<void>;
  /** Forgets local modules, so that the next import runs them anew, also those that have not changed. */
  reload(): void;
}

/** Begins a session with its language service. */
export function openSession(options: SessionOptions = {}): OpenSession {
  const core = createSession(options);
  const language = createLanguage({
    withSource: (code, use) => core.withSource(code, use),
    scope: core.scope,
    cells: () => core.scripts.latest(),
  });
  return {
    run: (code, cell, typed) => core.run(code, cell, typed),
    define: (globals, declarations) => core.define(globals, declarations),
    recall: (types) => core.recall(types),
    describe: (thrown) => core.describe(thrown),
    reset: () => core.reset(),
    warm: () => core.warm(),
    reload: () => core.reload(),
    close: () => core.close(),
    scope: core.scope,
    cwd: core.cwd,
    ...language,
  };
}

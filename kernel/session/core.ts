import module, { createRequire } from "node:module";
import { guard } from "../interrupt/guard";
import { type CellName, type Failure, type Outcome, type Session } from "./api";
import { CodeCache } from "./codecache";
import type * as engine from "./engine";
import { expectUninterrupted } from "./awaiting";
import { describeThrown } from "./errors";
import { type SourceContext } from "./program";
import { type Runnable } from "./runner";
import { Scope } from "./scope";
import { type OnScript, Scripts } from "./scripts";
import { mapStacks, unmapStacks } from "./stacks";
import { typescriptOf } from "./typescript";

/** Whether Node can keep what it compiles by itself, as Node 22 does where it is told to. */
const keepsCompiled = "enableCompileCache" in module;

/** Where a session runs and who wants to know of its scripts. */
export interface SessionOptions {
  /** The directory from which cells import; the process's if it is not given. */
  readonly cwd?: string;
  readonly onScript?: OnScript;
}

/** What a session's language service answers. */
type LanguageParts = "complete" | "inspect" | "isComplete" | "isCommand" | "withCommands";

/** A session without its language service, which is made from {@link SessionCore.withSource}. */
export interface SessionCore extends Omit<Session, LanguageParts> {
  /** Loads TypeScript and the libraries' types, so that the first cell need not; for when the process is idle. */
  warm(): Promise<void>;
  /** Calls a function on code that is parsed, bound, and about to be checked as the next cell; changes nothing. */
  withSource<T>(code: string, use: (context: SourceContext) => T): T;
  /** Forgets local modules, so that the next import runs them anew, also those that have not changed. */
  reload(): void;
  /** The names that cells have declared, of values and of types. */
  readonly declaredNames: ReadonlySet<string>;
  /** The scripts of cells and local modules, by url. */
  readonly scripts: Scripts;
}

/** Begins a session. TypeScript is loaded when it is first needed. */
export function createSession(options: SessionOptions = {}): SessionCore {
  return new CoreSession(options);
}

class CoreSession implements SessionCore {
  readonly scripts: Scripts;
  readonly #scope = new Scope();
  readonly cwd: string;
  readonly #cache = new CodeCache();
  #engine: engine.Engine | undefined;
  #globals = "";
  #recalled: Readonly<Record<string, string>> = {};

  constructor(options: SessionOptions) {
    this.cwd = options.cwd ?? process.cwd();
    this.scripts = new Scripts(options.onScript);
    mapStacks(this.scripts);
  }

  get scope(): Readonly<Record<string, unknown>> {
    return this.#scope.variables;
  }

  get declaredNames(): ReadonlySet<string> {
    return this.#engine?.names ?? new Set();
  }

  async run(code: string, cell?: CellName, typed = code): Promise<Outcome> {
    let prepared: Runnable | Failure | undefined;
    try {
      prepared = guard.run(() => this.#getEngine().compile(code, cell, typed));
    } catch (error) {
      return this.describe(error);
    }
    if (prepared === undefined) return { status: "ok", value: undefined };
    if ("status" in prepared) return prepared;
    const runnable = prepared;
    // A task of its own, so that an interrupt ends it alone.
    return new Promise((resolve) => setImmediate(() => void this.#finish(runnable).then(resolve)));
  }

  withSource<T>(code: string, use: (context: SourceContext) => T): T {
    return guard.run(() => this.#getEngine().withSource(code, use));
  }

  define(globals: Readonly<Record<string, unknown>>, declarations: string): void {
    this.#scope.define(globals);
    this.#globals += `${declarations}\n`;
    this.#engine?.define(this.#globals);
  }

  recall(types: Readonly<Record<string, string>>): void {
    this.#recalled = types;
    this.#engine?.recall(types);
  }

  describe(thrown: unknown): Failure {
    return guard.run(() => describeThrown(thrown, this.scripts));
  }

  warm(): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          guard.run(() => this.#getEngine().warm());
          this.#cache.keep();
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  reload(): void {
    this.#engine?.reload();
  }

  reset(): void {
    this.#recalled = {};
    this.#engine?.reset();
    this.#scope.reset();
  }

  close(): void {
    unmapStacks(this.scripts);
  }

  async #finish(cell: Runnable): Promise<Outcome> {
    try {
      expectUninterrupted();
      const last = await cell.run();
      guard.run(() => this.#scope.settle());
      return { status: "ok", value: Array.isArray(last) ? last[0] : undefined, type: cell.type };
    } catch (thrown) {
      return this.describe(thrown);
    }
  }

  /** Has the engine's modules get the TypeScript of the folder: the first engine's, for the process has one. */
  #loadTypeScript(cwd: string): void {
    if (require.cache[require.resolve("./engine")] !== undefined) return;
    const { path } = typescriptOf(cwd);
    if (!keepsCompiled) this.#cache.load(path);
    const own = require.resolve("typescript");
    if (own === path) return;
    createRequire(__filename)(path);
    require.cache[own] = require.cache[path];
  }

  #getEngine(): engine.Engine {
    if (this.#engine !== undefined) return this.#engine;
    this.#loadTypeScript(this.cwd);
    // Loaded here and not at the top, since TypeScript takes 0.2 s to load and a kernel is to be ready before.
    // eslint-disable-next-line @typescript-eslint/no-require-imports, no-restricted-syntax, @typescript-eslint/no-unsafe-assignment
    const { Engine }: typeof engine = require("./engine");
    this.#engine = new Engine({ cwd: this.cwd, scope: this.#scope, scripts: this.scripts });
    if (this.#globals !== "") this.#engine.define(this.#globals);
    this.#engine.recall(this.#recalled);
    return this.#engine;
  }
}

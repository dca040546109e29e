import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type Failure } from "../../../kernel/session/api";
import { createSession, type SessionCore, type SessionOptions } from "../../../kernel/session/core";
import { temporaryFolder } from "../../temporary";

/** A session in a new folder with these files, ended after the file's tests. */
export function sessionIn(files: Record<string, string>, options: SessionOptions = {}): Cells {
  const cwd = temporaryFolder("session");
  write(cwd, files);
  const session = createSession({ cwd, ...options });
  after(() => session.close());
  return new Cells(session, cwd);
}

/** Writes files by their paths in a folder. */
export function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Runs cells and numbers them. */
export class Cells {
  count = 0;

  constructor(
    readonly session: SessionCore,
    readonly cwd: string,
  ) {}

  /** The value of a cell that must succeed. */
  async value(code: string): Promise<unknown> {
    const outcome = await this.session.run(code, ++this.count);
    if (outcome.status === "error") assert.fail(`${code}\n${plain(outcome)}`);
    return outcome.value;
  }

  /** How a cell failed that must fail; the traceback without colours. */
  async failure(code: string): Promise<Failure & { readonly text: string }> {
    const outcome = await this.session.run(code, ++this.count);
    assert.ok(outcome.status === "error", `${code} succeeded`);
    return { ...outcome, text: plain(outcome) };
  }
}

function plain(failure: Failure): string {
  return stripVTControlCharacters(failure.traceback.join("\n"));
}

// The order counts: tslab's modules are to get our TypeScript.
import "./interpose";
import { type Converter } from "tslab/dist/converter";
import { createExecutor, type Executor } from "tslab/dist/executor";

/** What becomes of a cell. Nothing of it throws. */
export interface Work<T> {
  /** Of one that is to run. */
  convert(code: string): T;
  /** Of one that is a module, since its first comment says `@module name`. */
  addModule(name: string, code: string, isJsx: boolean): T | undefined;
}

/**
 * tslab's executor with a converter of our own. It reads what a cell says of itself in its first comments (`@module`, `@jsx`,
 * `@browser`), and has it converted or added as a module. It is given no JavaScript to run: it would do that with
 * `breakOnSigint`, which leaves the process with Node's own handler of SIGINT, so that the next interrupt ends it.
 */
export class CellExecutor<T> {
  readonly #executor: Executor;
  #work: Work<T> | undefined;
  #outcome: T | undefined;

  constructor(cwd: string) {
    const close = (): void => undefined;
    const node: Converter = {
      convert: (_declarations, code) => {
        this.#outcome = this.#work?.convert(code);
        return { diagnostics: [] };
      },
      addModule: (name, code, { jsx = false } = {}) => {
        this.#outcome = this.#work?.addModule(name, code, jsx);
        return [];
      },
      inspect: refuse,
      complete: refuse,
      close,
    };
    const silent = { log: () => undefined, error: () => undefined };
    this.#executor = createExecutor(cwd, { node, browser: node, close }, silent);
  }

  /** What the work makes of a cell, at once; nothing of one that is for browsers. */
  execute(code: string, work: Work<T>): T | undefined {
    [this.#work, this.#outcome] = [work, undefined];
    void this.#executor.execute(code);
    return this.#outcome;
  }
}

function refuse(): never {
  throw new Error("Cannot ask tslab about a cell: expected the session's language service to be asked");
}

import { shellNames } from "../language/commands";
import { runScript, type BashOptions } from "./bash";

/** What cells see of the shell; see {@link Shell}. */
export const shellDeclarations = `
declare function ${shellNames.run}(command: string): Promise<void>;
declare function ${shellNames.lines}(command: string): Promise<string[]>;
/** With what the last command behind a ! ended. */
declare const _exit_code: number;
`;

/** Runs the commands that cells have behind a `!`. They fail no cell, as in IPython: `_exit_code` tells how they ended. */
export class Shell {
  readonly #options: BashOptions;
  #exitCode = 0;

  constructor(options: BashOptions) {
    this.#options = options;
  }

  /** What cells see, by name. */
  get globals(): Readonly<Record<string, unknown>> {
    const { run, lines } = shellNames;
    const globals = {
      [run]: (command: string) => this.#run(command, this.#options.write),
      [lines]: async (command: string) => {
        const printed: string[] = [];
        await this.#run(command, (text) => printed.push(text));
        const text = printed.join("").replace(/\r?\n$/, "");
        return text === "" ? [] : text.split(/\r?\n/);
      },
    };
    return Object.defineProperty(globals, "_exit_code", { get: () => this.#exitCode, enumerable: true });
  }

  async #run(command: string, write: (text: string) => void): Promise<void> {
    const { writeError } = this.#options;
    this.#exitCode = await runScript(command, { write, writeError });
  }
}

import { type Json } from "../protocol";

/** An error with the fields of Jupyter's `error` message. */
export interface Failure {
  readonly status: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** How a cell ended. */
export type Outcome = Success | Failure;

/** The value of a cell's last expression, undefined if it has none, with its type as later cells can write it. */
export interface Success {
  readonly status: "ok";
  readonly value: unknown;
  readonly type?: string | undefined;
}

/** A MIME bundle by type, e.g. of a figure. */
export type MimeBundle = Json;

/** Completions for a range of a cell's text; offsets are UTF-16 code units. */
export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly matches: readonly CompletionItem[];
}

export interface CompletionItem {
  readonly text: string;
  /** TypeScript's kind: "function", "property", "keyword", "path", … */
  readonly kind: string;
  /** e.g. "(x: number): string" */
  readonly signature?: string;
}

/** What is known of the thing at a position. */
export interface Inspection {
  readonly bundle: { readonly "text/plain": string; readonly "text/markdown": string };
}

export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

/** A cell's execution count, or the name of the file it is, by which errors name it; undefined for silent ones. */
export type CellName = number | string | undefined;

/** Cells that run one after the other over the same variables. */
export interface Session {
  /**
   * Type-checks and runs a cell.
   * @param typed  the cell as the user typed it, by which debuggers know it. @default the code: only magics differ
   */
  run(code: string, cell?: CellName, typed?: string): Promise<Outcome>;
  complete(code: string, position: number): Completion;
  /** @param detail  0: signature and comment; 1: also the other overloads and the source */
  inspect(code: string, position: number, detail: 0 | 1): Inspection | undefined;
  isComplete(code: string): Completeness;
  /** Whether a line that begins with ! is for the shell, and not TypeScript. */
  isCommand(line: string): boolean;
  /** A cell whose lines for the shell, such as `const files = !ls`, are TypeScript. */
  withCommands(code: string): string;
  /** The folder from which cells import. */
  readonly cwd: string;
  /** The variables of the cells run so far, by name. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Values every cell sees without importing them, with their TypeScript declarations, e.g. "declare function input(…): …;". */
  define(globals: Readonly<Record<string, unknown>>, declarations: string): void;
  /**
   * Says which of the kernel's own values cells see under names that they have not declared, replacing what was said before.
   * @param types  by name
   */
  recall(types: Readonly<Record<string, string>>): void;
  /** An error as it is shown: mapped to cells, with its causes, without the kernel's own frames. */
  describe(thrown: unknown): Failure;
  /** Forgets all variables. */
  reset(): void;
  close(): void;
}

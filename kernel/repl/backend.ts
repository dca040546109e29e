import { type Completeness, type Completion, type Inspection } from "../session/api";
import { type Output } from "./output";

/** How a cell ended. */
export type Ended = "ok" | "error" | "interrupted";

/** Where cells run: in this process, or in a kernel elsewhere. */
export interface Backend {
  /** The number of the next cell. */
  readonly cell: number;
  run(code: string): Promise<Ended>;
  complete(code: string, position: number): Promise<Completion>;
  /** @param detail  0: signature and comment; 1: also the other overloads and the source */
  inspect(code: string, position: number, detail: 0 | 1): Promise<Inspection | undefined>;
  isComplete(code: string): Promise<Completeness>;
  /** The last inputs of this user, the newest last. */
  history(most: number): Promise<readonly string[]>;
  /** Stops the running cell. */
  interrupt(): void;
  close(): Promise<void>;
}

/** What a backend needs of the terminal or script around it. */
export interface Host {
  readonly output: Output;
  /** Whether somebody types: what is run is noted in the history then. */
  readonly interactive: boolean;
  /**
   * Lets the user type a line; undefined if the user would rather stop the cell.
   * @throws {Error} if there is nobody
   */
  ask(prompt: string, password: boolean): Promise<string | undefined>;
  /** Takes an error that nobody waited for, as in a timer of a cell. */
  stray(traceback: readonly string[]): void;
}

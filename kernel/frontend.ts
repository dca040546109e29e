import { captured, currentCell } from "./cell";
import type { CommApi } from "./comm";
import type { Globals } from "./globals";
import type { Json } from "./protocol";
import type { Failure } from "./session/api";

/** What libraries such as one of widgets are offered. */
export interface FrontEnd extends CommApi {
  /** Keeps an object as long as the current cell's output stands: until the cell is run again. */
  readonly keep: (value: object) => void;
  /** Runs work; what it prints and shows goes to `take`, and where that gives false to the cell. */
  readonly capture: <T>(work: () => T, take: (type: string, content: Json) => boolean) => T;
  /** Shows a value as an output. */
  readonly display: (value: unknown) => Promise<void>;
  /** An error with its cell and line. */
  readonly describe: (thrown: unknown) => Omit<Failure, "status">;
}

/** What a library's part in the kernel is made of. */
export interface FrontEndParts {
  readonly globals: Globals;
  readonly kept: Kept;
  readonly describe: (thrown: unknown) => Failure;
}

/** What outputs need as long as they stand, by their cells; where the front end does not name these, to the end. */
export class Kept {
  readonly #byCell = new Map<unknown, object[]>();

  add(value: object): void {
    const cellId = currentCell()?.cellId;
    const values = this.#byCell.get(cellId) ?? [];
    this.#byCell.set(cellId, values.includes(value) ? values : [...values, value]);
  }

  /** A cell starts: its outputs are gone. */
  begin(cellId: unknown): void {
    if (cellId !== undefined) this.#byCell.delete(cellId);
  }
}

/** Lets libraries find the front end under Symbol.for("Jupyter.frontend"). */
export function offerFrontEnd({ globals, kept, describe }: FrontEndParts): void {
  const value: FrontEnd = {
    ...globals.comm,
    keep: (object) => kept.add(object),
    capture: captured,
    display: (shown) => globals.display(shown),
    describe: (thrown) => {
      const { ename, evalue, traceback } = describe(thrown);
      return { ename, evalue, traceback };
    },
  };
  Object.defineProperty(globalThis, Symbol.for("Jupyter.frontend"), { value, configurable: true });
}

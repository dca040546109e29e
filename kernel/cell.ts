import { AsyncLocalStorage } from "node:async_hooks";
import type { Interruption } from "./interrupt/interrupts";
import type { Extras, Json } from "./protocol";

/** Sends a message to whoever looks at a cell's outputs. */
export type Publish = (type: string, content: Json, extras?: Extras) => void;

/** A cell that runs or ran, for all that it calls, awaits and leaves running. */
export interface Cell {
  readonly interruption: Interruption;
  readonly publish: Publish;
  /** Which cell of the notebook it is, where the front end says so (JupyterLab does, nbconvert does not). */
  readonly cellId?: unknown;
  /** Asks the user for a line; absent where nobody can answer. */
  readonly ask?: (prompt: string, password: boolean) => Promise<string>;
}

const storage = new AsyncLocalStorage<Cell>();
let latest: Cell | undefined;

/** Runs work as a cell's own: what it prints, shows and leaves running belongs to the cell. */
export function runAs<T>(cell: Cell, work: () => T): T {
  latest = cell;
  return storage.run(cell, work);
}

/** The cell whose code this is called from; else the one that was started last. */
export function currentCell(): Cell | undefined {
  return storage.getStore() ?? latest;
}

const signalSymbol = Symbol.for("Jupyter.signal");

/** Lets libraries find the running cell's AbortSignal under Symbol.for("Jupyter.signal"). */
export function offerSignal(): void {
  Object.defineProperty(globalThis, signalSymbol, {
    get: () => storage.getStore()?.interruption.signal,
    configurable: true,
  });
}

import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
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

/** Runs work that is no cell's, such as what a comm message has done; what comes without a context stays the latest cell's. */
export function runBeside<T>(message: Cell, work: () => T): T {
  return storage.run(message, work);
}

/** The cell whose code this is called from; else the one that was started last. */
export function currentCell(): Cell | undefined {
  return storage.getStore() ?? latest;
}

/**
 * Runs work of the current cell, of which what it sends goes to another first, also after it has awaited.
 * @param take  gives false for what is the cell's all the same
 */
export function captured<T>(work: () => T, take: (type: string, content: Json) => boolean): T {
  const cell = currentCell();
  if (cell === undefined) return work();
  const publish: Publish = (type, content, extras) => {
    if (!take(type, content)) cell.publish(type, content, extras);
  };
  return storage.run({ ...cell, publish }, work);
}

const signalSymbol = Symbol.for("Jupyter.signal");

/** Lets libraries find the running cell's AbortSignal under Symbol.for("Jupyter.signal"). */
export function offerSignal(): void {
  Object.defineProperty(globalThis, signalSymbol, {
    get: () => storage.getStore()?.interruption.signal,
    configurable: true,
  });
}

/** The properties by which Node knows, of each promise, what made it and which cell it belongs to. */
const marks: ReadonlySet<string | undefined> = new Set([
  "async_id_symbol",
  "trigger_async_id_symbol",
  "kResourceStore",
]);

/** Lets what is shown of a promise be what it resolves to and the user's own properties, without {@link marks}. */
export function hideMarks(): void {
  const value = function <T extends object>(this: T): T {
    for (const symbol of Object.getOwnPropertySymbols(this))
      if (marks.has(symbol.description)) Reflect.defineProperty(this, symbol, { enumerable: false });
    return this; // shown as ever
  };
  Reflect.defineProperty(Promise.prototype, inspect.custom, { value, configurable: true, writable: true });
}

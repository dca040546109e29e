import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { guard } from "./interrupt/guard";

/** After so many cells garbage is collected: it takes some 70 ms, and the process stays as large as it was. */
const cellsPerCollection = 100;

/** The heap, in bytes, up to which it is collected so: a larger one is the user's, and takes its time. */
const largestHeap = 512 * 2 ** 20;

/**
 * Has V8 collect garbage when the heap has grown by a quarter. By itself it waits for a multiple of what is alive: the type
 * checker alone is so much that a kernel grows by 200 MB over some thousand cells, none of which it needs.
 */
export function keepSmall(): void {
  setFlagsFromString("--heap-growing-percent=25");
}

/** Collects the garbage that cells leave, between them. */
export class Garbage {
  readonly #collect: () => void = exposeCollection();
  #cells = 0;

  /** Counts a cell that has ended; collects in a turn of its own, when its reply has been sent. */
  add(): void {
    if (++this.#cells < cellsPerCollection) return;
    this.#cells = 0;
    if (getHeapStatistics().used_heap_size <= largestHeap) setImmediate(() => guard.run(this.#collect));
  }
}

/** V8's own function, without showing it to cells: it stands in contexts that are made while the flag is set. */
function exposeCollection(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new TypeError("Cannot collect garbage: expected V8 to offer it");
  return () => void Reflect.apply(collect, undefined, []);
}

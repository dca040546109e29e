/** Has V8 look for tensors that are out of reach: it does not know how much memory they take, and would wait for ever. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Tensors, and their bytes. */
interface Size {
  readonly numTensors: number;
  readonly numBytes: number;
}

/** Garbage is looked for after tensors have grown by half, but not by less than this. */
const LEAST: Size = { numTensors: 1000, numBytes: 128 * 2 ** 20 };
/** It is looked for during no more than this share of the time. */
const SHARE = 0.1;

/** Collects garbage when tensors have grown in number or size since they were last looked through. */
export class Garbage {
  private readonly collect = exposeCollection();
  private size: Size = { numTensors: 0, numBytes: 0 };
  private next = 0;

  /** Looks at what tensors there are at the end of a turn. @param wereFreed  whether V8 has found some that were out of reach */
  settle({ numTensors, numBytes }: Size, wereFreed: boolean): void {
    if (wereFreed)
      this.size = {
        numTensors: Math.min(numTensors, this.size.numTensors),
        numBytes: Math.min(numBytes, this.size.numBytes),
      };
    const hasGrown =
      numTensors > limit(this.size.numTensors, LEAST.numTensors) ||
      numBytes > limit(this.size.numBytes, LEAST.numBytes);
    const start = performance.now();
    if (!hasGrown || start < this.next) return;
    this.size = { numTensors, numBytes };
    this.collect();
    this.next = performance.now() + (performance.now() - start) / SHARE;
  }
}

function limit(before: number, least: number): number {
  return before + Math.max(before / 2, least);
}

/** V8's own function to collect garbage, without showing it to anybody: it stands in contexts that are made while the flag is set. */
export function exposeCollection(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect !== "function") throw new TypeError("Cannot collect garbage: expected V8 to offer it");
  return () => void Reflect.apply(collect, undefined, []);
}

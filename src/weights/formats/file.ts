/** How a WeightsFile is made of places in files. */
import { quoteNearest } from "../../tensorflow";
import { isFloatType, type FloatType } from "./floats";
import type { WeightsEntry, WeightsFile } from "./weightsfile";

/** An entry that can be read. */
export interface ReadableEntry extends WeightsEntry {
  /** As WeightsFile.read(); its dtype is given again, and only if it is of floating-point numbers. */
  values(dtype: FloatType): Float32Array;
  /** As WeightsFile.parts(). @default all in one */
  parts?: ((dtype: FloatType) => Iterable<Float32Array>) | undefined;
}

/** What a WeightsFile is made of. */
export interface WeightsParts extends Pick<WeightsFile, "format" | "path" | "metadata" | "close"> {
  /** In the file's order; their names are unlike. */
  readonly entries: readonly ReadableEntry[];
}

/** A WeightsFile, with the errors that all kinds have in common. */
export function weightsFileOf({ entries, close, ...parts }: WeightsParts): WeightsFile {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  let isClosed = false;
  /** @throws as WeightsFile.read() */
  const expectFloats = (name: string): readonly [entry: ReadableEntry, dtype: FloatType] => {
    const cannot = `Cannot read "${name}" of "${parts.path}"`;
    if (isClosed) throw new Error(`${cannot}: the file is closed`);
    const entry = byName.get(name);
    if (entry === undefined) {
      const near = quoteNearest(name, byName.keys());
      throw new RangeError(`${cannot}: expected a name as ${near || "none, since it is empty"}, got another`);
    }
    if (isFloatType(entry.dtype)) return [entry, entry.dtype];
    throw new TypeError(
      `${cannot}: expected float32, float64, float16 or bfloat16 numbers, got ${entry.dtype}`,
    );
  };
  return {
    ...parts,
    entries: entries.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    read(name) {
      const [entry, dtype] = expectFloats(name);
      return entry.values(dtype);
    },
    parts(name) {
      const [entry, dtype] = expectFloats(name);
      return entry.parts === undefined ? [entry.values(dtype)] : entry.parts(dtype);
    },
    close() {
      isClosed = true;
      close();
    },
  };
}

/** How many elements a shape has. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

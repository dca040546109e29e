/** The values of a dataset of an HDF5 file. */
import { elementsOf } from "./file";
import { floatBytes, widen, type FloatType } from "./floats";
import { guarded, type OpenHdf5 } from "./hdf5library";
import { slabsOf, type Slab } from "./hdf5slabs";

/** HDF5's filters that the library has: for another it gives what its memory had before, without a word. @see H5Zpublic.h */
const FILTERS = new Map([
  [1, "deflate"],
  [2, "shuffle"],
  [3, "fletcher32"],
]);

/** More than that, and so many times the file's bytes: no values stand behind such a shape. Keras refuses the same. */
const MOST_BYTES = 2 ** 32;
const MOST_EXPANSION = 1000;

/** The most bytes of values that the library unpacks at once: its memory never shrinks, and ends at 2 GB. */
const BYTES_AT_ONCE = 16 * 2 ** 20;

/**
 * The values of a dataset as float32, row by row.
 * @param path   in the file
 * @param dtype  that it has
 * @param name   what to call it in errors
 * @throws {Error} that names the file, if they can't be read: cut off, damaged, packed by a filter that is not there, elsewhere
 */
export function readDataset(file: OpenHdf5, path: string, dtype: FloatType, name: string): Float32Array {
  const what = `Cannot read "${name}" of "${file.name}": expected its values`;
  const { shape } = guarded(file.library, file.place, what, () => layoutOf(file, path));
  let values = new Float32Array(0);
  let done = 0;
  for (const part of readDatasetParts(file, path, dtype, name)) {
    if (done === 0) values = new Float32Array(elementsOf(shape)); // once the shape is known to be no lie
    values.set(part, done);
    done += part.length;
  }
  return values;
}

/**
 * The same part by part.
 * @throws {Error} as readDataset(), at once or when a part is asked for
 */
export function* readDatasetParts(
  file: OpenHdf5,
  path: string,
  dtype: FloatType,
  name: string,
): Generator<Float32Array> {
  const what = `"${name}" of "${file.name}"`;
  const layout = guarded(file.library, file.place, `Cannot read ${what}: expected its values`, () =>
    layoutOf(file, path),
  );
  const { shape, chunks } = layout;
  refuseOthers(file, what, layout);
  const bytes = floatBytes(dtype) * elementsOf(shape);
  if (bytes > Math.max(MOST_BYTES, MOST_EXPANSION * file.bytes)) {
    const got = `[${shape.join(", ")}] of ${dtype}`;
    throw new Error(`Cannot read ${what}: expected a shape that ${file.bytes} bytes can hold, got ${got}`);
  }
  if (elementsOf(shape) === 0) return;
  const whole = [{ offset: [], count: [] }];
  const slabs = shape.length === 0 ? whole : slabsOf(shape, BYTES_AT_ONCE / floatBytes(dtype), chunks);
  for (const slab of slabs) {
    const target = new Float32Array(elementsOf(slab.count));
    withSlab(file, path, slab, target.length * floatBytes(dtype), what, (part) =>
      widen(what, dtype, part, target),
    );
    yield target;
  }
}

interface Layout {
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | null;
  readonly isVirtual: boolean;
  readonly filters: readonly { readonly id: number; readonly name: string }[];
}

function layoutOf({ library: { Module: library }, id }: OpenHdf5, path: string): Layout {
  const { shape, chunks, virtual_sources } = library.get_dataset_metadata(id, path);
  const filters = library.get_dataset_filters(id, path);
  return { shape: shape ?? [0], chunks, isVirtual: virtual_sources !== undefined, filters };
}

/** Refuses what the library would read wrong, or elsewhere. */
function refuseOthers({ name }: OpenHdf5, what: string, { isVirtual, filters }: Layout): void {
  if (isVirtual)
    throw new Error(`Cannot read ${what}: expected values in "${name}", got a view of other datasets`);
  const strange = filters.find(({ id }) => !FILTERS.has(id));
  if (strange === undefined) return;
  const expected = `expected no other filters than ${[...FILTERS.values()].join(", ")}`;
  throw new Error(
    `Cannot read ${what}: ${expected}, got ${strange.name || "one"} (number ${strange.id} of HDF5's)`,
  );
}

/** Reads a piece. @param use  may use the bytes until it returns */
function withSlab(
  file: OpenHdf5,
  path: string,
  { offset, count }: Slab,
  bytes: number,
  what: string,
  use: (bytes: Uint8Array) => void,
): void {
  const { Module: library } = file.library;
  const memory = library._malloc(bytes);
  if (memory === 0) throw new Error(`Cannot read ${what}: expected memory for ${bytes} bytes, got none`);
  const [counts, offsets, strides] = [count, offset, count.map(() => 1)].map((numbers) =>
    numbers.length === 0 ? null : numbers.map(BigInt),
  );
  try {
    guarded(file.library, file.place, `Cannot read ${what}: expected its values`, () => {
      const place = BigInt(memory);
      const status = library.get_dataset_data(
        file.id,
        path,
        counts ?? null,
        offsets ?? null,
        strides ?? null,
        place,
      );
      if (status < 0) throw new Error("an error without words");
    });
    use(library.HEAPU8.subarray(memory, memory + bytes));
  } finally {
    library._free(memory);
  }
}

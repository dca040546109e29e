/** Arrays of float32 numbers in NumPy's files (.npy, format version 1.0), row by row. @see numpy.lib.format */
import { open, type FileHandle } from "node:fs/promises";
import { tf } from "../tensorflow";

/** A file of an array. */
export interface NpyFile {
  /** Rows first. */
  readonly shape: readonly number[];
  /**
   * The rows in their order, some at a time; the file is open while they are read. Each is freed when the next is asked for.
   * @param size  how many at once, 1 or more; the last are what is left
   * @throws {Error} if the file ends before them
   */
  batches(size: number): AsyncGenerator<tf.Tensor>;
}

const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");
/** The magic, the version and the header's length, a uint16. */
const PREAMBLE = MAGIC.length + 2;
/** Numbers begin at a multiple of so many bytes. */
const ALIGNMENT = 64;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** What stands before the numbers of a float32 array, row-major, little-endian. */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const sizes = shape.map((size) => `${size},`).join(" ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.length === 1 ? sizes : sizes.slice(0, -1)}), }`;
  const length = Math.ceil((PREAMBLE + text.length + 1) / ALIGNMENT) * ALIGNMENT - PREAMBLE;
  const header = Buffer.alloc(PREAMBLE + length, " ");
  MAGIC.copy(header);
  header.writeUInt16LE(length, MAGIC.length);
  header.write(`${text.padEnd(length - 1)}\n`, PREAMBLE, "latin1");
  return header;
}

/**
 * Opens what representativeDataset() or numpy.save() has written: float32, row-major, little-endian, of two dimensions or more.
 * @throws {Error} if there is no such file, or it holds something else
 */
export async function readNpy(path: string): Promise<NpyFile> {
  const { shape, start } = await withFile(path, (file) => readHeader(path, file));
  return { shape, batches: (size) => batchesOf({ path, shape, start }, size) };
}

function refuse(path: string, expected: string, got: string, cause?: unknown): Error {
  return new Error(`Cannot read "${path}": expected ${expected}, got ${got}`, { cause });
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw refuse(path, "a .npy file", cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function withFile<T>(path: string, read: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await opened(path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

/** Where an array's numbers are. */
interface NpyPlace {
  readonly path: string;
  readonly shape: readonly number[];
  /** The byte that they begin at. */
  readonly start: number;
}

async function readHeader(path: string, file: FileHandle): Promise<Omit<NpyPlace, "path">> {
  const preamble = await bytesAt(path, file, { from: 0, length: PREAMBLE });
  if (!preamble.subarray(0, MAGIC.length).equals(MAGIC))
    throw refuse(path, "a .npy file of format version 1.0", "another");
  const length = preamble.readUInt16LE(MAGIC.length);
  const text = (await bytesAt(path, file, { from: PREAMBLE, length })).toString("latin1");
  const field = (name: string, value: string): string =>
    new RegExp(`'${name}': ?${value}`).exec(text)?.[1] ?? "none";
  const type = field("descr", "'([^']*)'");
  if (type !== "<f4") throw refuse(path, 'float32 numbers ("<f4")', `"${type}"`);
  if (field("fortran_order", "(\\w+)") !== "False")
    throw refuse(path, "rows one after the other", "an array in Fortran's order");
  const sizes = field("shape", "\\(([\\d, ]*)\\)");
  const shape = sizes
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  if (shape.length < 2 || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
    throw refuse(path, "rows of one number or more each", `the shape (${sizes})`);
  const start = PREAMBLE + length;
  const [expected, { size: got }] = [start + product(shape) * BYTES, await file.stat()];
  if (expected !== got) throw refuse(path, `${expected} bytes, as its shape (${sizes}) tells`, `${got}`);
  return { shape, start };
}

async function bytesAt(
  path: string,
  file: FileHandle,
  { from, length }: { readonly from: number; readonly length: number },
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, from);
  if (bytesRead === length) return bytes;
  throw refuse(path, `${from + length} bytes or more`, `${from + bytesRead}`);
}

async function* batchesOf({ path, shape, start }: NpyPlace, size: number): AsyncGenerator<tf.Tensor> {
  if (!(Number.isSafeInteger(size) && size >= 1))
    throw new RangeError(`Cannot read "${path}": expected batches of 1 row or more, got ${size}`);
  const [rows = 0, ...row] = shape;
  const rowBytes = product(row) * BYTES;
  const file = await opened(path);
  try {
    for (let from = 0; from < rows; from += size) {
      const count = Math.min(size, rows - from);
      const bytes = await bytesAt(path, file, { from: start + from * rowBytes, length: count * rowBytes });
      const batch = tf.tensor(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / BYTES), [count, ...row]); // prettier-ignore
      try {
        yield batch;
      } finally {
        batch.dispose();
      }
    }
  } finally {
    await file.close();
  }
}

/** Weights written as a safetensors file. */
import { basename, dirname } from "node:path";
import { makeFolder } from "../../input/beside";
import { shielded } from "../../interrupt";
import { replaceFile } from "../../training/saver/disk";
import { elementsOf } from "./file";
import { floatBytes, floatsAs } from "./floats";
import { LENGTH_BYTES, METADATA } from "./safetensorsheader";

/** A tensor to write. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row by row, the last dimension the fastest. Asked for once, when it is written: a getter needs memory for one tensor at a time. */
  readonly values: Float32Array;
}

/** Options of writeSafetensors(). */
export interface SafetensorsOptions {
  /** Texts beside the tensors; PyTorch's readers look for `format: "pt"`. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How values are stored: halves are rounded to the nearest. @default "float32" */
  readonly dtype?: StoredType;
  /** Between two tensors, ends the work: nothing is written then. */
  readonly signal?: AbortSignal;
}

const CODES = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

type StoredType = keyof typeof CODES;

/**
 * Writes a safetensors file, whole or not at all. Tensors and texts are in the order of their names, so that the same always gives
 * the same bytes.
 * @param path  what was there is replaced, and its folder made if there is none
 * @throws {RangeError} if two tensors have one name, one more or fewer values than its shape, or a value that the type can't hold, or if
 *   there is no such type
 * @throws {Error} that names the file, if the disk refuses
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<WrittenTensor>,
  { metadata = {}, dtype = "float32", signal }: SafetensorsOptions = {},
): Promise<void> {
  if (!Object.hasOwn(CODES, dtype)) {
    const known = Object.keys(CODES).join(", ");
    throw new RangeError(`Cannot write "${path}": expected a dtype of ${known}, got "${String(dtype)}"`);
  }
  const sorted = [...tensors].sort((a, b) => compare(a.name, b.name));
  for (const [i, { name }] of sorted.entries())
    if (name === METADATA || name === sorted[i - 1]?.name)
      throw new RangeError(
        `Cannot write "${path}": expected a name of its own for each tensor, got "${name}"`,
      );
  let takeAway: (() => Promise<void>) | undefined;
  try {
    takeAway = await makeFolder(dirname(path));
    await replaceFile(dirname(path), basename(path), async (file) => {
      await file.writeFile(headerOf(sorted, metadata, dtype));
      for (const tensor of sorted) {
        signal?.throwIfAborted();
        await file.writeFile(shielded(() => bytesOf(path, tensor, dtype)));
      }
    });
  } catch (cause) {
    await takeAway?.();
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new Error(`Cannot write "${path}": expected a place for a file, got ${cause.message}`, { cause });
  }
}

function bytesOf(path: string, { name, shape, values }: WrittenTensor, dtype: StoredType): Uint8Array {
  const count = elementsOf(shape);
  if (values.length === count) return floatsAs(`"${name}" to "${path}"`, dtype, values);
  const shown = `${count} values of "${name}" [${shape.join(", ")}]`;
  throw new RangeError(`Cannot write "${path}": expected ${shown}, got ${values.length}`);
}

/** The header's length and the header, with spaces at its end so that the first tensor begins at a multiple of 8 bytes. */
function headerOf(
  tensors: readonly WrittenTensor[],
  metadata: Readonly<Record<string, string>>,
  dtype: StoredType,
): Buffer {
  let end = 0;
  const entries = tensors.map(({ name, shape }): readonly [string, unknown] => {
    const begin = end;
    end += elementsOf(shape) * floatBytes(dtype);
    return [name, { dtype: CODES[dtype], shape, data_offsets: [begin, end] }];
  });
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  const first = texts.length > 0 ? [`${JSON.stringify(METADATA)}:${objectOf(texts)}`] : [];
  const header = Buffer.from(objectOf(entries, first));
  const bytes = Buffer.alloc(LENGTH_BYTES + Math.ceil(header.length / 8) * 8, " ");
  bytes.writeBigUInt64LE(BigInt(bytes.length - LENGTH_BYTES));
  header.copy(bytes, LENGTH_BYTES);
  return bytes;
}

/** JSON in the given order, which an object would not keep of names like "0". */
function objectOf(
  entries: readonly (readonly [name: string, value: unknown])[],
  first: string[] = [],
): string {
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${[...first, ...members].join(",")}}`;
}

/** By code units: the same order everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

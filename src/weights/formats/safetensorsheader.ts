/**
 * The header of a safetensors file: a uint64 with its length, then JSON, then the tensors' bytes without gaps.
 * @see https://github.com/huggingface/safetensors#format
 */
import { kindOfFile } from "../../tensorflow";
import { damaged, type ByteFile } from "./bytefile";
import { elementsOf } from "./file";
import { isCount, isRecord, parseJson } from "./json";

/** Where a file has a tensor. */
export interface TensorPlace {
  readonly name: string;
  readonly shape: readonly number[];
  /** As TensorFlow names it. */
  readonly dtype: string;
  /** In bytes, from the file's start. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: readonly TensorPlace[];
}

/** The name that no tensor may have. */
export const METADATA = "__metadata__";

/** Bytes of the length before the header. */
export const LENGTH_BYTES = 8;

/** The longest header, as the format's own reader has it. */
const MOST_HEADER_BYTES = 100_000_000;

/** By the format's names: TensorFlow's, or ml_dtypes' for those it lacks, and bits of one element. */
const TYPES: ReadonlyMap<string, readonly [dtype: string, bits: number]> = new Map([
  ["F64", ["float64", 64]],
  ["F32", ["float32", 32]],
  ["F16", ["float16", 16]],
  ["BF16", ["bfloat16", 16]],
  ["F8_E4M3", ["float8_e4m3fn", 8]],
  ["F8_E5M2", ["float8_e5m2", 8]],
  ["F8_E4M3FNUZ", ["float8_e4m3fnuz", 8]],
  ["F8_E5M2FNUZ", ["float8_e5m2fnuz", 8]],
  ["F8_E8M0", ["float8_e8m0fnu", 8]],
  ["F6_E2M3", ["float6_e2m3fn", 6]],
  ["F6_E3M2", ["float6_e3m2fn", 6]],
  ["F4", ["float4_e2m1fn", 4]],
  ["C64", ["complex64", 64]],
  ["I64", ["int64", 64]],
  ["I32", ["int32", 32]],
  ["I16", ["int16", 16]],
  ["I8", ["int8", 8]],
  ["U64", ["uint64", 64]],
  ["U32", ["uint32", 32]],
  ["U16", ["uint16", 16]],
  ["U8", ["uint8", 8]],
  ["BOOL", ["bool", 8]],
]);

/**
 * Reads and checks a header: every byte after it belongs to one tensor, whose size is its shape's.
 * @throws {Error} that names the file, the offset and what is wrong there
 */
export function readHeader(file: ByteFile): SafetensorsHeader {
  const text = headerText(file);
  const parsed = parseJson(file.path, text, LENGTH_BYTES);
  const start = LENGTH_BYTES + Buffer.byteLength(text);
  const { [METADATA]: metadata = {}, ...tensors } = parsed;
  const places = Object.entries(tensors).map(([name, entry]) => placeOf(file, start, name, entry));
  places.sort((a, b) => a.offset - b.offset || a.size - b.size);
  expectNoGaps(file, start, places);
  return { metadata: textsOf(file, metadata), tensors: places };
}

function headerText(file: ByteFile): string {
  const first = Buffer.alloc(LENGTH_BYTES);
  file.read("the header's length", 0, first);
  const stated = first.readBigUInt64LE();
  const most = Math.min(file.size - LENGTH_BYTES, MOST_HEADER_BYTES);
  if (stated > most) {
    const kind = kindOfFile(file.path) ?? "";
    const got = kind.includes("safetensors") ? "" : kind;
    throw damaged(file.path, `the length of a header, of at most ${most} bytes`, 0, got || String(stated));
  }
  const bytes = new Uint8Array(Number(stated));
  file.read("the header", LENGTH_BYTES, bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(file.path, "a header in UTF-8", LENGTH_BYTES, "other bytes");
  }
}

function textsOf(file: ByteFile, metadata: unknown): Readonly<Record<string, string>> {
  const texts = isRecord(metadata) ? Object.entries(metadata) : [["", metadata] as const];
  return Object.fromEntries(
    texts.map(([key, value]) => {
      if (typeof value === "string") return [key, value];
      throw damaged(
        file.path,
        `texts by name as ${METADATA}`,
        LENGTH_BYTES,
        JSON.stringify(metadata).slice(0, 80),
      );
    }),
  );
}

function placeOf(file: ByteFile, start: number, name: string, entry: unknown): TensorPlace {
  const bad = (expected: string, got: unknown): Error =>
    damaged(file.path, `${expected} of "${name}" in the header`, LENGTH_BYTES, JSON.stringify(got) ?? "none");
  if (!isRecord(entry)) throw bad("dtype, shape and data_offsets", entry);
  const { dtype: code, shape, data_offsets: offsets } = entry;
  const type = TYPES.get(String(code));
  if (type === undefined) throw bad(`a dtype of ${[...TYPES.keys()].join(", ")}`, code);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw bad("a shape of sizes", shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw bad("data_offsets, two integers from 0 to 2^53,", offsets);
  const [begin = 0, end = 0] = offsets;
  const [dtype, bits] = type;
  const offset = start + begin;
  const size = (elementsOf(shape) * bits) / 8;
  const shown = `${String(code)} [${shape.join(", ")}]`;
  if (end - begin !== size)
    throw damaged(
      file.path,
      `${size} bytes of "${name}", ${shown},`,
      offset,
      `data_offsets of ${end - begin}`,
    );
  if (start + end > file.size)
    throw damaged(
      file.path,
      `${size} bytes of "${name}", ${shown},`,
      offset,
      `a file that ends at byte ${file.size}`,
    );
  return { name, shape, dtype, offset, size };
}

function expectNoGaps(file: ByteFile, start: number, places: readonly TensorPlace[]): void {
  let end = start;
  let last = "the header";
  for (const { name, offset, size } of places) {
    if (offset !== end)
      throw damaged(
        file.path,
        `the tensor after ${last}`,
        end,
        offset < end
          ? `"${name}", which begins within it, at ${offset}`
          : `a gap up to "${name}" at ${offset}`,
      );
    end += size;
    last = `"${name}"`;
  }
  if (end < file.size)
    throw damaged(file.path, `the end of the file after ${last}`, end, `${file.size - end} bytes more`);
}

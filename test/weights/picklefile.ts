/** Files of torch.save() before 1.6, written by hand, so that what is wrong in them can be chosen. */

/** A text, as the instruction BINUNICODE has it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(5, "X");
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Instructions one after the other; a string's letters are bytes. */
export function instructions(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
}

/** What a tensor is made of. */
export interface TensorInstructions {
  readonly storage?: string;
  readonly key?: string;
  readonly length?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
  /** @default "_rebuild_tensor_v2" */
  readonly by?: string;
}

/** The instructions that put a tensor; four float32 in a row, if nothing else is said. */
export function tensor(parts: TensorInstructions = {}): Buffer {
  const { storage = "FloatStorage", key = "k", length = 4, offset = 0, shape = [4], strides = [1] } = parts;
  return instructions(
    `ctorch._utils\n${parts.by ?? "_rebuild_tensor_v2"}\n(`,
    ...["(", text("storage"), `ctorch\n${storage}\n`, text(key), text("cpu"), integer(length), "NtQ"],
    ...[integer(offset), "(", ...shape.map(integer), "t", "(", ...strides.map(integer), "t"],
    "\x89ccollections\nOrderedDict\n)RtR",
  );
}

/** An integer of up to 8 bytes, as LONG1. */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(10, "\x8a\x08", "latin1");
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}

/** What stands around a pickle. */
export interface FileParts {
  readonly little?: boolean;
  /** Of its storages, in their order. */
  readonly keys?: readonly string[];
  /** Each with its length before it. */
  readonly storages?: Uint8Array;
}

/** A file whose pickle has these instructions; it has a storage "k" of four float32. */
export function legacyFile(body: Uint8Array, parts: FileParts = {}): Buffer {
  const { little = true, keys = ["k"], storages = storage(4, Float32Array.of(1, 2, 3, 4)) } = parts;
  return instructions(
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", // torch's number
    "\x80\x02M\xe9\x03.",
    ...["\x80\x02}", text("little_endian"), little ? "\x88" : "\x89", "s."],
    ...["\x80\x02", body, "."],
    ...["\x80\x02](", ...keys.map(text), "e."],
    storages,
  );
}

/** A storage and its length, which may be another. */
export function storage(length: number, values: Float32Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigInt64LE(BigInt(length));
  return instructions(head, new Uint8Array(values.buffer));
}

/** A dict of tensors by name. */
export function dict(tensors: Readonly<Record<string, Uint8Array>>): Buffer {
  return instructions("}(", ...Object.entries(tensors).flatMap(([name, one]) => [text(name), one]), "u");
}

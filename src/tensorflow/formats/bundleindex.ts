/** The .index file of a V2 checkpoint: where each entry's bytes are. For errors, since TensorFlow's own do not say. */
import { existsSync, readFileSync, statSync } from "node:fs";
import protobuf from "protobufjs";
import { kindOfFile } from "./filekind";

/** Where a checkpoint has the bytes of an entry. */
export interface EntryPlace {
  /** The data file. */
  readonly file: string;
  /** In bytes, from the file's start. */
  readonly offset: number;
  readonly size: number;
}

const MAGIC = Buffer.from("57fb808b247547db", "hex");
const FOOTER_BYTES = 48;

/** Where a V2 checkpoint has an entry; undefined if it has none of that name, is a V1 checkpoint or damaged. */
export function placeOfEntry(prefix: string, name: string): EntryPlace | undefined {
  const index = `${prefix}.index`;
  if (!existsSync(index)) return undefined;
  try {
    const entries = readTable(readFileSync(index));
    const header = entries.get("");
    const entry = entries.get(name);
    if (header === undefined || entry === undefined) return undefined;
    const shards = String(fieldsOf(header).get(1) ?? 0).padStart(5, "0");
    const fields = fieldsOf(entry);
    const shard = String(fields.get(3) ?? 0).padStart(5, "0");
    const file = `${prefix}.data-${shard}-of-${shards}`;
    return { file, offset: fields.get(4) ?? 0, size: fields.get(5) ?? 0 };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends before it should
    throw error;
  }
}

/** Why an entry's bytes can't be read: "expected …, got …". */
export function describeDamage({ file, offset, size }: EntryPlace): string {
  const expected = `expected ${size} bytes at ${offset} that fit their checksum`;
  if (!existsSync(file)) return `${expected}, got no such file`;
  const length = statSync(file).size;
  const kind = kindOfFile(file);
  if (kind !== undefined) return `${expected}, got ${kind}`;
  return length < offset + size ? `${expected}, got a file of ${length} bytes` : `${expected}, got others`;
}

/** The numbers in a message by field, as BundleHeaderProto and BundleEntryProto have them. */
function fieldsOf(message: Uint8Array): Map<number, number> {
  const reader = protobuf.Reader.create(message);
  const fields = new Map<number, number>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 0) fields.set(tag >>> 3, Number(reader.uint64()));
    else reader.skipType(tag & 7);
  }
  return fields;
}

/**
 * Keys and values of a table of strings.
 * @see tensorflow/core/lib/io/table_format.txt
 */
function readTable(bytes: Buffer): Map<string, Uint8Array> {
  const footer = bytes.subarray(bytes.length - FOOTER_BYTES);
  if (!footer.subarray(-MAGIC.length).equals(MAGIC)) return new Map();
  const handles = protobuf.Reader.create(footer);
  readHandle(handles); // of the meta index, which is empty
  const blocks = readBlock(bytes, readHandle(handles));
  return new Map(
    blocks.flatMap(([, handle]) => readBlock(bytes, readHandle(protobuf.Reader.create(handle)))),
  );
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: protobuf.Reader): Handle {
  return { offset: Number(reader.uint64()), size: Number(reader.uint64()) };
}

/** A block's entries: each key shares its first bytes with the one before. At its end are the offsets of those that do not. */
function readBlock(bytes: Buffer, { offset, size }: Handle): [key: string, value: Uint8Array][] {
  const block = bytes.subarray(offset, offset + size);
  const end = size - 4 * (block.readUInt32LE(size - 4) + 1);
  const reader = protobuf.Reader.create(block);
  const entries: [string, Uint8Array][] = [];
  let key = Buffer.alloc(0);
  while (reader.pos < end) {
    const [shared, rest, length] = [reader.uint32(), reader.uint32(), reader.uint32()];
    key = Buffer.concat([key.subarray(0, shared), block.subarray(reader.pos, reader.pos + rest)]);
    reader.skip(rest);
    entries.push([key.toString("utf8"), block.subarray(reader.pos, reader.pos + length)]);
    reader.skip(length);
  }
  return entries;
}

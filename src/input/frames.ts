/** The frames of TFRecord files: length, its checksum, data, their checksum. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { gunzipSync, inflateSync, constants } from "node:zlib";
import { FRAME_FOOTER as FOOTER, FRAME_HEADER as HEADER, frameData, frameLength } from "../tensorflow";

/** Where a TFRecord file is no longer right. */
export interface FrameBreak {
  /** Counted from 0. */
  readonly record: number;
  /** In bytes, of the record's beginning; in the uncompressed data. */
  readonly offset: number;
  readonly reason: string;
}

interface Bytes {
  readonly length: number;
  /** As many of the `length` bytes from `offset` on as there are. */
  read(offset: number, length: number): Buffer;
}

/**
 * Walks the frames by their headers alone; gives what breaks the walk, and calls `visit` with each whole record, until that
 * gives false.
 */
function walkFrames(
  bytes: Bytes,
  visit: (record: number, offset: number, length: number) => boolean | undefined,
): Walk {
  let offset = 0;
  for (let record = 0; offset < bytes.length; record++) {
    const at = (reason: string): Walk => ({ end: offset, broken: { record, offset, reason } });
    const lost = `; nothing of the file's last ${bytes.length - offset} bytes can be read`;
    const header = bytes.read(offset, HEADER);
    if (header.length < HEADER && offset > 0)
      return at(`the file ends ${header.length} bytes into a record's 12-byte header${lost}`);
    const length = header.length < HEADER ? undefined : frameLength(header);
    if (length === undefined)
      return at(offset === 0 ? noRecordFile(header) : `the checksum of the record's length is wrong${lost}`);
    const whole = HEADER + length + FOOTER;
    if (offset + whole > bytes.length)
      return at(`the record has ${whole} bytes, of which the file holds ${bytes.length - offset}${lost}`);
    const goesOn = visit(record, offset, length);
    offset += whole;
    if (goesOn === false) break;
  }
  return { end: offset, broken: undefined };
}

/** How other files begin that are taken for TFRecord files. */
const BEGINNINGS: readonly (readonly [bytes: string, what: string])[] = [
  ["\xff\xd8\xff", "a JPEG image"],
  ["\x89PNG", "a PNG image"],
  ["GIF8", "a GIF image"],
  ["PK\x03\x04", "a ZIP archive"],
  ["\x89HDF", "an HDF5 file"],
];

function noRecordFile(start: Buffer): string {
  const bytes = start.toString("latin1");
  const [, known] = BEGINNINGS.find(([beginning]) => bytes.startsWith(beginning)) ?? [];
  const what = known ?? (/^[\t\n\r -~]+$/.test(bytes) ? "a text" : undefined);
  const like = what === undefined ? "" : ` but as ${what} does`;
  return `this is no TFRecord file, or its first bytes are damaged: it does not begin with a record${like}`;
}

interface Walk {
  readonly end: number;
  readonly broken: FrameBreak | undefined;
}

/**
 * The first break of a file, if it has one; wrong data is looked for only in the record at `suspect`.
 *
 * Compressed files are told by their first bytes, and read whole.
 * @param suspect  the byte offset that TensorFlow named
 */
export function findBreak(path: string, suspect: number | undefined): FrameBreak | undefined {
  return withBytes(path, (bytes) => {
    let wrong: FrameBreak | undefined;
    const { broken } = walkFrames(bytes, (record, offset, length) => {
      if (suspect === undefined || suspect < offset || suspect >= offset + HEADER + length) return true;
      if (frameData(bytes.read(offset + HEADER, length + FOOTER)) === undefined)
        wrong = { record, offset, reason: wrongData(offset + HEADER + length + FOOTER, bytes.length) };
      return true;
    });
    return wrong ?? broken;
  });
}

function wrongData(end: number, size: number): string {
  const next = end < size ? `the next begins at byte ${end}` : "it is the file's last";
  return `the checksum of the record's data is wrong; ${next}`;
}

/** Whether a file ends inside a record's header, which TensorFlow takes for its end. Compressed files are not looked into. */
export function findCutHeader(path: string): FrameBreak | undefined {
  return withFile(path, (bytes) => {
    const { broken } = walkFrames(bytes, () => undefined);
    return broken !== undefined && bytes.length - broken.offset < HEADER ? broken : undefined;
  });
}

/** How many records a file has that is not compressed, up to where it is damaged if it is; as many as `most` are looked for. */
export function countFrames(
  path: string,
  most = Infinity,
): { readonly records: number; readonly bytes: number } {
  return withFile(path, (bytes) => {
    let found = { records: 0, bytes: 0 };
    walkFrames(bytes, (record, offset, length) => {
      found = { records: record + 1, bytes: offset + HEADER + length + FOOTER };
      return record + 1 < most;
    });
    return found;
  });
}

/** Which record of a file has these bytes; undefined if none has. */
export function findRecord(path: string, record: Uint8Array): number | undefined {
  return withBytes(path, (bytes) => {
    let found: number | undefined;
    walkFrames(bytes, (number, offset, length) => {
      if (length === record.length && bytes.read(offset + HEADER, length).equals(record)) found = number;
      return found === undefined;
    });
    return found;
  });
}

/** A record's bytes; undefined if the file has none of this number. */
export function readRecord(path: string, record: number): Uint8Array | undefined {
  return withBytes(path, (bytes) => {
    let found: Buffer | undefined;
    walkFrames(bytes, (number, offset, length) => {
      if (number === record) found = bytes.read(offset + HEADER, length);
      return found === undefined;
    });
    return found;
  });
}

/** How a file is compressed, told by its first bytes; undefined if it can't be read. */
export function compressionOf(path: string): "" | "GZIP" | "ZLIB" | undefined {
  try {
    return withFile(path, (file) => {
      const start = file.read(0, 2);
      if (start.length < 2) return "";
      if (start.readUInt16BE(0) === 0x1f8b) return "GZIP";
      // A TFRecord file begins with a length: as a zlib header it would be of a record of at least 0x5e78 bytes, so look twice.
      if (start[0] !== 0x78 || start.readUInt16BE(0) % 31 !== 0) return "";
      const header = file.read(0, HEADER);
      return header.length === HEADER && frameLength(header) !== undefined ? "" : "ZLIB";
    });
  } catch {
    return undefined;
  }
}

function withBytes<R>(path: string, work: (bytes: Bytes) => R): R {
  const partly = { finishFlush: constants.Z_SYNC_FLUSH }; // gives what a cut file holds
  switch (compressionOf(path)) {
    case "GZIP":
      return work(inMemory(gunzipSync(readFileSync(path), partly)));
    case "ZLIB":
      return work(inMemory(inflateSync(readFileSync(path), partly)));
    default:
      return withFile(path, work);
  }
}

function inMemory(buffer: Buffer): Bytes {
  return { length: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

function withFile<R>(path: string, work: (bytes: Bytes) => R): R {
  const file = openSync(path, "r");
  try {
    return work({
      length: fstatSync(file).size,
      read(offset, length) {
        const buffer = Buffer.allocUnsafe(length);
        return buffer.subarray(0, readSync(file, buffer, 0, length, offset));
      },
    });
  } finally {
    closeSync(file);
  }
}

/** The frames of TFRecord and event files: a record's length, its checksum, the record, its checksum. */

/** Bytes before a record: its length (uint64) and the length's checksum (uint32). */
export const FRAME_HEADER = 12;
/** Bytes after a record: its checksum (uint32). */
export const FRAME_FOOTER = 4;

/** CRC-32C of bytes, masked as TFRecord files store it. @see tensorflow/core/lib/hash/crc32c.h */
export function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const CASTAGNOLI = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI : crc >>> 1;
  return crc >>> 0;
});

/**
 * A record as TFRecord files hold it: its length (uint64), the length's checksum, the data, the data's checksum.
 * @see tensorflow/core/lib/io/record_writer.cc
 */
export function frameRecord(data: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(data.length + FRAME_HEADER + FRAME_FOOTER);
  frame.writeBigUInt64LE(BigInt(data.length), 0);
  frame.writeUInt32LE(maskedCrc32c(frame.subarray(0, 8)), 8);
  frame.set(data, FRAME_HEADER);
  frame.writeUInt32LE(maskedCrc32c(data), FRAME_HEADER + data.length);
  return frame;
}

/** The length of the record that a header is of; undefined if its checksum is wrong. */
export function frameLength(header: Buffer): number | undefined {
  const isRight = maskedCrc32c(header.subarray(0, 8)) === header.readUInt32LE(8);
  return isRight ? Number(header.readBigUInt64LE(0)) : undefined;
}

/** The record that what follows a header holds; undefined if its checksum is wrong. */
export function frameData(body: Buffer): Buffer | undefined {
  const length = body.length - FRAME_FOOTER;
  const data = body.subarray(0, length);
  return maskedCrc32c(data) === body.readUInt32LE(length) ? data : undefined;
}

/** A TFRecord file that is truncated or damaged, with the record at which it is. */
export class CorruptRecordError extends Error {
  override readonly name = "CorruptRecordError";
  constructor(
    /** The file's path; "" if it is not known which file was read. */
    readonly file: string,
    /** The record, counted from 0 in its file. */
    readonly record: number,
    /** Where the record begins, in bytes; in a compressed file, in its uncompressed data. */
    readonly offset: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `Cannot read record ${record} of "${file}": expected a whole TFRecord at byte ${offset}, got damage: ${reason}`,
      options,
    );
  }
}

/** Files of records: each framed by its length and checksums, so that readers see what is cut off or damaged. */
import { open, rename, rm } from "node:fs/promises";

/** CRC-32C (Castagnoli), reflected: the remainder that each byte leaves. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/**
 * The CRC-32C of some bytes.
 * @returns an unsigned 32-bit integer
 * @see RFC 3720, appendix B.4
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (REMAINDERS[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The CRC-32C as records store it: turned, and moved by a constant, so that a checksum of checksums is not degenerate. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * A record as TFRecord files hold it: its length (uint64), the length's checksum, the data, the data's checksum.
 * @see tensorflow/core/lib/io/record_writer.cc
 */
export function frameRecord(data: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(data.length + 16);
  frame.writeBigUInt64LE(BigInt(data.length), 0);
  frame.writeUInt32LE(maskedCrc32c(frame.subarray(0, 8)), 8);
  frame.set(data, 12);
  frame.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return frame;
}

/** A record file being written, under another name until it is whole. */
export interface RecordWriter {
  write(data: Uint8Array): Promise<void>;
  /** Ends the file; nobody sees it yet. */
  close(): Promise<void>;
  /** Gives the closed file its name. */
  publish(): Promise<void>;
  /** Takes back what was written and not published; may be called at any time. */
  discard(): Promise<void>;
}

/** Opens a TFRecord file for writing. The caller publishes or discards it. */
export async function createRecordWriter(path: string): Promise<RecordWriter> {
  const unfinished = `${path}.${process.pid}.part`;
  const file = await open(unfinished, "w");
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  };
  return {
    close,
    async write(data) {
      await file.appendFile(frameRecord(data));
    },
    async publish() {
      await close();
      await rename(unfinished, path);
    },
    async discard() {
      await close();
      await rm(unfinished, { force: true });
    },
  };
}

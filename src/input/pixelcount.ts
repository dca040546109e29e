/** How many pixels a photo has, told by the first bytes of its file: a small file may be of billions. */
import type { ImageFormat } from "./format";

/**
 * The pixels that decoding a file makes; undefined if the file does not tell, so is damaged or cut off. Of a GIF those of all its frames,
 * which are decoded before the first is given.
 */
export function pixelCountOf(contents: Buffer, format: ImageFormat): number | undefined {
  try {
    return COUNTS[format](contents);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends before
    throw error;
  }
}

const COUNTS: Readonly<Record<ImageFormat, (contents: Buffer) => number | undefined>> = {
  jpg: ofJpeg,
  png: (contents) => contents.readUInt32BE(16) * contents.readUInt32BE(20),
  gif: ofGif,
  bmp: (contents) => Math.abs(contents.readInt32LE(18) * contents.readInt32LE(22)),
  webp: ofWebp,
  jxl: ofJpegXl,
};

/**
 * The frame header is in SOF0 … SOF15, but for the tables DHT, JPG and DAC between them; bytes before a marker are passed over, as libjpeg
 * does.
 * @see ITU-T T.81 B.2.2
 */
function ofJpeg(contents: Buffer): number {
  for (let at = 2; ;) {
    const marker = contents.readUInt8(at) === 0xff ? contents.readUInt8(at + 1) : 0;
    if (marker === 0 || marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 1; // no segment
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return contents.readUInt16BE(at + 5) * contents.readUInt16BE(at + 7);
    at += 2 + contents.readUInt16BE(at + 2);
  }
}

/**
 * Those of all frames, up to where the file is cut off, as it is decoded.
 * @see GIF89a §18 … §23: a screen, then images and extensions, whose data are blocks that each begin with its length
 */
function ofGif(contents: Buffer): number {
  const byteAt = (at: number): number => contents[at] ?? 0;
  const tableOf = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  const screen = contents.readUInt16LE(6) * contents.readUInt16LE(8);
  let frames = 0;
  for (let at = 13 + tableOf(byteAt(10)); at + 10 <= contents.length;) {
    const kind = byteAt(at);
    if (kind !== 0x2c && kind !== 0x21) break; // the trailer
    if (kind === 0x2c) {
      frames += contents.readUInt16LE(at + 5) * contents.readUInt16LE(at + 7);
      at += 11 + tableOf(byteAt(at + 9));
    } else at += 2;
    while (byteAt(at) !== 0) at += 1 + byteAt(at);
    at++;
  }
  return Math.max(screen, frames);
}

/** @see RFC 9649 §2.5 … §2.7, and RFC 6386 §9.1 for "VP8 " */
function ofWebp(contents: Buffer): number | undefined {
  switch (contents.toString("latin1", 12, 16)) {
    case "VP8X":
      return (contents.readUIntLE(24, 3) + 1) * (contents.readUIntLE(27, 3) + 1);
    case "VP8L": {
      const bits = contents.readUInt32LE(21);
      return ((bits & 0x3fff) + 1) * (((bits >> 14) & 0x3fff) + 1);
    }
    case "VP8 ":
      return (contents.readUInt16LE(26) & 0x3fff) * (contents.readUInt16LE(28) & 0x3fff);
    default:
      return undefined;
  }
}

/** Width over height by its number in a JPEG XL's header; 0 has a width of its own. */
const RATIOS = [0, 1, 12 / 10, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2] as const;
/** The bits of a length by its selector. */
const LENGTHS = [9, 13, 18, 30] as const;

/** @see ISO/IEC 18181-1, SizeHeader: bits, the least of each byte first */
function ofJpegXl(contents: Buffer): number | undefined {
  const start = codestreamIn(contents);
  if (start === undefined) return undefined;
  let at = 8 * (start + 2);
  const read = (bits: number): number => {
    let value = 0;
    for (let i = 0; i < bits; i++, at++) value += ((contents.readUInt8(at >> 3) >> (at & 7)) & 1) * 2 ** i;
    return value;
  };
  const isOfEights = read(1) === 1;
  const side = (): number => (isOfEights ? 8 * (read(5) + 1) : read(LENGTHS[read(2)] ?? 0) + 1);
  const height = side();
  const ratio = RATIOS[read(3)] ?? 0;
  return height * (ratio === 0 ? side() : Math.floor(height * ratio));
}

/** Where the pixels' stream begins: at once, or in a box "jxlc" or the first "jxlp" of ISO/IEC 18181-2. */
function codestreamIn(contents: Buffer): number | undefined {
  if (contents.readUInt16BE(0) === 0xff0a) return 0;
  for (let at = 0; at + 8 <= contents.length;) {
    const length = contents.readUInt32BE(at);
    const head = length === 1 ? 16 : 8;
    const kind = contents.toString("latin1", at + 4, at + 8);
    if (kind === "jxlc") return at + head;
    if (kind === "jxlp") return at + head + 4; // after its number
    const whole = length === 1 ? Number(contents.readBigUInt64BE(at + 8)) : length;
    if (whole < head) return undefined; // to the file's end
    at += whole;
  }
  return undefined;
}

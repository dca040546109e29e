/** Which way up a photo is: EXIF's orientation. */
import type { ImageFormat } from "./format";

/** How the stored pixels become upright: their axes in this order, then these reversed (0: top to bottom, 1: left to right). */
export interface Turn {
  readonly order: readonly [number, number, 2];
  readonly axes: readonly number[];
}

const KEPT = [0, 1, 2] as const;
const SWAPPED = [1, 0, 2] as const;

/**
 * What each orientation needs. "Row 0" and "column 0" of the stored pixels are, upright:
 * @see CIPA DC-008 (Exif 3.0) §4.6.5, tag Orientation
 */
const TURNS: readonly Turn[] = [
  { order: KEPT, axes: [] }, // 1: top, left
  { order: KEPT, axes: [1] }, // 2: top, right
  { order: KEPT, axes: [0, 1] }, // 3: bottom, right
  { order: KEPT, axes: [0] }, // 4: bottom, left
  { order: SWAPPED, axes: [] }, // 5: left, top
  { order: SWAPPED, axes: [1] }, // 6: right, top
  { order: SWAPPED, axes: [0, 1] }, // 7: right, bottom
  { order: SWAPPED, axes: [0] }, // 8: left, bottom
];

/** No turn. */
export const STORED: Turn = { order: KEPT, axes: [] };

/**
 * The turn that makes a photo upright; undefined if it is so already, or does not say. JPEG XL is upright when decoded: there the
 * image itself says how it lies, and Exif counts for nothing.
 * @param contents  the file: Exif is in a JPEG's APP1, a PNG's eXIf, a WebP's EXIF
 */
export function turnOf(contents: Buffer, format: ImageFormat): Turn | undefined {
  const orientation = orientationOf(contents, format);
  return orientation === 1 ? undefined : TURNS[orientation - 1];
}

/** How the stored pixels lie, 1…8 as Exif counts; 1, upright, if the file does not say. See turnOf(). */
export function orientationOf(contents: Buffer, format: ImageFormat): number {
  const exif = exifOf(contents, format);
  return exif === undefined ? 1 : readOrientation(exif);
}

/** The TIFF structure of Exif. */
function exifOf(contents: Buffer, format: ImageFormat): Buffer | undefined {
  if (format === "jpg") return exifOfJpeg(contents);
  if (format === "png") return findChunk(contents, { start: 8, type: "eXIf", isPng: true });
  if (format === "webp") return findChunk(contents, { start: 12, type: "EXIF", isPng: false });
  return undefined;
}

const EXIF = Buffer.from("Exif\0\0");

function exifOfJpeg(contents: Buffer): Buffer | undefined {
  for (let at = 2; at + 4 <= contents.length && contents[at] === 0xff;) {
    const marker = contents.readUInt8(at + 1);
    if (marker === 0xda || marker === 0xd9) return undefined; // the pixels begin, or the end
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += marker === 0xff ? 1 : 2; // no length
      continue;
    }
    const end = at + 2 + contents.readUInt16BE(at + 2);
    const data = contents.subarray(at + 4, end);
    if (marker === 0xe1 && data.subarray(0, 6).equals(EXIF)) return data.subarray(6);
    at = end;
  }
  return undefined;
}

/** A chunk of a PNG (length, type, data, checksum) or of a RIFF file (type, length, data to an even length). */
function findChunk(
  contents: Buffer,
  { start, type, isPng }: { readonly start: number; readonly type: string; readonly isPng: boolean },
): Buffer | undefined {
  for (let at = start; at + 8 <= contents.length;) {
    const length = isPng ? contents.readUInt32BE(at) : contents.readUInt32LE(at + 4);
    const found = contents.toString("latin1", isPng ? at + 4 : at, isPng ? at + 8 : at + 4);
    const data = contents.subarray(at + 8, at + 8 + length);
    if (found === type) return data.subarray(0, 6).equals(EXIF) ? data.subarray(6) : data;
    at += 8 + length + (isPng ? 4 : length % 2);
  }
  return undefined;
}

const ORIENTATION = 0x0112;

/** The tag in the first directory, of type SHORT or, as some write it, BYTE or LONG; 1 if there is none, or none of the eight. */
function readOrientation(tiff: Buffer): number {
  const order = tiff.toString("latin1", 0, 2);
  if (tiff.length < 10 || (order !== "II" && order !== "MM")) return 1;
  const isLittle = order === "II";
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  if (directory + 2 > tiff.length) return 1;
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return 1;
    if (short(entry) !== ORIENTATION) continue;
    const read = { 1: (at: number) => tiff.readUInt8(at), 3: short, 4: long }[short(entry + 2)];
    const value = read?.(entry + 8) ?? 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

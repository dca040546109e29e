/** What kind of image a file is, by its first bytes, and whether TensorFlow reads that kind well. */

/** The kinds that TensorFlow decodes, as records name them. */
export type ImageFormat = "jpg" | "png" | "gif" | "bmp" | "webp" | "jxl";

type Signature = readonly [offset: number, bytes: string];

const FORMATS: readonly (readonly [ImageFormat, ...Signature[]])[] = [
  ["jpg", [0, "\xff\xd8\xff"]],
  ["png", [0, "\x89PNG"]],
  ["gif", [0, "GIF8"]],
  ["bmp", [0, "BM"]],
  ["webp", [0, "RIFF"], [8, "WEBP"]],
  ["jxl", [0, "\xff\x0a"]],
  ["jxl", [0, "\0\0\0\x0cJXL \r\n\x87\n"]],
];

/** Kinds that it does not decode, and what makes them such that it does. */
const OTHERS: readonly (readonly [name: string, extension: string, ...Signature[]])[] = [
  ["TIFF or a camera's raw file", "tif", [0, "II*\0"]],
  ["TIFF or a camera's raw file", "tif", [0, "MM\0*"]],
  ["AVIF", "avif", [4, "ftypavi"]],
  ["HEIC", "heic", [4, "ftyphe"]],
  ["HEIC", "heic", [4, "ftypmif1"]],
  ["HEIC", "heic", [4, "ftypmsf1"]],
  ["JPEG 2000", "jp2", [0, "\0\0\0\x0cjP  "]],
  ["JPEG 2000", "j2k", [0, "\xff\x4f\xff\x51"]],
  ["an icon", "ico", [0, "\0\0\x01\0"]],
  ["a Photoshop document", "psd", [0, "8BPS"]],
  ["SVG", "svg", [0, "<svg"]],
  ["PDF", "pdf", [0, "%PDF"]],
];

/** The kind of an image file, or why it can't be taken. */
export function formatOf(contents: Buffer): ImageFormat | { readonly reason: string } {
  if (contents.length === 0) return { reason: "the file is empty" };
  const has = ([offset, bytes]: Signature): boolean =>
    contents.toString("latin1", offset, offset + bytes.length) === bytes;
  const [format] = FORMATS.find(([, ...signatures]) => signatures.every(has)) ?? [];
  if (format === "bmp") {
    const fault = faultOfBmp(contents);
    return fault === undefined ? format : refused(`a BMP ${fault}`, "bmp");
  }
  if (format !== undefined) return format;
  const [name, extension] = OTHERS.find(([, , ...signatures]) => signatures.every(has)) ?? [];
  if (name !== undefined && extension !== undefined)
    return refused(`${name}, which TensorFlow does not read`, extension);
  return { reason: "it is neither JPEG, PNG, GIF, BMP, WebP nor JPEG XL" };
}

function refused(what: string, extension: string): { readonly reason: string } {
  return { reason: `it is ${what}: convert it, e.g. by ImageMagick: mogrify -format png *.${extension}` };
}

/**
 * What TensorFlow does not heed in a BMP: palettes, masks and compression. It takes bytes for grey, or for blue, green, red (and
 * transparency), whatever else the file says; so only files that mean just that are right.
 * @see tensorflow/core/kernels/image/decode_image_op.cc, DecodeBmpV2
 */
function faultOfBmp(contents: Buffer): string | undefined {
  if (contents.length < 54 || contents.readUInt32LE(14) < 40)
    return "of an old kind, which TensorFlow does not read";
  const bits = contents.readUInt16LE(28);
  const compression = contents.readUInt32LE(30);
  if (bits === 32 && (compression === 3 || compression === 6)) {
    const masks = [54, 58, 62].map((at) => (at + 4 <= contents.length ? contents.readUInt32LE(at) : 0));
    const isUsual = masks[0] === 0xff0000 && masks[1] === 0xff00 && masks[2] === 0xff;
    return isUsual ? undefined : "whose masks TensorFlow does not heed, so that its colours are wrong";
  }
  if (compression !== 0) return "that is compressed, which TensorFlow does not read";
  if (bits === 24 || bits === 32) return undefined;
  if (bits !== 8) return `of ${bits} bits a pixel, which TensorFlow does not read`;
  return isGreyPalette(contents) ? undefined : "with a palette, which TensorFlow takes for shades of grey";
}

/** Whether colour i of an 8-bit BMP is the grey i. */
function isGreyPalette(contents: Buffer): boolean {
  const start = 14 + contents.readUInt32LE(14);
  const used = contents.readUInt32LE(46);
  const palette = contents.subarray(start, start + 4 * (used === 0 ? 256 : used));
  return palette.every((byte, i) => i % 4 === 3 || byte === i >> 2);
}

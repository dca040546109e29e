/** Photos from files. */
import { storedSides } from "./photosize.js";
import type { Source } from "./blocks.js";

/** A photo in memory; the caller closes it. */
export interface Photo extends Source {
  readonly image: ImageBitmap;
  readonly name: string;
}

/** Megapixels at most: a browser holds four bytes of each. */
const MOST = 120;

/**
 * Decodes a photo, upright as its Exif says, its numbers as they are in the file: predict() knows no colour profiles either.
 * @throws {Error} if it is none that the browser reads, or too large
 */
export async function readPhoto(file: Blob, name: string): Promise<Photo> {
  const { width, height } = (await storedSides(file)) ?? (await sizeOf(file, name));
  const megapixels = (width * height) / 1e6;
  if (megapixels > MOST)
    throw new Error(`Cannot read ${name}: expected at most ${MOST} megapixels, got ${Math.ceil(megapixels)}`);
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" }); // prettier-ignore
    return { image, width: image.width, height: image.height, name };
  } catch (cause) {
    throw noPhoto(file, name, cause);
  }
}

/** As the browser reads it, before it is decoded. */
async function sizeOf(file: Blob, name: string): Promise<{ readonly width: number; readonly height: number }> {
  const address = URL.createObjectURL(file);
  const image = new Image();
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(noPhoto(file, name, undefined));
      image.src = address;
    });
    return { width: image.naturalWidth, height: image.naturalHeight };
  } finally {
    image.removeAttribute("src");
    URL.revokeObjectURL(address);
  }
} // prettier-ignore

function noPhoto(file: Blob, name: string, cause: unknown): Error {
  const got = file.size === 0 ? "an empty file" : file.type || "a file of an unknown kind";
  const isImage = file.type.startsWith("image/");
  const rest = isImage ? `, which is broken or of a kind that this browser does not know` : "";
  return new Error(`Cannot read ${name}: expected a photo, got ${got}${rest}`, { cause });
}

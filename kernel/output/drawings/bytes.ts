import { types } from "node:util";
import type { MimeBundle } from "../bundle";
import { inlineImage, note, preformatted } from "../html";
import { textOf } from "../text";
import { tooLarge, tooManyPixels } from "./limits";
import { member } from "./member";
import { sidesOf } from "./sides";

/** Of Jupyter's own picture types, those that every front end and nbconvert draw. */
const drawnEverywhere: ReadonlySet<string> = new Set(["image/png", "image/jpeg"]);

/** The first bytes of the kinds of files that are pictures, "." for any byte. */
const signatures: readonly (readonly [type: string, start: RegExp])[] = [
  ["image/png", /^\x89PNG\r\n\x1a\n/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[^]{4}WEBP/],
  ["image/avif", /^[^]{4}ftypavi[fs]/],
  ["image/bmp", /^BM[^]{4}\0\0\0\0/],
  [
    "image/svg+xml",
    /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/,
  ],
];

/** Bytes of a picture's file: the picture. Undefined for other bytes and other values. */
export function drawBytes(value: object): MimeBundle | Promise<MimeBundle | undefined> | undefined {
  if (value instanceof Blob) return drawBlob(value);
  const bytes = types.isUint8Array(value)
    ? value
    : types.isAnyArrayBuffer(value) && value.byteLength > 0
      ? new Uint8Array(value)
      : undefined;
  return bytes === undefined || bytes.byteLength === 0 ? undefined : drawFile(bytes, value); // none where detached
}

async function drawBlob(blob: Blob): Promise<MimeBundle | undefined> {
  const type = member(blob, "type");
  if (typeof type !== "string" || !type.startsWith("image/")) return undefined;
  const unseen = tooLarge(type, blob.size);
  if (unseen !== undefined) return untold(blob, unseen);
  return drawFile(new Uint8Array(await blob.arrayBuffer()), blob);
}

function drawFile(bytes: Uint8Array, value: object): MimeBundle | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = file.toString("latin1", 0, 1024);
  const [type] = signatures.find(([, signature]) => signature.test(start)) ?? [];
  if (type === undefined) return undefined;
  const [width, height] = sidesOf(file, type);
  const unseen = tooLarge(type, file.length) ?? tooManyPixels(type, width, height);
  return unseen === undefined ? drawPicture(type, file.toString("base64")) : untold(value, unseen);
}

/** A picture's file, in base64. What only some front ends draw by its type stands in a page besides, where scripts of SVG don't run. */
export function drawPicture(type: string, base64: string): MimeBundle {
  const content = type === "image/svg+xml" ? Buffer.from(base64, "base64").toString() : base64;
  if (drawnEverywhere.has(type)) return { [type]: content };
  return { "text/html": inlineImage(type, base64), [type]: content };
}

/** A value as text, and why it is not drawn. */
export function untold(value: unknown, why: string): MimeBundle {
  return { "text/html": preformatted(textOf(value)) + note(why) };
}

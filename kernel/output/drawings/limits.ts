/** How much of a value is drawn: a notebook holds its outputs, and each page that shows it draws them. */
export const limits = {
  /** Of a picture, a drawing or a chart in the notebook. */
  bytes: 5 * 1024 * 1024,
  /** Of a picture as it stands; a browser takes four bytes for each. */
  pixels: 50_000_000,
  /** Of one side of a picture that is made of numbers; larger ones are shrunk. */
  side: 320,
  /** Of a tensor that is looked at. */
  elements: 1 << 24,
  /** Of a batch. */
  images: 8,
  /** Of a table. */
  rows: 50,
  columns: 30,
  /** Of a text in a table. */
  characters: 100,
} as const;

/** A number as people read it. */
export function counted(count: number): string {
  return count.toLocaleString("en-US");
}

/** A size in bytes as people read it. */
export function sized(bytes: number): string {
  return bytes < 1024 * 1024
    ? `${counted(Math.ceil(bytes / 1024))} KB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Why something is not drawn that is too large for a notebook; undefined if it is not. */
export function tooLarge(what: string, bytes: number): string | undefined {
  if (bytes <= limits.bytes) return undefined;
  return `${what} of ${sized(bytes)}, not drawn: over ${sized(limits.bytes)}`;
}

/** Why a picture is not drawn that has too many pixels for a page; undefined if it has not. */
export function tooManyPixels(what: string, width: number, height: number): string | undefined {
  if (width * height <= limits.pixels) return undefined;
  return `${what} of ${counted(width)} × ${counted(height)} pixels, not drawn: over ${counted(limits.pixels)} pixels`;
}

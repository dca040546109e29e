/** PNG files of few colours: a third of what a file of all colours takes. */
import { crc32, deflateSync } from "node:zlib";

const COLORS = 256;

/**
 * A picture in its 256 most frequent colours, others by the nearest of them: a figure has some eight and their mixtures at edges.
 * @param rgba  uint8 [height, width, 4]; no pixel shows through
 * @returns     a PNG file
 * @see https://www.w3.org/TR/png-3/#11IHDR
 */
export function indexedPng(rgba: Uint8Array, width: number, height: number): Buffer {
  const pixels = new Uint32Array(width * height);
  const counts = new Map<number, number>();
  for (let i = 0; i < pixels.length; i++) {
    const color = ((rgba[4 * i] ?? 0) << 16) | ((rgba[4 * i + 1] ?? 0) << 8) | (rgba[4 * i + 2] ?? 0);
    pixels[i] = color;
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([, one], [, other]) => other - one).map(([color]) => color);
  const palette = ordered.slice(0, COLORS);
  const places = new Map(ordered.map((color, i) => [color, i < COLORS ? i : nearest(palette, color)]));
  const rows = Buffer.alloc(height * (width + 1)); // a row begins with its filter, 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = places.get(pixels[y * width + x] ?? 0) ?? 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8); // 8 bits, of a palette
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function nearest(palette: readonly number[], color: number): number {
  let [best, least] = [0, Infinity];
  for (const [i, other] of palette.entries()) {
    const red = (other >> 16) - (color >> 16);
    const green = ((other >> 8) & 255) - ((color >> 8) & 255);
    const blue = (other & 255) - (color & 255);
    const distance = red * red + green * green + blue * blue;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

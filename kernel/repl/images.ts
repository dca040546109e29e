import { PNG } from "pngjs";
import { FINALIZER, introducer, sixelEncode } from "sixel";
import { type Graphics } from "./graphics";
import { reduceColours, type Pixels } from "./palette";

/** Kitty takes base64 in pieces of at most this length. */
const kittyChunk = 4096;

/** The escape sequences of a PNG, scaled down to the terminal's width; undefined where it shows no pictures. */
export function encodeImage(png: Uint8Array, graphics: Graphics, columns: number): string | undefined {
  const protocol = graphics.protocol();
  if (protocol === undefined) return undefined;
  if (protocol === "iterm") return itermSequence(png);
  const most = columns * graphics.cell().width;
  if (protocol === "kitty") return kittySequence(png, widthOfPng(png) > most ? columns : undefined);
  return sixelSequence(shrink(decodePng(png), most));
}

/** Kitty's graphics protocol: the PNG itself, in pieces. @param columns  to scale it to, undefined for its own size */
export function kittySequence(png: Uint8Array, columns?: number): string {
  const base64 = Buffer.from(png).toString("base64");
  const pieces = base64.match(new RegExp(`.{1,${kittyChunk}}`, "g")) ?? [];
  return pieces
    .map((piece, i) => {
      const first = i === 0 ? `f=100,a=T,q=2,${columns === undefined ? "" : `c=${columns},`}` : "";
      return `\x1b_G${first}m=${i < pieces.length - 1 ? 1 : 0};${piece}\x1b\\`;
    })
    .join("");
}

/** iTerm2's inline images. */
export function itermSequence(image: Uint8Array): string {
  return `\x1b]1337;File=inline=1;size=${image.length}:${Buffer.from(image).toString("base64")}\x07`;
}

/** Sixel graphics; transparent pixels stay as the terminal's background. */
export function sixelSequence(pixels: Pixels): string {
  const { data, width, height, palette } = reduceColours(pixels);
  return `${introducer(1)}${sixelEncode(data, width, height, [...palette])}${FINALIZER}`;
}

/** @throws {Error} if the bytes are no PNG */
export function decodePng(png: Uint8Array): Pixels {
  const { width, height, data } = PNG.sync.read(Buffer.from(png));
  return { width, height, data };
}

/** A picture at most as wide as said, each pixel the mean of those it stands for. */
export function shrink(pixels: Pixels, most: number): Pixels {
  if (pixels.width <= most) return pixels;
  const scale = pixels.width / most;
  const [width, height] = [most, Math.max(1, Math.round(pixels.height / scale))];
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.set(meanOf(pixels, x * scale, y * scale, scale), (y * width + x) * 4);
  }
  return { width, height, data };
}

function meanOf({ width, height, data }: Pixels, left: number, top: number, size: number): readonly number[] {
  const sums = [0, 0, 0, 0];
  let count = 0;
  const [x0, y0] = [Math.floor(left), Math.floor(top)];
  for (let y = y0; y < Math.min(height, Math.max(y0 + 1, Math.floor(top + size))); y++) {
    for (let x = x0; x < Math.min(width, Math.max(x0 + 1, Math.floor(left + size))); x++) {
      for (let i = 0; i < 4; i++) sums[i] = (sums[i] ?? 0) + (data[(y * width + x) * 4 + i] ?? 0);
      count += 1;
    }
  }
  return sums.map((sum) => (count === 0 ? 0 : Math.round(sum / count)));
}

/** The width that a PNG's header tells. */
function widthOfPng(png: Uint8Array): number {
  return png.length < 24 ? 0 : new DataView(png.buffer, png.byteOffset).getUint32(16);
}

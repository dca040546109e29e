import { inlineImage, note } from "../html";
import { counted, limits } from "./limits";
import { encodePng, type Pixels } from "./png";
import type { Statistics } from "./statistics";

/** A bundle that has a page and a picture. */
export type Images = Readonly<Record<"text/html" | "image/png", string>>;

/** Of each of several images. */
const batchSide = 128;
/** Between images, in pixels. */
const gap = 2;
/** Smaller pictures are enlarged on the page to about twice this, in whole pixels. */
const least = 64;
/** Tensors with smaller sides are no pictures: kernels of a convolution have such shapes. */
const leastSide = 8;

/** Numbers that are images one after the other, channels last. */
interface Batch {
  readonly values: NodeJS.TypedArray;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly count: number;
}

/** Numbers of shape [height, width, 1 | 3 | 4], or some of these: grey, RGB or RGBA; undefined if they are no images. */
export function drawImages(
  values: NodeJS.TypedArray,
  shape: readonly number[],
  statistics: Statistics,
): Images | undefined {
  const [channels = 0, width = 0, height = 0, count = 1] = [...shape].reverse();
  if (![3, 4].includes(shape.length) || ![1, 3, 4].includes(channels) || count === 0) return undefined;
  if (Math.min(height, width) < leastSide || !(statistics.min <= statistics.max)) return undefined;
  const [low, high] = rangeOf(statistics);
  if (channels === 4 && low !== 0) return undefined; // no opacity
  const batch = { values, height, width, channels, count };
  const told = [`black ${rounded(low)}, white ${rounded(high)}`];
  return draw(batch, (value) => ((value - low) / (high - low || 1)) * 255, told);
}

/** Pixels as they are. */
export function drawPixels({ width, height, data }: Pixels): Images {
  return draw({ values: data, height, width, channels: 4, count: 1 }, (value) => value, []);
}

/** Bytes as pixels. */
export function expectPixels(data: Uint8Array | Uint8ClampedArray, width: number, height: number): Pixels {
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** What stands for black and for white: what images usually have, else the least and the greatest. */
function rangeOf({ min, max }: Statistics): readonly [low: number, high: number] {
  if (min >= 0 && max <= 1) return [0, 1];
  return min >= 0 && max <= 255 && max > 255 / 10 ? [0, 255] : [min, max];
}

function draw(batch: Batch, level: (value: number) => number, told: readonly string[]): Images {
  const { height, width, count } = batch;
  const shown = Math.min(count, limits.images);
  const side = count === 1 ? limits.side : batchSide;
  const step = Math.ceil(Math.max(height, width) / side); // pixels that become one, along each side
  const [tall, wide] = [Math.ceil(height / step), Math.ceil(width / step)];
  const sheet = emptyPixels(shown * (wide + gap) - gap, tall);
  for (let i = 0; i < shown; i++) paint(sheet, i * (wide + gap), shrink(batch, i, step, level));
  const base64 = encodePng(sheet).toString("base64");
  const times = Math.max(1, Math.floor((2 * least) / Math.max(tall, wide)));
  const words = [
    ...told,
    ...(count > shown ? [`the first ${shown} of ${counted(count)} images`] : []),
    ...(step > 1 ? [`shrunk ${step} times from ${counted(width)} × ${counted(height)} pixels`] : []),
  ];
  const html = inlineImage("image/png", base64, times === 1 ? undefined : times * sheet.width);
  return { "text/html": words.length === 0 ? html : html + note(words.join(", ")), "image/png": base64 };
}

/** One image, each pixel the mean of those it stands for. */
function shrink(
  { values, height, width, channels }: Batch,
  index: number,
  step: number,
  level: (value: number) => number,
): Pixels {
  const small = emptyPixels(Math.ceil(width / step), Math.ceil(height / step));
  const start = index * height * width * channels;
  const mean = (x: number, y: number, channel: number): number => {
    let [sum, count] = [0, 0];
    for (let row = y * step; row < Math.min(height, (y + 1) * step); row++) {
      for (let at = x * step; at < Math.min(width, (x + 1) * step); at++) {
        sum += Number(values[start + (row * width + at) * channels + channel]);
        count += 1;
      }
    }
    return Math.max(0, Math.min(255, Math.round(level(sum / count)))) || 0; // NaN is black
  };
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const colours = channels === 1 ? [0, 0, 0] : [0, 1, 2];
      const pixel = colours.map((channel) => mean(x, y, channel));
      small.data.set([...pixel, channels === 4 ? mean(x, y, 3) : 255], (y * small.width + x) * 4);
    }
  }
  return small;
}

function paint(sheet: Pixels, left: number, { width, height, data }: Pixels): void {
  for (let y = 0; y < height; y++) {
    sheet.data.set(data.subarray(y * width * 4, (y + 1) * width * 4), (y * sheet.width + left) * 4);
  }
}

function emptyPixels(width: number, height: number): Pixels {
  return { width, height, data: new Uint8Array(width * height * 4) };
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

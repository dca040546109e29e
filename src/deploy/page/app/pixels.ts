/** From a photo of any size to the network's pixels, as predict() makes them. */

/** What is drawn from, upright. */
export interface Source {
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** The part of a photo that the network sees, as shares of its sides. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface Pixels {
  /** [size, size, 3], 0…255 */
  readonly values: Float32Array;
  readonly crop: Crop;
}

/** How photos get to the network's size. */
export interface PhotoSize {
  readonly resizeSide: number;
  readonly size: number;
}

/** Pixels of the photo that are taken at once: of a large one never all. */
const BLOCK = 1 << 20;

/** Where places of a resized side lie between two pixels of the photo. */
interface Along {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly share: readonly number[];
}

/**
 * The middle of the photo, resized bilinearly so that its shorter side is `resizeSide`: the arithmetic of TensorFlow's ResizeBilinear, in
 * float32, without half pixels or antialiasing.
 */
export function pixelsOf({ image, width, height }: Source, { resizeSide, size }: PhotoSize): Pixels {
  const scale = Math.fround(resizeSide / Math.min(width, height));
  const [tall, wide] = [height, width].map((side) => halfToEven(Math.fround(side * scale)));
  if (tall === undefined || wide === undefined) throw new Error("Cannot resize a photo: expected two sides");
  const [top, left] = [Math.floor((tall - size) / 2), Math.floor((wide - size) / 2)];
  const [y, x] = [along(height, tall, top, size), along(width, wide, left, size)];
  const crop = { top: top / tall, left: left / wide, height: size / tall, width: size / wide };
  return { values: sampled(image, y, x, size), crop };
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

function along(side: number, resized: number, begin: number, count: number): Along {
  const scale = Math.fround(side / resized);
  const exact = Array.from({ length: count }, (_, i) => Math.fround((begin + i) * scale));
  return {
    lower: exact.map((place) => Math.min(Math.floor(place), side - 1)),
    upper: exact.map((place) => Math.min(Math.ceil(place), side - 1)),
    share: exact.map((place) => Math.fround(place - Math.floor(place))),
  };
}

function sampled(image: CanvasImageSource, y: Along, x: Along, size: number): Float32Array {
  const values = new Float32Array(size * size * 3);
  const [left, right] = [x.lower[0] ?? 0, x.upper[size - 1] ?? 0];
  const width = right - left + 1;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  for (let from = 0; from < size;) {
    const first = y.lower[from] ?? 0;
    let to = from + 1;
    while (to < size && ((y.upper[to] ?? 0) - first + 1) * width <= BLOCK) to++;
    const height = (y.upper[to - 1] ?? 0) - first + 1;
    const block = pixelsIn(canvas, image, { left, top: first, width, height });
    for (let i = from; i < to; i++) {
      const row = { above: ((y.lower[i] ?? 0) - first) * width, below: ((y.upper[i] ?? 0) - first) * width, share: y.share[i] ?? 0 }; // prettier-ignore
      sampleRow(block, row, { x, left }, values.subarray(i * size * 3, (i + 1) * size * 3));
    }
    from = to;
  }
  return values;
}

/** @returns RGBA */
function pixelsIn(
  canvas: HTMLCanvasElement,
  image: CanvasImageSource,
  part: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
): Uint8ClampedArray {
  const { left, top, width, height } = part;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("Cannot read a photo: expected a canvas, got none; is memory short?");
  context.imageSmoothingEnabled = false;
  context.drawImage(image, left, top, width, height, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

function sampleRow(
  rgba: Uint8ClampedArray,
  { above, below, share }: { readonly above: number; readonly below: number; readonly share: number },
  { x, left }: { readonly x: Along; readonly left: number },
  into: Float32Array,
): void {
  let at = 0;
  for (let j = 0; j < x.share.length; j++) {
    const low = (x.lower[j] ?? 0) - left;
    const high = (x.upper[j] ?? 0) - left;
    const part = x.share[j] ?? 0;
    for (let c = 0; c < 3; c++) {
      const tl = rgba[(above + low) * 4 + c] ?? 0;
      const tr = rgba[(above + high) * 4 + c] ?? 0;
      const bl = rgba[(below + low) * 4 + c] ?? 0;
      const br = rgba[(below + high) * 4 + c] ?? 0;
      const upper = tl + (tr - tl) * part;
      const lower = bl + (br - bl) * part;
      into[at++] = upper + (lower - upper) * share;
    }
  }
}

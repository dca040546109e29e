/** Points with photos as one picture, for where no page is shown: photos at their places, framed in the colours of their classes. */
import { encodePng, readNumbers, tf } from "../tensorflow";
import { readThumbnails } from "../input/thumbnails";

/** A point of a picture. */
export interface PlacedPhoto {
  /** −1…1, to the right */
  readonly x: number;
  /** −1…1, upwards */
  readonly y: number;
  /** "#rrggbb" */
  readonly color: string;
  readonly jpeg: Uint8Array | undefined;
}

const SIDE = 560;
const PHOTO = 36;
const FRAME = 2;
const DOT = 6;

/**
 * All as dots, and as many as have room without covering each other as photos.
 * @returns  a PNG file
 */
export function drawPhotos(points: readonly PlacedPhoto[]): Uint8Array {
  const canvas = new Uint8Array(SIDE * SIDE * 3).fill(255);
  for (const point of points) fill(canvas, point, DOT);
  const chosen = spaced(points);
  const pixels = framedPixels(chosen);
  const inner = PHOTO - 2 * FRAME;
  chosen.forEach((point, i) => {
    fill(canvas, point, PHOTO);
    const [left, top] = [leftOf(point, inner), topOf(point, inner)];
    for (let row = 0; row < inner; row++) {
      const from = (i * inner + row) * inner * 3;
      canvas.set(pixels.subarray(from, from + inner * 3), ((top + row) * SIDE + left) * 3);
    }
  });
  return tf.tidy(() => encodePng(tf.tensor3d(canvas, [SIDE, SIDE, 3], "int32")));
}

/** Photos none of which covers another. */
function spaced(points: readonly PlacedPhoto[]): (PlacedPhoto & { readonly jpeg: Uint8Array })[] {
  const chosen: (PlacedPhoto & { readonly jpeg: Uint8Array })[] = [];
  for (const { jpeg, ...point } of points) {
    if (jpeg === undefined) continue;
    const [left, top] = [leftOf(point, PHOTO), topOf(point, PHOTO)];
    const covers = chosen.some(
      (other) => Math.abs(leftOf(other, PHOTO) - left) < PHOTO && Math.abs(topOf(other, PHOTO) - top) < PHOTO,
    );
    if (!covers) chosen.push({ ...point, jpeg });
  }
  return chosen;
}

/** uint8 [photos, inner, inner, 3] */
function framedPixels(photos: readonly { readonly jpeg: Uint8Array }[]): Uint8Array {
  const inner = PHOTO - 2 * FRAME;
  if (photos.length === 0) return new Uint8Array();
  const pixels = readNumbers(() => {
    const images = readThumbnails(photos.map(({ jpeg }) => jpeg));
    return tf.image.resizeBilinear(images, [inner, inner], false, true).round();
  });
  return Uint8Array.from(pixels);
}

function fill(canvas: Uint8Array, point: Omit<PlacedPhoto, "jpeg">, side: number): void {
  const color = [1, 3, 5].map((at) => Number.parseInt(point.color.slice(at, at + 2), 16));
  const [left, top] = [leftOf(point, side), topOf(point, side)];
  for (let row = top; row < top + side; row++)
    for (let column = left; column < left + side; column++) canvas.set(color, (row * SIDE + column) * 3);
}

const edgeOf = (place: number, side: number): number =>
  Math.round(SIDE / 2 + (place * (SIDE - PHOTO)) / 2 - side / 2);
const leftOf = ({ x }: Pick<PlacedPhoto, "x">, side: number): number => edgeOf(x, side);
const topOf = ({ y }: Pick<PlacedPhoto, "y">, side: number): number => edgeOf(-y, side);

/** A scene as a camera takes it. */
import { createRandom, type Random } from "../chance";
import { seeRest, seeThing } from "./light";
import { type Camera, drawScene, type Lens, type Scene } from "./scene";
import type { ShapeName } from "./shape";
import { add, clamp, normalize, scale, smoothstep, type Vector } from "./vector";

/**
 * A picture of one thing.
 * @param size  height and width in pixels
 * @param seed  an integer; the same one gives the same picture
 * @returns     size * size * 3 bytes: red, green, blue, row by row
 */
export function takePicture(shape: ShapeName, size: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const scene = drawScene(shape, random);
  const light = takeRest(scene, size);
  placeThing(scene, size, light);
  return develop(light, size, scene.lens, random);
}

/** The pixels of a picture's thing that are seen, from the first to the last; undefined if none is. */
export function boxOf(
  shape: ShapeName,
  size: number,
  seed: number,
):
  | { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number }
  | undefined {
  const scene = drawScene(shape, createRandom(seed));
  const { camera } = scene;
  const isSeen = (x: number, y: number): boolean =>
    seeThing(scene, camera.origin, rayThrough(camera, size, x + 0.5, y + 0.5)) !== undefined;
  const all = [...Array(size).keys()];
  const rows = all.filter((y) => all.some((x) => isSeen(x, y)));
  const columns = all.filter((x) => rows.some((y) => isSeen(x, y)));
  const [top, bottom, left, right] = [rows[0], rows.at(-1), columns[0], columns.at(-1)];
  if (top === undefined || bottom === undefined || left === undefined || right === undefined)
    return undefined;
  return { top, bottom, left, right };
}

function rayThrough({ forward, right, up }: Camera, size: number, x: number, y: number): Vector {
  const [u, v] = [(2 * x) / size - 1, 1 - (2 * y) / size];
  return normalize(add(forward, add(scale(right, u), scale(up, v))));
}

/** All but the thing, blurred where it is out of focus; linear light. */
function takeRest(scene: Scene, size: number): Float32Array {
  const { camera, lens, thing } = scene;
  const sharp = new Float32Array(size * size * 3);
  const blurring = new Float32Array(size * size);
  const focus = Math.hypot(...add(thing.center, scale(camera.origin, -1)));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const { color, distance } = seeRest(scene, camera.origin, rayThrough(camera, size, x + 0.5, y + 0.5));
      sharp.set(color, (y * size + x) * 3);
      blurring[y * size + x] = smoothstep(0.15, 1.6, Math.abs(distance - focus));
    }
  }
  const radius = Math.max(1, Math.round((lens.blur * size) / 128));
  const blurred = blur(blur(sharp, size, radius), size, radius);
  for (let i = 0; i < sharp.length; i++) {
    const value = sharp[i] ?? 0;
    sharp[i] = value + ((blurred[i] ?? 0) - value) * (blurring[Math.floor(i / 3)] ?? 0);
  }
  return sharp;
}

/** Means over squares; over rows first, then over columns. */
function blur(image: Float32Array, size: number, radius: number): Float32Array {
  const rows = blurLines(image, size, radius, 3, size * 3);
  return blurLines(rows, size, radius, size * 3, 3);
}

function blurLines(
  image: Float32Array,
  size: number,
  radius: number,
  step: number,
  next: number,
): Float32Array {
  const result = new Float32Array(image.length);
  const last = size - 1;
  for (let line = 0; line < size; line++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = line * next + channel;
      const at = (i: number): number => image[start + (i < 0 ? 0 : i > last ? last : i) * step] ?? 0;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += at(i);
      for (let i = 0; i < size; i++) {
        result[start + i * step] = sum / (2 * radius + 1);
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
  }
  return result;
}

/** Rays through a pixel whose surroundings differ. */
const CORNERS = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

/** Sets the thing before the rest; pixels at its outline are part thing, part rest. */
function placeThing(scene: Scene, size: number, light: Float32Array): void {
  const { camera } = scene;
  const see = (x: number, y: number): Vector | undefined =>
    seeThing(scene, camera.origin, rayThrough(camera, size, x, y))?.color;
  const seen = Array.from({ length: size * size }, (_, i) =>
    see((i % size) + 0.5, Math.floor(i / size) + 0.5),
  );
  seen.forEach((middle, i) => {
    const x = i % size;
    const around = [x > 0 ? i - 1 : i, x < size - 1 ? i + 1 : i, i - size, i + size];
    const isEdge = around.some((j) => j in seen && differ(middle, seen[j]));
    const samples = isEdge ? CORNERS.map(([dx, dy]) => see(x + dx, Math.floor(i / size) + dy)) : [middle];
    const hits = samples.filter((sample) => sample !== undefined);
    const share = hits.length / samples.length;
    for (const channel of [0, 1, 2] as const) {
      const sum = hits.reduce((total, color) => total + color[channel], 0);
      light[i * 3 + channel] = (light[i * 3 + channel] ?? 0) * (1 - share) + sum / samples.length;
    }
  });
}

/** Whether two neighbours belong to different surfaces, or to light and shadow. */
function differ(a: Vector | undefined, b: Vector | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]) > 0.3;
}

/** Exposure, white balance, vignette, film curve and the sensor's noise: light to bytes. */
function develop(light: Float32Array, size: number, lens: Lens, random: Random): Uint8Array {
  let sum = 0;
  for (const value of light) sum += Math.min(value, 1.5);
  const exposure = (1.5 * lens.brightness * light.length) / Math.max(sum, 0.02);
  const bytes = new Uint8Array(light.length);
  for (let y = 0, i = 0; y < size; y++) {
    const v = (2 * y) / size - 1;
    for (let x = 0; x < size; x++) {
      const u = (2 * x) / size - 1;
      const shade = exposure * (1 - lens.vignette * 0.5 * (u * u + v * v));
      for (let channel = 0; channel < 3; channel++, i++) {
        const tone = film((light[i] ?? 0) * shade * (lens.balance[channel] ?? 1));
        const grain = (random() + random() + random() - 1.5) * 2 * lens.noise;
        bytes[i] = Math.round(255 * clamp(tone + grain));
      }
    }
  }
  return bytes;
}

/** Light to the brightness of a pixel: shadows deep, highlights rolled off, as film and cameras have it. */
function film(light: number): number {
  const tone = (1 - Math.exp(-1.7 * light)) ** (1 / 2.2);
  return tone + 0.55 * (smoothstep(0, 1, tone) - tone);
}

/**
 * The deterministic data of every oracle fixture, equal bit for bit to test/oracle/patterns.py: weights, images and
 * labels are made from a name, so that no weights need to be stored. Arrays are flat and row-major.
 */

const VGG_MEANS = [123.68, 116.78, 103.94] as const;
const SAMPLES = 32;

/** A pattern's numbers lie in [offset - scale, offset + scale). */
export interface PatternOptions {
  /** @default 1 */
  readonly scale?: number;
  /** @default 0 */
  readonly offset?: number;
}

/** What a fixture holds of a large array: its shape, some statistics, and samples (see `samplePositions`). */
export interface Summary {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
  readonly norm: number;
  readonly samples: readonly number[];
}

/** A small array that a fixture holds in full. */
export interface FixtureArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** float32 numbers that depend on the name and the index alone. */
export function pattern(name: string, shape: readonly number[], options: PatternOptions = {}): Float32Array {
  const { scale = 1, offset = 0 } = options;
  const seed = seedOf(name);
  return new Float32Array(sizeOf(shape)).map((_, i) => offset + scale * unit(seed, i));
}

/** int32 numbers in 0 … limit - 1. */
export function patternIntegers(name: string, shape: readonly number[], limit: number): Int32Array {
  const seed = seedOf(name);
  return new Int32Array(sizeOf(shape)).map((_, i) => mix(mix(i) ^ seed) % limit);
}

/** float32 [batch, height, width, 3]: 8 x 8 coloured tiles with noise, 0 … 255, less the VGG means. */
export function patternImages(name: string, shape: readonly [number, number, number, number]): Float32Array {
  const [batch, height, width, channels] = shape;
  const tiles = seedOf(`${name}/tiles`);
  const noise = seedOf(`${name}/noise`);
  const images = new Float32Array(sizeOf(shape));
  let i = 0;
  for (let image = 0; image < batch; image++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const tile = (image * 8 + Math.floor((y * 8) / height)) * 8 + Math.floor((x * 8) / width);
        for (let channel = 0; channel < channels; channel++, i++) {
          const pixel = 127.5 + 96 * unit(tiles, tile * channels + channel) + 31 * unit(noise, i);
          images[i] = pixel - (VGG_MEANS[channel] ?? 0);
        }
      }
    }
  }
  return images;
}

/** The value of a variable, by its TF-Slim name, in every fixture. */
export function patternVariable(name: string, shape: readonly number[]): Float32Array {
  const rule = VARIABLE_RULES.find(([expression]) => expression.test(name));
  if (rule === undefined) {
    throw new RangeError(`Cannot make a value for "${name}": expected a name that a rule knows`);
  }
  const [, kind, scale, offset] = rule;
  const fanIn = sizeOf(kind === "spatial" ? shape.slice(0, 2) : shape.slice(0, -1));
  const factor = kind === "plain" ? 1 : Math.sqrt(6 / fanIn);
  return pattern(name, shape, { scale: factor * scale, offset });
}

/** Flat indices of an array's samples: every one up to 32 elements, else 32 scattered ones. */
export function samplePositions(size: number): number[] {
  if (size <= SAMPLES) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: SAMPLES }, (_, i) => mix(i + 1) % size);
}

/** The summary of an array, as the fixtures hold it. */
export function summarize(values: ArrayLike<number>, shape: readonly number[]): Summary {
  const size = values.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) sum += values[i] ?? NaN;
  const mean = sum / size;
  let deviations = 0;
  for (let i = 0; i < size; i++) {
    const value = values[i] ?? NaN;
    squares += value * value;
    deviations += (value - mean) * (value - mean);
  }
  const samples = samplePositions(size).map((i) => values[i] ?? NaN);
  return { shape, mean, std: Math.sqrt(deviations / size), norm: Math.sqrt(squares), samples };
}

/**
 * How far an array is from a fixture's summary: the greatest difference of a sample, of the mean and of the std,
 * as a part of the summary's root mean square; Infinity where the shapes differ or a value is not finite.
 */
export function distanceFrom(expected: Summary, values: ArrayLike<number>, shape: readonly number[]): number {
  if (shape.join() !== expected.shape.join() || values.length !== sizeOf(shape)) return Infinity;
  const actual = summarize(values, shape);
  const rms = Math.max(expected.norm / Math.sqrt(sizeOf(shape)), 1e-30);
  const differences = expected.samples.map((sample, i) => Math.abs(sample - (actual.samples[i] ?? NaN)));
  differences.push(Math.abs(expected.mean - actual.mean), Math.abs(expected.std - actual.std));
  const distance = Math.max(...differences) / rms;
  return Number.isNaN(distance) ? Infinity : distance;
}

type VariableRule = readonly [name: RegExp, kind: "he" | "spatial" | "plain", scale: number, offset: number];

// The first rule that finds its expression in a name counts. "he": sqrt(6 / fan in) times the scale; "spatial": the same,
// the fan in being the kernel's area, as of a depthwise convolution. Root convolutions
// see pixels: v1 normalizes what they give, v2 does not. A unit's last convolution is damped and betas are positive, so
// that activations keep their size and rounding is not amplified through 50 layers and 20 steps; Inception v4's are more.
const VARIABLE_RULES: readonly VariableRule[] = [
  [/^resnet_v2[^/]+\/conv1\/weights$/, "he", 1 / 64, 0],
  [/^[^/]+\/conv1\/BatchNorm\/moving_mean$/, "plain", 8, 0],
  [/^[^/]+\/conv1\/BatchNorm\/moving_variance$/, "plain", 1024, 4096],
  [/bottleneck_v2\/conv3\/weights$/, "he", 0.25, 0],
  [/depthwise_weights$/, "spatial", 1, 0],
  [/weights$/, "he", 1, 0],
  [/(bottleneck_v1\/conv3|expanded_conv[^/]*\/project)\/BatchNorm\/gamma$/, "plain", 0.0625, 0.1875],
  [/^efficientnet.*\/project\/BatchNorm\/gamma$/, "plain", 0.125, 0.375],
  [/gamma$/, "plain", 0.25, 1],
  [/moving_variance$/, "plain", 0.25, 1],
  [/^InceptionV4\/.*beta$/, "plain", 0.125, 1.5],
  [/beta$/, "plain", 0.125, 0.5],
  [/(biases|moving_mean)$/, "plain", 0.125, 0],
];

/** The finalizer of MurmurHash3 on 32 bits. */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** FNV-1a, 32 bits, of the UTF-8 bytes of a name. */
export function seedOf(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of Buffer.from(name, "utf8")) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed >>> 0;
}

/** Number `i` of a pattern: a multiple of 2^-15 in [-1, 1). */
function unit(seed: number, i: number): number {
  return ((mix(mix(i) ^ seed) >>> 16) - 32768) / 32768;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

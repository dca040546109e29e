/** Files of weights as other libraries' networks have them, made of the names of their entries. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { constant, decodePhoto, tf } from "../../src/tensorflow";
import { fixturePath, readFixture } from "../fixtures";
import { sharedPath } from "../model/imagenet";
import { pattern, patternIntegers, type Summary } from "../patterns";

/** test/fixtures/sources/<source>_<name>.json, as test/oracle/sources.py and slimsources.py write it. */
export interface SourceFixture {
  /** "torchvision/resnet50" */
  readonly source: string;
  /** Of the photos, in pixels. */
  readonly side: number;
  /** Factor of the kernels. */
  readonly gain: number;
  /**
   * What the source's network gives: the logits, and the place of the greatest; of the photo that is made and, but for the oldest fixtures,
   * of the photographs.
   */
  readonly photos: readonly { readonly first: number; readonly logits: Summary }[];
  readonly entries: Readonly<Record<string, readonly number[]>>;
}

/** The fixture of a source's network. @param source  "torchvision/resnet50" */
export function readSource(source: string): SourceFixture {
  const fixture = readFixture<Omit<SourceFixture, "entries"> & { readonly entries: string }>(
    fixtureOf(source),
  );
  const lines = gunzipSync(Buffer.from(fixture.entries, "base64")).toString().split("\n");
  const entries = lines.map((line): [string, number[]] => {
    const [name = "", sizes = ""] = line.split(" ");
    return [name, sizes === "" ? [] : sizes.split(",").map(Number)];
  });
  return { ...fixture, entries: Object.fromEntries(entries) };
}

/** Why a network of a source has no fixture to compare it with, or false. */
export function withoutSource(source: string): string | false {
  return existsSync(fixturePath(`${fixtureOf(source)}.json`))
    ? false
    : `no fixture of ${source}: see test/oracle/sources.py`;
}

const fixtureOf = (source: string): string => `sources/${source.replace("/", "_")}`;

/** What an entry holds, by its name: equal to value_of() of test/oracle/sources.py. @param gain  factor of kernels */
export function sourceValue(name: string, shape: readonly number[], gain = 1): Float32Array {
  const end = name.replace(":0", "").split(/[/.]/).at(-1) ?? "";
  if (name.startsWith("normalization/")) return Float32Array.from(NORMALIZATION[end] ?? []);
  if (["running_var", "moving_variance"].includes(end))
    return pattern(name, shape, { scale: 0.5, offset: 1 });
  if (shape.length > 1) return pattern(name, shape, { scale: Math.sqrt(6 / fanIn(name, end, shape)) * gain });
  if (end === "gamma" || end === "weight") return pattern(name, shape, { scale: 0.25, offset: 0.5 });
  return pattern(name, shape, { scale: 0.1 });
}

/** As Keras publishes the layer that normalizes the pixels of its EfficientNets. */
const NORMALIZATION: Readonly<Record<string, readonly number[]>> = {
  mean: [0.485, 0.456, 0.406],
  variance: [0.229, 0.224, 0.225],
  count: [0],
};

/** Of torch the outputs are first, of Keras last; a depthwise kernel has one input. */
function fanIn(name: string, end: string, shape: readonly number[]): number {
  const isKeras = name.includes("/");
  const isDepthwise =
    end === "depthwise_kernel" || (isKeras && /dw|depthwise/.test(name) && shape.length === 4);
  const inputs = isDepthwise ? shape.slice(0, 2) : isKeras ? shape.slice(0, -1) : shape.slice(1);
  return inputs.reduce((product, size) => product * size, 1);
}

/** The photographs that logits are of, after the photo that is made: names and SHA-256 of their middles. */
const PHOTOGRAPHS = Object.entries(readFixture<Readonly<Record<string, string>>>("sources/photographs"));

const pathOf = (photograph: string): string => sharedPath(`clothing/test/${photograph}`);

/** Why there are no photographs here, or false. */
export const withoutPhotographs = PHOTOGRAPHS.every(([name]) => existsSync(pathOf(name)))
  ? false
  : `no photographs at ${sharedPath("clothing")}`;

/** float32 [photos, side, side, 3], 0…255: the one that is made and, where there are any, the photographs; the caller disposes. */
export function sourcePhotos(side: number): tf.Tensor4D {
  const names = withoutPhotographs === false ? PHOTOGRAPHS.map(([name]) => name) : [];
  return tf.tidy(() => tf.concat([madePhoto(side), ...names.map((name) => middleOf(name, side))]));
}

/** SHA-256 of the middles of the photographs as they are decoded here, and as Pillow does. */
export function photographHashes(): readonly { readonly got: string; readonly expected: string }[] {
  return PHOTOGRAPHS.map(([name, expected]) => {
    const pixels = tf.tidy(() => middleOf(name, 320).dataSync());
    return { got: createHash("sha256").update(Uint8Array.from(pixels)).digest("hex"), expected };
  });
}

/** float32 [1, side, side, 3] of a photograph, none of whose pixels is made smaller, decoded as Pillow does. */
function middleOf(name: string, side: number): tf.Tensor4D {
  return tf.tidy(() => {
    const image = decodePhoto(constant([readFileSync(pathOf(name))], [], "string"), "jpeg");
    const [height, width] = image.shape;
    const corner = [height, width].map((size) => Math.floor((size - side) / 2));
    return image
      .slice([...corner, 0], [side, side, 3])
      .toFloat()
      .as4D(1, side, side, 3);
  });
}

/** The photo that needs no file: float32 [1, side, side, 3], 0…255; the caller disposes. */
function madePhoto(side: number): tf.Tensor4D {
  const coarse = patternIntegers("sources/coarse", [1, 8, 8, 3], 200);
  const fine = patternIntegers("sources/fine", [1, side, side, 3], 56);
  const square = (pixel: number): number => Math.floor((pixel * 8) / side);
  const values = fine.map((value, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [y, x] = [square(Math.floor(pixel / side)), square(pixel % side)];
    return value + (coarse[(y * 8 + x) * 3 + channel] ?? 0);
  });
  return tf.tensor4d(Float32Array.from(values), [1, side, side, 3]);
}

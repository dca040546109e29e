/** Files of weights as other libraries' networks have them, made of the names of their entries. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { constant, decodePhoto, tf } from "../../src/tensorflow";
import { fixturePath, readFixture } from "../fixtures";
import { sharedPath } from "../model/imagenet";
import { patternIntegers, type Summary } from "../patterns";
import type { Scales } from "./sourcevalues";

/** test/fixtures/sources/<source>_<name>.json, as test/oracle/sources.py and slimsources.py write it. */
export interface SourceFixture {
  /** "torchvision/resnet50" */
  readonly source: string;
  /** Of the photos, in pixels. */
  readonly side: number;
  /** Factor of the kernels. */
  readonly gain: number;
  /** The deviation of what each normalization is given, by layer; undefined: its network is not balanced. */
  readonly scales: Scales | undefined;
  /** What the source's network gives: the logits, and the place of the greatest; of the photo that is made and of the photographs. */
  readonly photos: readonly { readonly first: number; readonly logits: Summary }[];
  readonly entries: Readonly<Record<string, readonly number[]>>;
}

/** As a file holds it: entries as lines, packed by gzip, in base64; scales by order of the normalizations. */
type PackedFixture = Omit<SourceFixture, "entries" | "scales"> & {
  readonly entries: string;
  readonly scales?: readonly number[];
};

/** The fixture of a source's network. @param source  "torchvision/resnet50" */
export function readSource(source: string): SourceFixture {
  const fixture = readFixture<PackedFixture>(fixtureOf(source));
  const lines = gunzipSync(Buffer.from(fixture.entries, "base64")).toString().split("\n");
  const entries = lines.map((line): [string, number[]] => {
    const [name = "", sizes = ""] = line.split(" ");
    return [name, sizes === "" ? [] : sizes.split(",").map(Number)];
  });
  const norms = entries.flatMap(([name]) => /^(.*)\.running_var$/.exec(name)?.[1] ?? []);
  const scales = fixture.scales && new Map(fixture.scales.map((scale, i) => [norms[i] ?? "", scale]));
  return { ...fixture, scales, entries: Object.fromEntries(entries) };
}

/** Why a network of a source has no fixture to compare it with, or false. */
export function withoutSource(source: string): string | false {
  return existsSync(fixturePath(`${fixtureOf(source)}.json`))
    ? false
    : `no fixture of ${source}: see test/oracle/sources.py`;
}

const fixtureOf = (source: string): string => `sources/${source.replace("/", "_")}`;

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

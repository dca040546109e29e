/** Files of weights as other libraries' networks have them, made of the names of their entries. */
import { readFixture } from "../fixtures";
import { pattern, patternIntegers } from "../patterns";
import { tf } from "../../src/tensorflow";

/** test/fixtures/sources/<source>_<name>.json, as test/oracle/sources.py writes it. */
export interface SourceFixture {
  /** "torchvision/resnet50" */
  readonly source: string;
  /** Of the photo, in pixels. */
  readonly side: number;
  /** What the source's network gives: [1, classes]. */
  readonly logits: readonly (readonly number[])[];
  readonly entries: Readonly<Record<string, readonly number[]>>;
}

/** The fixture of a source's network. @param source  "torchvision/resnet50" */
export function readSource(source: string): SourceFixture {
  return readFixture(`sources/${source.replace("/", "_")}`);
}

/** What an entry holds, by its name: equal to value_of() of test/oracle/sources.py. */
export function sourceValue(name: string, shape: readonly number[]): Float32Array {
  const end = name.replace(":0", "").split(/[/.]/).at(-1) ?? "";
  if (name.startsWith("normalization/")) return Float32Array.from(NORMALIZATION[end] ?? []);
  if (["running_var", "moving_variance"].includes(end))
    return pattern(name, shape, { scale: 0.5, offset: 1 });
  if (shape.length > 1) return pattern(name, shape, { scale: Math.sqrt(6 / fanIn(name, end, shape)) });
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

/** The photo that a fixture's logits are of: float32 [1, side, side, 3], 0…255; the caller disposes. */
export function sourcePhoto(side: number): tf.Tensor4D {
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

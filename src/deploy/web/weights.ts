/** A graph's constants as TensorFlow.js's weights: one after the other in files of 4 MB, of 32, 16 or 8 bits a number. */
import { shielded } from "../../interrupt";
import { roundHalfToEven } from "../../model/preprocessing";
import { attr, contentBytes, dataType, execute, tf } from "../../tensorflow";

/** How weights can be stored. */
export const WEB_WEIGHTS = ["float32", "float16", "uint8"] as const;

/** How weights are stored; the network computes in float32 in any case. */
export type WebWeights = (typeof WEB_WEIGHTS)[number];

/** A weight as model.json tells of it. */
export interface WeightJson {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly quantization?:
    | { readonly dtype: "float16"; readonly original_dtype: "float32" }
    | {
        readonly dtype: "uint8";
        readonly min: number;
        readonly scale: number;
        readonly original_dtype: "float32";
      };
}

/** A weight, and its bytes when they are asked for. */
export interface Weight {
  readonly json: WeightJson;
  /** How many bytes. */
  readonly size: number;
  /** Little-endian, row-major. */
  bytes(): Uint8Array;
}

/** Bytes of a file of weights, as tensorflowjs_converter divides them: what browsers keep. */
export const SHARD_BYTES = 4 * 2 ** 20;

/** Numbers from which on a weight is stored in fewer bits: biases, means and factors are exact, and no share of the size. */
const MANY = 1024;

/** The greatest number of float16. */
const MOST_HALF = 65504;

/**
 * How a constant is stored. As tensorflowjs_converter does it, uint8 is a number between the least and the greatest of the weight, of
 * which one is exactly 0; it stores biases and factors so, too, which here stay float32.
 * @throws {RangeError} if numbers of 64 bits are none of int32's
 * @throws {TypeError} if it is of a type that TensorFlow.js lacks
 */
export function weightOf(name: string, tensor: tf.Tensor, precision: WebWeights): Weight {
  const dtype = dataType(tensor);
  const { shape, size } = tensor;
  if (dtype === "bool") return { json: { name, shape, dtype }, size, bytes: () => contentBytes(tensor) };
  if (dtype === "int32") return { json: { name, shape, dtype }, size: 4 * size, bytes: () => contentBytes(tensor) }; // prettier-ignore
  if (dtype === "int64") return { json: { name, shape, dtype: "int32" }, size: 4 * size, bytes: () => asInt32(name, tensor) }; // prettier-ignore
  if (dtype !== "float32")
    throw new TypeError(
      `Cannot export "${name}" for the web: expected numbers of float32, int32 or bool, got ${dtype}`,
    );
  const isMany = tensor.rank >= 2 && size >= MANY;
  if (isMany && precision === "float16") return halfOf(name, tensor);
  if (isMany && precision === "uint8") return bytesOf(name, tensor);
  return { json: { name, shape, dtype }, size: 4 * size, bytes: () => contentBytes(tensor) };
}

function asInt32(name: string, tensor: tf.Tensor): Uint8Array {
  const bytes = contentBytes(tensor);
  const wide = new BigInt64Array(bytes.slice().buffer);
  const wrong = wide.find((value) => value !== BigInt.asIntN(32, value));
  if (wrong !== undefined)
    throw new RangeError(
      `Cannot export "${name}" for the web: expected whole numbers of 32 bits, got ${wrong}`,
    );
  return new Uint8Array(Int32Array.from(wide, Number).buffer);
}

function halfOf(name: string, tensor: tf.Tensor): Weight {
  const { shape, size } = tensor;
  const most = tf.tidy(() => tensor.abs().max().dataSync()[0] ?? 0);
  if (!(most <= MOST_HALF))
    return { json: { name, shape, dtype: "float32" }, size: 4 * size, bytes: () => contentBytes(tensor) };
  const bytes = (): Uint8Array =>
    tf.tidy(() => {
      const even = tensor.reshape([-1]).pad([[0, size % 2]]).reshape([-1, 2]); // prettier-ignore
      const halves = execute("Cast", [even], { SrcT: attr.type("float32"), DstT: attr.type("float16") });
      const pairs = execute("Bitcast", halves, { T: attr.type("float16"), type: attr.type("int32") }); // halves can't be read
      return Buffer.concat(pairs.map(contentBytes)).subarray(0, 2 * size);
    });
  const quantization = { dtype: "float16", original_dtype: "float32" } as const;
  return { json: { name, shape, dtype: "float32", quantization }, size: 2 * size, bytes };
}

function bytesOf(name: string, tensor: tf.Tensor): Weight {
  const { shape, size } = tensor;
  const [least, most] = tf.tidy(() => [tensor.min().dataSync()[0] ?? NaN, tensor.max().dataSync()[0] ?? NaN]);
  const { min, scale } = rangeOf(least ?? NaN, most ?? NaN);
  if (!Number.isFinite(scale))
    throw new RangeError(
      `Cannot export "${name}" for the web in 8 bits: expected finite numbers, got ${least} … ${most}`,
    );
  const bytes = (): Uint8Array => {
    const floats = contentBytes(tensor);
    const values = new Float32Array(floats.buffer, floats.byteOffset, size);
    return Uint8Array.from(values, (value) =>
      Math.min(255, Math.max(0, roundHalfToEven((value - min) / scale))),
    );
  };
  const quantization = { dtype: "uint8", min, scale, original_dtype: "float32" } as const;
  return { json: { name, shape, dtype: "float32", quantization }, size, bytes };
}

/** @see NudgeQuantizationRange of TFLite, and tensorflowjs/quantization.py: 0 is one of the 256 numbers, since paddings are zeros */
function rangeOf(least: number, most: number): { readonly min: number; readonly scale: number } {
  if (least === most) return { min: least, scale: 1 };
  const scale = (most - least) / 255;
  if (least > 0 || most < 0) return { min: least, scale };
  return { min: -roundHalfToEven(-least / scale) * scale, scale };
}

/** A weight of whole numbers that the graph has no constant for. @param shape  [] is one number */
export function wholeWeight(name: string, shape: readonly number[], ...values: readonly number[]): Weight {
  const bytes = (): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
  return { json: { name, shape, dtype: "int32" }, size: 4 * values.length, bytes };
}

/** Names of the files of so many bytes, as tensorflowjs_converter gives them. */
export function shardNames(size: number): string[] {
  const count = Math.max(1, Math.ceil(size / SHARD_BYTES));
  return Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
}

/** The bytes of weights, divided into what goes into each file. */
export function* shardsOf(weights: readonly Weight[]): Generator<Uint8Array> {
  let shard = new Uint8Array(SHARD_BYTES);
  let filled = 0;
  for (const weight of weights) {
    const bytes = shielded(() => weight.bytes());
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + SHARD_BYTES - filled);
      shard.set(part, filled);
      from += part.length;
      filled += part.length;
      if (filled < SHARD_BYTES) continue;
      yield shard;
      shard = new Uint8Array(SHARD_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield shard.subarray(0, filled);
}

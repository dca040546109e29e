/** Features as rows of bytes, one for each photo and view: its activation, then its label as int32, or as a float32 for each class. */
import { castTo, numbersOfBytes, pickRow, type tf } from "../../tensorflow";
import type { FeatureStorage } from "./key";

/** What a row holds. */
export interface RowForm {
  /** Of an activation: [height, width, channels]. */
  readonly shape: readonly [number, number, number];
  readonly storage: FeatureStorage;
  /** How many classes a label has a number for; undefined: it is its one class. */
  readonly classes: number | undefined;
}

const LABEL_BYTES = 4;
const NUMBER_BYTES = { float32: 4, bfloat16: 2 } as const;

/** Bytes of a row. */
export function rowBytes(form: RowForm): number {
  return activationBytes(form) + labelBytes(form);
}

function labelBytes({ classes = 1 }: RowForm): number {
  return classes * LABEL_BYTES;
}

function activationBytes({ shape: [height, width, channels], storage }: RowForm): number {
  return height * width * channels * NUMBER_BYTES[storage];
}

/** Activations and labels, one after the other, as rows. */
export function rowsOf(
  form: RowForm,
  activations: Float32Array,
  labels: Int32Array | Float32Array,
): Uint8Array {
  const [size, end, whole] = [activationBytes(form), labelBytes(form), rowBytes(form)];
  const numbers = form.storage === "float32" ? activations : asBfloat16(activations);
  const [from, ends] = [numbers, labels].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const count = labels.byteLength / end;
  const rows = new Uint8Array(count * whole);
  for (let i = 0; i < count; i++) {
    if (from === undefined || ends === undefined) break;
    rows.set(from.subarray(i * size, (i + 1) * size), i * whole);
    rows.set(ends.subarray(i * end, (i + 1) * end), i * whole + size);
  }
  return rows;
}

/** The upper halves of float32 numbers, rounded to the nearest, ties to even, as TensorFlow casts them. */
export function asBfloat16(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, (one, i) =>
    Number.isNaN(numbers[i]) ? BFLOAT16_NAN : (one + 0x7fff + ((one >>> 16) & 1)) >>> 16,
  );
}

const BFLOAT16_NAN = 0x7fc0;

/**
 * What a row holds; inside a recorded function.
 * @param rows   uint8 [rows, bytes of a row]
 * @param index  int32 scalar
 */
export function readRow(
  form: RowForm,
  rows: tf.Tensor,
  index: tf.Scalar,
): [{ features: tf.Tensor3D }, tf.Scalar | tf.Tensor1D] {
  const { shape, storage, classes } = form;
  const row = pickRow(rows, index);
  const size = activationBytes(form);
  const numbers = numbersOfBytes(row.slice([0], [size]), storage, NUMBER_BYTES[storage]);
  const features = storage === "float32" ? numbers : castTo(numbers, "float32");
  const type = classes === undefined ? "int32" : "float32";
  const label = numbersOfBytes(row.slice([size], [labelBytes(form)]), type, LABEL_BYTES);
  return [
    { features: features.reshape<tf.Tensor3D>([...shape]) },
    label.reshape<tf.Scalar | tf.Tensor1D>(classes === undefined ? [] : [classes]),
  ];
}

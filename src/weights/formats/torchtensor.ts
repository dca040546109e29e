/** The values of a tensor of torch's, whose strides say where each is. */
import type { ByteFile } from "./bytefile";
import { elementsOf } from "./file";
import { floatBytes, readFloatParts, readFloats, type FloatType } from "./floats";
import type { PickledTensor } from "./pickle/values";

/**
 * A tensor's values row by row, the last dimension the fastest, as float32.
 * @param name    for errors
 * @param start   where its storage begins in the file, in bytes
 * @throws {Error} as readFloats()
 */
export function readTensor(
  file: ByteFile,
  name: string,
  start: number,
  { shape, strides, offset }: PickledTensor,
  dtype: FloatType,
): Float32Array {
  const count = elementsOf(shape);
  const spread =
    count === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), 0);
  const stored = readFloats(file, { name, dtype, offset: start + offset * floatBytes(dtype), count: spread });
  if (isByRows(shape, strides)) return stored;
  const target = new Float32Array(count);
  gather(stored, shape, strides, target);
  return target;
}

/**
 * The same part by part, where they lie row by row; otherwise all in one.
 * @throws {Error} as readFloats()
 */
export function readTensorParts(
  file: ByteFile,
  name: string,
  start: number,
  tensor: PickledTensor,
  dtype: FloatType,
): Iterable<Float32Array> {
  const { shape, strides } = tensor;
  if (!isByRows(shape, strides)) return [readTensor(file, name, start, tensor, dtype)];
  const offset = start + tensor.offset * floatBytes(dtype);
  return readFloatParts(file, { name, dtype, offset, count: elementsOf(shape) });
}

/** Whether a tensor's values lie in memory row by row, without gaps. */
function isByRows(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 1;
    if (size !== 1 && strides[i] !== step) return false;
    step *= size;
  }
  return true;
}

function gather(
  stored: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  target: Float32Array,
): void {
  let next = 0;
  const walk = (dimension: number, from: number): void => {
    const [size = 1, stride = 0] = [shape[dimension], strides[dimension]];
    const isLast = dimension >= shape.length - 1;
    for (let i = 0, at = from; i < size; i++, at += stride) {
      if (isLast) target[next++] = stored[at] ?? NaN;
      else walk(dimension + 1, at);
    }
  };
  walk(0, 0);
}

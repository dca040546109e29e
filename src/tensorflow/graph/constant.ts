/** What constants of a graph hold. */
import type { tf } from "../runtime";
import { contentsOf } from "../runtime/runtime";

/** A constant's numbers as bytes, little-endian, row-major; of strings all of them, one after the other. */
export function contentBytes(tensor: tf.Tensor): Uint8Array {
  const contents = contentsOf(tensor);
  if (Array.isArray(contents)) return Buffer.concat(contents);
  return new Uint8Array(contents.buffer, contents.byteOffset, contents.byteLength);
}

/** Whether both hold the same, of one shape. */
export function isSameConstant(one: tf.Tensor, other: tf.Tensor): boolean {
  if (one === other) return true;
  if (String(one.shape) !== String(other.shape)) return false;
  return Buffer.compare(contentBytes(one), contentBytes(other)) === 0;
}

/** Files as tensors: mapped into memory, so that only what is used of them is read, and the system may give it up again. */
import { attr } from "../runtime/attributes";
import type { DataType } from "../runtime/datatype";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { dataDevice } from "./data";

/**
 * A file's bytes as a tensor. The file may be removed afterwards, but not made shorter.
 * @param shape  of as many bytes as the file holds, or fewer
 * @returns      uint8; the caller disposes
 * @throws {TensorFlowError} if the file is shorter, or not there
 */
export function mapFile(path: string, shape: readonly number[]): tf.Tensor {
  const attrs = {
    dtype: attr.type("uint8"),
    shape: attr.shape(shape),
    memory_region_name: attr.string(path),
  };
  return executeOne("ImmutableConst", [], attrs, dataDevice());
}

/** One row of uint8 rows. @param index  int32 scalar */
export function pickRow(rows: tf.Tensor, index: tf.Scalar): tf.Tensor1D {
  const attrs = {
    Tparams: attr.type("uint8"),
    Tindices: attr.type("int32"),
    Taxis: attr.type("int32"),
    batch_dims: attr.int(0),
  };
  return tf.tidy(() => executeOne("GatherV2", [rows, index, tf.scalar(0, "int32")], attrs) as tf.Tensor1D);
}

/** Bytes as the numbers that they are of. @param bytes  uint8 [n · size of the type] @returns [n] of the type */
export function numbersOfBytes(bytes: tf.Tensor1D, dtype: DataType, size: number): tf.Tensor {
  const attrs = { T: attr.type("uint8"), type: attr.type(dtype) };
  return tf.tidy(() => executeOne("Bitcast", [bytes.reshape([bytes.size / size, size])], attrs));
}

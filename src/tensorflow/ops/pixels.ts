import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";

/**
 * Rows and columns of pixels picked from each image of a batch by its own lists; unlike tf.gather it holds in recordings.
 * @param images   [batch, height, width, channels], any type
 * @param rows     int32 [batch, new height]
 * @param columns  int32 [batch, new width]
 * @returns        [batch, new height, new width, channels] of the same type
 * @throws {TensorFlowError} INVALID_ARGUMENT on the CPU, if an index is out of range; a GPU gives 0
 */
export function pickPixels(images: tf.Tensor4D, rows: tf.Tensor, columns: tf.Tensor): tf.Tensor4D {
  const int32 = attr.type("int32");
  const attrs = {
    Tparams: attr.type(dataType(images)),
    Tindices: int32,
    Taxis: int32,
    batch_dims: attr.int(1),
  };
  return tf.tidy(() => {
    const picked = executeOne("GatherV2", [images, rows, tf.scalar(1, "int32")], attrs);
    return executeOne("GatherV2", [picked, columns, tf.scalar(2, "int32")], attrs) as tf.Tensor4D;
  });
}

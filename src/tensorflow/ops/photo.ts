/** Photos as people keep them: of every kind that TensorFlow decodes, and turned upright. */
import { attr } from "../runtime/attributes";
import { castTo, constant, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";
import { dynamicShape } from "./shape";

/**
 * The colours of an image file, also of those that decodeImage() refuses: transparency is left out, grey is repeated. JPEGs by the
 * exact inverse transform, as Pillow has it.
 * @param contents  string scalar, the file
 * @param kind      "jpeg", or "other" for all that DecodeImage tells by the first bytes
 * @returns         uint8 [height, width, 3]; of an animation the first frame
 * @throws {TensorFlowError} INVALID_ARGUMENT if it is no such file, or a damaged one
 */
export function decodePhoto(contents: tf.Tensor, kind: "jpeg" | "other"): tf.Tensor3D {
  if (kind === "jpeg") {
    const attrs = { channels: attr.int(3), dct_method: attr.string("INTEGER_ACCURATE") };
    return executeOne("DecodeJpeg", [contents], attrs) as tf.Tensor3D;
  }
  return tf.tidy(() => {
    const attrs = { channels: attr.int(0), dtype: attr.type("uint8"), expand_animations: attr.bool(false) };
    const image = executeOne("DecodeImage", [contents], attrs); // [h, w, 1 … 4]
    const channels = dynamicShape(image).slice([2], [1]);
    const isColored = castTo(tf.greaterEqual(channels, tf.scalar(3, "int32")), "int32");
    return executeOne(
      "GatherV2",
      [image, tf.mul(isColored, tf.tensor1d([0, 1, 2], "int32")), constant([2], [], "int32")],
      {
        Tparams: attr.type("uint8"),
        Tindices: attr.type("int32"),
        Taxis: attr.type("int32"),
        batch_dims: attr.int(0),
      },
    ) as tf.Tensor3D;
  });
}

/**
 * Each pixel as one number, in which JavaScript reads what it can't read as bytes.
 * @param image  uint8 [height, width, 3]
 * @returns      int32 [height, width]: red + 256 green + 65536 blue
 */
export function packPixels(image: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => {
    const paddings = tf.tensor2d([[0, 0], [0, 0], [0, 1]], [3, 2], "int32"); // prettier-ignore
    const four = executeOne("Pad", [image, paddings], {
      T: attr.type("uint8"),
      Tpaddings: attr.type("int32"),
    });
    return executeOne("Bitcast", [four], {
      T: attr.type("uint8"),
      type: attr.type("int32"),
    }) as tf.Tensor2D;
  });
}

/**
 * An image with its axes in another order, and then some of them reversed.
 * @param image  [height, width, channels], any type
 * @param order  int32 [3], e.g. [1, 0, 2] for rows that become columns
 * @param axes   int32, those to reverse
 */
export function turnImage(image: tf.Tensor, order: tf.Tensor, axes: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => {
    const T = attr.type(dataType(image));
    const int32 = attr.type("int32");
    const ordered = executeOne("Transpose", [image, order], { T, Tperm: int32 });
    return executeOne("ReverseV2", [ordered, axes], { T, Tidx: int32 }) as tf.Tensor3D;
  });
}

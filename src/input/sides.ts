/** Heights and widths, computed in the graph. */
import { dynamicShape, tf, type Interpolation } from "../tensorflow";

/** int32 [2]: height and width, computed in the graph. */
export function sidesOf(image: tf.Tensor): tf.Tensor1D {
  return dynamicShape(image).slice([image.rank - 3], [2]);
}

/** Half of the room, rounded down as TF-Slim does, or to the even neighbour as torchvision 0.28 transforms/functional.py, center_crop(). */
export function halfOf(room: tf.Tensor, interpolation: Interpolation): tf.Tensor {
  const two = tf.scalar(2, "int32");
  const half = room.floorDiv(two);
  return interpolation === "slim" ? half : half.add(room.mod(two).mul(half.mod(two)));
}

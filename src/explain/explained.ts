import type { tf } from "../tensorflow";
import type { Cells } from "./place";

/** Where a model looks, by some method; showCam() draws it. The caller disposes the tensors, with tf.dispose(). */
export type Explained = Cells & {
  /** float32 [batch, height, width], each image's 0…1 on a scale of its own; all zero where nothing speaks for what is explained */
  readonly heatmaps: tf.Tensor3D;
  /** float32 [batch, height, width]: what the method gives before that scale; what is below 0 speaks against it. Of several endpoints, and with `augSmooth`, the heat. */
  readonly values: tf.Tensor3D;
  /** int32 [batch], the classes explained; where a target of one's own is, those predicted */
  readonly classes: tf.Tensor1D;
  /** int32 [batch], the predicted classes; only where classes were asked for */
  readonly predicted?: tf.Tensor1D;
  /** float32 [batch, classes] */
  readonly probabilities: tf.Tensor2D;
};

/** Maps to be judged, made by hand. */
import type { Maps } from "../../src/scores/metric";
import { tf } from "../../src/tensorflow";
import type { Model } from "../../src/model/model";
import { Model as ThinModel } from "../../src/model/model";

/** A network whose output nobody asks for. */
export function thinModel(seed = 0): Model {
  return new ThinModel({
    ...{ architecture: "resnet_v1_14", numClasses: 3, width: 1 / 16, seed },
    ...{ fixedResizeSide: 64, defaultImageSize: 64 },
  });
}

/**
 * Maps of images, and a network in place of a model's: what it gives for them.
 * @param probability  float32 [rows] of float32 [rows, height, width, channels]
 */
export function mapsOf(
  model: Model,
  images: tf.Tensor4D,
  heat: readonly Float32Array[],
  probability: (images: tf.Tensor4D, of: readonly number[]) => tf.Tensor,
): Maps {
  const explained = (): never => {
    throw new Error("Cannot explain: expected a metric that asks for no other map");
  };
  return {
    ...{ model, images, heat, chunk: 5, signal: undefined },
    explained: {
      ...{ heatmaps: tf.zeros([heat.length, 1, 1]), values: tf.zeros([heat.length, 1, 1]) },
      ...{ rows: tf.tensor1d([0.5]), columns: tf.tensor1d([0.5]), classes: tf.tensor1d([0], "int32") },
      probabilities: tf.tensor2d([[1]]),
    },
    classes: heat.map(() => 0),
    boxes: heat.map(() => undefined),
    explainBy: explained,
    probabilities: (changed, of) => Promise.resolve(tf.tidy(() => probability(changed, of).dataSync())),
    passed: () => undefined,
  };
}

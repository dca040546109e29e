import type { Model } from "../model/model";
import { expectPreprocessed } from "../model/pixels";
import { checkFinite, tf } from "../tensorflow";
import { heatOf } from "./heat";
import { channelWeights, gradCamMethod, weighChannels } from "./methods/gradcam";
import { cellsOf, placeOf, type Cells } from "./place";
import { evidenceOf, runAt } from "./run";
import { scoreOf, type TargetOptions } from "./target";

/** Options of gradCam(). */
export interface GradCamOptions extends Pick<TargetOptions, "classIndex"> {
  /** A convolutional endpoint by TF-Slim's name; of small images, a lower one has more pixels. @default the last block's, e.g. "resnet_v1_50/block4" */
  readonly endpoint?: string;
}

/** Where a model looks. The caller disposes the tensors, with tf.dispose(cam). */
export type GradCam = Cells & {
  /** float32 [batch, height, width] of the endpoint, each 0…1 on a scale of its own; all zero where nothing there speaks for the class */
  readonly heatmaps: tf.Tensor3D;
  /** float32 [batch, channels]: how much each channel of the endpoint speaks for the class */
  readonly weights: tf.Tensor2D;
  /** int32 [batch], the classes explained */
  readonly classes: tf.Tensor1D;
  /** float32 [batch, classes] */
  readonly probabilities: tf.Tensor2D;
};

/** Where a model would look for classes that were asked for. */
export type AskedGradCam = GradCam & {
  /** int32 [batch], the predicted classes, which may be others */
  readonly predicted: tf.Tensor1D;
};

/**
 * Heat maps of what in an image speaks for a class: relu(Σₖ wₖ Aₖ), where wₖ is the mean over all pixels of the gradient of
 * the class's logit by channel k of an endpoint's activation A; divided by the greatest value of each image, so that heat
 * compares the places of one image, not images.
 *
 * Made of plain operations: trace() compiles it where many batches come, also with a `precision`. explain() has the other methods.
 * @param images  float32 [batch, height, width, 3], preprocessed as for predict()
 * @throws {RangeError} if the endpoint is unknown, naming those there are, or a class is none of the model's
 * @throws {RangeError} if images are brighter than preprocessed ones, unless the model takes any pixels
 * @throws {TypeError} if there are not as many classes as images
 * @throws {TensorFlowError} if what the network makes of them is not finite
 * @example
 * const cam = gradCam(model, model.preprocess(images));
 * showCam(images, cam, { labels, classNames });
 * const compiled = trace((batch: tf.Tensor4D) => gradCam(model, batch));
 * @see Selvaraju et al. 2017 (arXiv 1610.02391) §3
 */
export function gradCam(
  model: Model,
  images: tf.Tensor4D,
  options: GradCamOptions & Required<Pick<GradCamOptions, "classIndex">>,
): AskedGradCam;
export function gradCam(model: Model, images: tf.Tensor4D, options?: GradCamOptions): GradCam;
export function gradCam(
  model: Model,
  images: tf.Tensor4D,
  options: GradCamOptions = {},
): GradCam | AskedGradCam {
  expectPreprocessed("explain images", images, model.options);
  const place = placeOf(model, options.endpoint);
  return tf.tidy(() => {
    const run = runAt(model, images, place);
    const { score, classes, predicted } = scoreOf(run.output, options);
    const evidence = evidenceOf(run, score);
    const weights = channelWeights(evidence);
    const sums = weighChannels(evidence.activation, weights).sum<tf.Tensor3D>(3);
    const values = checkFinite(
      sums,
      `Cannot explain by gradCam at ${place.endpoint}: expected finite values`,
    );
    const { probabilities } = model.postprocess(run.output);
    const heatmaps = heatOf(values, gradCamMethod);
    const cam = { heatmaps, ...cellsOf(model, place.endpoint, images), weights, classes, probabilities };
    return options.classIndex === undefined ? cam : { ...cam, predicted };
  });
}

/** A model run as explaining needs it: what lies before an endpoint once, and from there on with its activation changed. */
import { GLOBAL_POOL } from "../model/layers";
import type { Model, PredictOptions, Predictions } from "../model/model";
import { tf } from "../tensorflow";
import type { Place } from "./place";
import type { Output, Score } from "./target";

/** What a model made of images, up to the cut before an endpoint and beyond it. Its tensors belong to the caller's tidy(). */
export interface Run {
  readonly model: Model;
  readonly place: Place;
  /** What the network goes on with at the cut; the images where there is none. */
  readonly given: tf.Tensor4D;
  /** float32 [batch, height, width, channels], of the endpoint */
  readonly activation: tf.Tensor4D;
  readonly output: Output;
}

/** What the endpoint had in all images, and how the score changes with it. */
export type Evidence = {
  /** float32 [batch, height, width, channels] */
  readonly activation: tf.Tensor4D;
  /** float32 [batch, height, width, channels]: of each image's score by each value of the activation */
  readonly gradient: tf.Tensor4D;
};

/** Runs a model on preprocessed images. */
export function runAt(model: Model, images: tf.Tensor4D, place: Place): Run {
  const { endpoint, from } = place;
  const given = from === undefined ? images : model.activation(images, from, { isTraining: false });
  const predictions = model.predict(given, {
    ...partOf(place),
    keepEndpoint: (name) => name === endpoint || name === GLOBAL_POOL,
  });
  const activation = predictions.endpoints[endpoint];
  if (activation === undefined) throw new TypeError(`Cannot explain: expected "${endpoint}", got none`);
  return {
    model,
    place,
    given,
    activation: activation.reshape<tf.Tensor4D>(activation.shape),
    output: outputOf(predictions),
  };
}

/** What the model gives if the endpoint's activation is another; `given` may be of other images. */
export function outputWith(
  { model, place }: Pick<Run, "model" | "place">,
  given: tf.Tensor4D,
  change: (activation: tf.Tensor4D) => tf.Tensor4D,
): Output {
  const onEndpoint = (at: string, x: tf.Tensor4D): tf.Tensor4D => (at === place.endpoint ? change(x) : x);
  const keepEndpoint = (name: string): boolean => name === GLOBAL_POOL;
  return outputOf(model.predict(given, { ...partOf(place), onEndpoint, keepEndpoint }));
}

/** The gradient of the sum of all images' scores by the endpoint's activation: each image's own. */
export function evidenceOf(run: Run, score: Score): Evidence {
  // Zeros added to the activation are what to differentiate by: of the backward pass, only what lies above them is computed.
  const sum = (zeros: tf.Tensor): tf.Scalar =>
    score(outputWith(run, run.given, (activation) => activation.add(zeros))).sum();
  return { activation: run.activation, gradient: tf.grad(sum)(tf.zerosLike(run.activation)).as4D(...run.activation.shape) }; // prettier-ignore
}

/** What the model makes of whole images. */
export function outputOfImages(
  model: Model,
  images: tf.Tensor4D,
  options: Pick<PredictOptions, "onEndpoint" | "rectify" | "onBiased"> = {},
): Output {
  const keepEndpoint = (name: string): boolean => name === GLOBAL_POOL;
  return outputOf(model.predict(images, { ...options, isTraining: false, keepEndpoint }));
}

function partOf({ from }: Place): PredictOptions {
  return { isTraining: false, ...(from !== undefined && { from }) };
}

function outputOf({ logits, endpoints }: Predictions): Output {
  const features = endpoints[GLOBAL_POOL];
  if (features === undefined) throw new TypeError(`Cannot explain: expected "${GLOBAL_POOL}", got none`);
  return { logits, features: features.as2D(logits.shape[0], features.size / logits.shape[0]) };
}

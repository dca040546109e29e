/** A classifier as a graph: images in, probabilities and a heat map out. */
import { channelWeights, gradCamMethod, weighChannels } from "../explain/methods/gradcam";
import { heatOf } from "../explain/heat";
import { placeOf } from "../explain/place";
import { evidenceOf, runAt } from "../explain/run";
import { sharesOf } from "../explain/target";
import type { Model } from "../model";
import { firstNotFinite, recordGraph, tf, type TypedGraph } from "../tensorflow";

/** Options of classifierGraph(). */
export interface ClassifierGraphOptions {
  /**
   * What the graph receives, float32 [batch, size, size, 3]: "images": pixels, 0…255; "preprocessed": what Model.preprocess() gives.
   * @default "images"
   */
  readonly receive?: "images" | "preprocessed";
  /** Height and width of what it receives. @default the model's defaultImageSize */
  readonly size?: number;
  /**
   * Whether it gives a heat map, too: Grad-CAM at that endpoint by TF-Slim's name, or at the default one of gradCam().
   * @default false
   */
  readonly heat?: boolean | string;
}

/** The names of a classifier graph's inputs and outputs. */
export const NAMES = {
  /** float32 [batch, size, size, 3] */
  images: "images",
  /** int32 [batch], of a graph with heat: the classes that it is of */
  classes: "classes",
  /** float32 [batch, classes] */
  logits: "logits",
  /** float32 [batch, classes] */
  probabilities: "probabilities",
  /** float32 [batch, height, width] of the endpoint, each 0…1 as gradCam()'s */
  heat: "heat",
} as const;

/**
 * A model in inference as a graph: `images` in, `logits` and `probabilities` out; with heat, `classes` in and `heat` out, too.
 * @returns the caller disposes
 * @throws {RangeError} if the endpoint is unknown, or a weight is not finite
 * @throws {TypeError} if something in it is no operation of TensorFlow's own
 */
export function classifierGraph(model: Model, options: ClassifierGraphOptions = {}): TypedGraph {
  const { receive = "images", size = model.options.defaultImageSize, heat = false } = options;
  const isPixels = receive === "images";
  expectFinite(model);
  const place = heat === false ? undefined : placeOf(model, heat === true ? undefined : heat);
  const batch = 2;
  const example = tf.tidy(() => {
    const pixels = tf.randomUniform<tf.Rank.R4>([batch, size, size, 3], 0, 255, "float32", 1);
    const images = isPixels ? pixels : model.preprocess(pixels);
    return {
      [NAMES.images]: images,
      ...(place && { [NAMES.classes]: tf.tensor1d([0, model.options.numClasses - 1], "int32") }),
    };
  });
  const fn = (given: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const images = four(given[NAMES.images]);
    const preprocessed = isPixels ? model.preprocess(images) : images;
    const { classes } = given;
    if (place === undefined || classes === undefined) return scoresOf(model, model.predict(preprocessed, { isTraining: false })); // prettier-ignore
    const run = runAt(model, preprocessed, place);
    const shares = sharesOf(classes.toInt(), model.options.numClasses);
    const evidence = evidenceOf(run, ({ logits }) => logits.mul(shares).sum<tf.Tensor1D>(1));
    const values = weighChannels(evidence.activation, channelWeights(evidence)).sum<tf.Tensor3D>(3);
    return { ...scoresOf(model, run.output), [NAMES.heat]: heatOf(values, gradCamMethod) };
  };
  try {
    return recordGraph("classifier", { fn, example });
  } finally {
    tf.dispose(example);
  }
}

/** Formats differ in what they make of NaN: some answer, as if nothing were amiss. */
function expectFinite(model: Model): void {
  for (const { name, variable } of model.variables.all())
    if (tf.tidy(() => firstNotFinite(variable.reshape([1, -1]))) >= 0)
      throw new RangeError(
        `Cannot export model: expected finite weights, got others in "${name}"; has the training diverged?`,
      );
}

function scoresOf(model: Model, predictions: { readonly logits: tf.Tensor2D }): Record<string, tf.Tensor> {
  const { logits, probabilities } = model.postprocess(predictions);
  return { [NAMES.logits]: logits, [NAMES.probabilities]: probabilities };
}

function four(images: tf.Tensor | undefined): tf.Tensor4D {
  if (images?.rank === 4) return images.reshape<tf.Tensor4D>(images.shape);
  throw new TypeError("Cannot classify: expected [batch, height, width, 3], got another shape");
}

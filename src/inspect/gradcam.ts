import { GLOBAL_POOL } from "../model/layers";
import type { Model } from "../model/model";
import { expectPreprocessed } from "../model/pixels";
import { quoteNearest, tf } from "../tensorflow";
import { globalAveragePool } from "./gap";

/** Options of gradCam(). */
export interface GradCamOptions {
  /** A convolutional endpoint by TF-Slim's name; of small images, a lower one has more pixels. @default the last block's, e.g. "resnet_v1_50/block4" */
  readonly endpoint?: string;
  /** The class to explain: one for all images, or one for each. @default each image's predicted class */
  readonly classIndex?: number | readonly number[];
}

/** Where a model looks. The caller disposes the tensors, with tf.dispose(cam). */
export type GradCam = {
  /** float32 [batch, height, width] of the endpoint, each 0…1 on a scale of its own; all zero where nothing there speaks for the class */
  readonly heatmaps: tf.Tensor3D;
  /** float32 [height]: the middle of what each row of the maps looks at, as a share of the images' height; see Model.fieldOfView() */
  readonly rows: tf.Tensor1D;
  /** float32 [width]: the same of columns */
  readonly columns: tf.Tensor1D;
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
 * Made of plain operations: trace() compiles it where many batches come, also with a `precision`.
 * @param images  float32 [batch, height, width, 3], preprocessed as for predict()
 * @throws {RangeError} if the endpoint is unknown, naming those there are, or a class is none of the model's
 * @throws {RangeError} if images are brighter than preprocessed ones, unless the model takes any pixels
 * @throws {TypeError} if there are not as many classes as images
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
  expectPreprocessed("explain images", images, model.options.pixels);
  const { endpoint, from } = placeOf(model, options.endpoint);
  return tf.tidy(() => {
    // What lies before the endpoint is computed once; from there on once for the class and once for the gradient.
    const given = from === undefined ? images : model.activation(images, from, { isTraining: false });
    const part = { isTraining: false, ...(from !== undefined && { from }) };
    const predictions = model.predict(given, { ...part, keepEndpoint: (name) => name === endpoint });
    const activation = predictions.endpoints[endpoint]; // [b, h, w, c]
    if (activation === undefined) throw new TypeError(`Cannot explain: expected "${endpoint}", got none`);
    const { probabilities, classes: predicted } = model.postprocess(predictions);
    const classes = classesOf(options.classIndex, predicted, probabilities.shape);
    const chosen = tf.oneHot(classes, probabilities.shape[1]);
    // Zeros added to the activation are what to differentiate by: of the backward pass, only what lies above them is computed.
    const logitSum = (zeros: tf.Tensor): tf.Scalar => {
      const onEndpoint = (at: string, x: tf.Tensor4D): tf.Tensor4D => (at === endpoint ? x.add(zeros) : x);
      const { logits } = model.predict(given, { ...part, onEndpoint, keepEndpoint: () => false });
      return logits.mul(chosen).sum();
    };
    const slopes = tf.grad(logitSum)(tf.zerosLike(activation)); // [b, h, w, c]
    const weights = globalAveragePool(slopes);
    const evidence = tf.relu(activation.mul(weights.expandDims(1).expandDims(1)).sum<tf.Tensor3D>(3));
    const heatmaps = tf.divNoNan<tf.Tensor3D>(evidence, evidence.max([1, 2], true));
    const cam: GradCam = { heatmaps, ...placesOf(model, endpoint, images), weights, classes, probabilities };
    return options.classIndex === undefined ? cam : { ...cam, predicted };
  });
}

/** A convolutional endpoint, and the last place up to it at which the network can be cut, if there is one. */
function placeOf(
  model: Model,
  wanted: string | undefined,
): { readonly endpoint: string; readonly from: string | undefined } {
  const names = model.declaration.endpoints.map(({ name }) => name).filter((name) => name !== GLOBAL_POOL);
  const endpoint = wanted ?? names.filter((name) => /\/block\d+$/.test(name)).at(-1) ?? "";
  if (!names.includes(endpoint))
    throw new RangeError(
      `Cannot explain by endpoint "${endpoint}": expected a convolutional one of the model's, ${names.join(", ")}; the nearest are ${quoteNearest(endpoint, names)}`,
    );
  const before = new Set(names.slice(0, names.indexOf(endpoint) + 1));
  return { endpoint, from: model.deepestCut((cut) => before.has(cut.endpoint))?.endpoint };
}

/** Where the cells of an endpoint look. */
function placesOf(
  model: Model,
  endpoint: string,
  { shape: [, height, width] }: tf.Tensor4D,
): Pick<GradCam, "rows" | "columns"> {
  const { cells, start, stride } = model.fieldOfView(endpoint, [height, width]);
  const along = (i: 0 | 1, side: number): tf.Tensor1D =>
    tf.tensor1d(Array.from({ length: cells[i] }, (_, cell) => (start[i] + stride * cell + 0.5) / side));
  return { rows: along(0, height), columns: along(1, width) };
}

function classesOf(
  classIndex: number | readonly number[] | undefined,
  predicted: tf.Tensor1D,
  [batch, classes]: readonly [number, number],
): tf.Tensor1D {
  if (classIndex === undefined) return predicted;
  const list = typeof classIndex === "number" ? new Array<number>(batch).fill(classIndex) : [...classIndex];
  if (list.length !== batch)
    throw new TypeError(
      `Cannot explain classes: expected one for each of ${batch} images, got ${list.length}`,
    );
  const wrong = list.find((one) => !(Number.isInteger(one) && one >= 0 && one < classes));
  if (wrong !== undefined)
    throw new RangeError(`Cannot explain class ${wrong}: expected a whole number in 0 … ${classes - 1}`);
  return tf.tensor1d(list, "int32");
}

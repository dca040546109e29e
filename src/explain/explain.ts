import { interruptible } from "../interrupt";
import type { Model } from "../model/model";
import { expectPreprocessed } from "../model/pixels";
import { expectPrecision, quoteNearest, tf, type Precision } from "../tensorflow";
import type { Explained } from "./explained";
import { fuse } from "./fuse";
import { heatOf } from "./heat";
import type { Method, Subject, Work } from "./method";
import { METHODS, type MethodName } from "./methods";
import { cellsOf, pixelsOf, placeOf, type Place } from "./place";
import { evidenceOf, runAt, type Run } from "./run";
import { scoreOf, type TargetOptions } from "./target";

/** Options of explain(). */
export interface ExplainOptions extends TargetOptions {
  /** A method by name, with its defaults, or one with options of its own, e.g. rise({ masks: 4000 }). @default "gradCam" */
  readonly method?: MethodName | Method;
  /**
   * A convolutional endpoint by TF-Slim's name, or several, whose maps are put together: each on its own scale, placed where its cells
   * look, and the mean of all. Of small images, a lower one has more pixels. Methods of pixels have none.
   * @default the last block's, e.g. "resnet_v1_50/block4"
   */
  readonly endpoint?: string | readonly string[];
  /** Images that are computed at once where a method runs the network many times: what bounds its memory. @default 32 */
  readonly chunk?: number;
  /** What methods that run the network many times compute in; see TraceOptions.precision. @default "float32" */
  readonly precision?: Precision;
  /** Called after each chunk, over all endpoints; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two chunks, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Heat maps of where a model looks, by one of the field's methods.
 * @param images  float32 [batch, height, width, 3], preprocessed as for predict()
 * @throws {RangeError} if the method or the endpoint is unknown, naming those there are, or a class is none of the model's
 * @throws {RangeError} if images are brighter than preprocessed ones, unless the model takes any pixels
 * @throws {TypeError} if there are not as many classes or targets as images
 * @throws what the signal gives as its reason
 * @example
 * const heat = await explain(model, model.preprocess(images), { method: "layerCam", endpoint: "resnet_v1_50/block3" });
 * showCam(images, heat, { classNames, model });
 */
export async function explain(
  model: Model,
  images: tf.Tensor4D,
  options: ExplainOptions = {},
): Promise<Explained> {
  expectPreprocessed("explain images", images, model.options.pixels);
  const method = methodOf(options.method);
  const work = workOf(options);
  const names = typeof options.endpoint === "string" ? [options.endpoint] : options.endpoint;
  if (names?.length === 0)
    throw new RangeError("Cannot explain by endpoints: expected one or more, got none");
  if (method.of === "pixels" && (names?.length ?? 1) > 1)
    throw new RangeError(`Cannot explain by ${method.name} of several endpoints: expected one, got ${names?.join(", ")}`); // prettier-ignore
  const places = (names ?? [undefined]).map((name) => placeOf(model, name));
  const maps: Explained[] = [];
  try {
    for (const [i, place] of places.entries())
      maps.push(await explainAt({ model, images, place }, method, options, partOf(work, i, places.length)));
    return fuse(maps);
  } catch (error) {
    tf.dispose(maps);
    throw error;
  }
}

async function explainAt(
  { model, images, place }: { readonly model: Model; readonly images: tf.Tensor4D; readonly place: Place },
  method: Method,
  options: TargetOptions,
  work: Work,
): Promise<Explained> {
  const owned = new Set<tf.Tensor>();
  const own = <T extends tf.Tensor>(tensor: T): T => {
    if (tensor !== images) owned.add(tf.keep(tensor));
    return tensor;
  };
  try {
    const run = tf.tidy(() => {
      const { given, activation, output } = runAt(model, images, place);
      return {
        given: own(given),
        activation: own(activation),
        output: { logits: own(output.logits), features: own(output.features) },
      };
    });
    const begun: Run = { model, place, ...run };
    const { score, ...scored } = scoreOf(begun.output, options);
    Object.values(scored).forEach(own);
    tf.tidy(() => void score(begun.output)); // a function of one's own fails here, before it is differentiated
    const evidenceOnce = once(() => {
      const gradient = own(tf.tidy(() => evidenceOf(begun, score).gradient));
      return { activation: begun.activation, gradient };
    });
    const subject: Subject = { ...begun, images, score, work, evidence: evidenceOnce };
    const given = own(await method.values(subject));
    return tf.tidy(() => {
      const values = mapsOf(given, method);
      const asked = (options.classIndex ?? options.against) !== undefined;
      return {
        heatmaps: heatOf(values, method),
        values,
        ...(method.of === "pixels" ? pixelsOf(images) : cellsOf(model, place.endpoint, images)),
        classes: scored.classes.clone(),
        ...(asked && { predicted: scored.predicted.clone() }),
        probabilities: model.postprocess(run.output).probabilities,
      };
    });
  } finally {
    tf.dispose([...owned]);
  }
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => (done ??= { value: work() }).value;
}

/** The sum over the channels where there are some. */
function mapsOf(values: tf.Tensor, { name }: Method): tf.Tensor3D {
  const [batch = 0, height = 0, width = 0] = values.shape;
  if (values.rank === 4) return values.sum<tf.Tensor3D>(3);
  if (values.rank === 3) return values.clone().as3D(batch, height, width);
  throw new TypeError(
    `Cannot explain by ${name}: expected values [batch, h, w] or [batch, h, w, channels], got [${values.shape.join(", ")}]`,
  );
}

function methodOf(wanted: MethodName | Method = "gradCam"): Method {
  if (typeof wanted !== "string") return wanted;
  const names = Object.keys(METHODS);
  if (Object.hasOwn(METHODS, wanted)) return METHODS[wanted];
  throw new RangeError(
    `Cannot explain by "${String(wanted)}": expected a method, one of ${names.join(", ")}; the nearest are ${quoteNearest(wanted, names)}`,
  );
}

function workOf(options: ExplainOptions): Work {
  const { chunk = 32, precision = "float32", onProgress, signal } = interruptible(options);
  if (!(Number.isSafeInteger(chunk) && chunk >= 1))
    throw new RangeError(`Cannot explain: expected chunk to be a whole number from 1 on, got ${chunk}`);
  signal?.throwIfAborted();
  return { chunk, precision: expectPrecision(precision, "explain"), onProgress, signal };
}

/** Work at one of several endpoints, each of which counts alike for the progress. */
function partOf(work: Work, part: number, parts: number): Work {
  const { onProgress } = work;
  if (onProgress === undefined) return work;
  return {
    ...work,
    onProgress: ({ done, total }) => onProgress({ done: part * total + done, total: parts * total }),
  };
}

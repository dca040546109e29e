import { interruptible } from "../interrupt";
import type { Model } from "../model/model";
import { expectPreprocessed } from "../model/pixels";
import { expectPrecision, quoteNearest, tf, type Precision } from "../tensorflow";
import { firstComponent } from "./component";
import type { Explained } from "./explained";
import { expectFinite } from "./finite";
import { fuse } from "./fuse";
import { heatOf } from "./heat";
import type { Method, Subject, Work } from "./method";
import { METHODS, type MethodName } from "./methods";
import { cellsOf, pixelsOf, placeOf, type Place } from "./place";
import { evidenceOf, runAt, type Run } from "./run";
import { unchanged, viewOf, VIEWS, type View } from "./smooth";
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
  /**
   * Takes the first principal component of all channels' maps in place of their sum, which leaves out what single ones say: less noise,
   * and values whose mean is 0. For methods of an endpoint that have a map of each channel. Its sign is that in which it correlates
   * positively with the sum. @see pytorch-grad-cam's eigen_smooth, which leaves the sign to chance @default false
   */
  readonly eigenSmooth?: boolean;
  /**
   * Takes the mean heat of six: of the images and mirrored ones, each with all pixels times 0.9, 1 and 1.1, of the same classes. What is
   * multiplied is what the network gets, so where preprocess() takes means off the contrast around them. A mirrored image's heat is
   * placed where its cells look. Six times the work. @see pytorch-grad-cam's aug_smooth @default false
   */
  readonly augSmooth?: boolean;
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
 * @throws {RangeError} if the network makes NaN or infinite numbers of an image, naming it
 * @throws {TypeError} if there are not as many classes or targets as images, or `eigenSmooth` is asked of a method without maps of channels
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
  expectPreprocessed("explain images", images, model.options);
  const method = methodOf(options.method);
  const work = workOf(options);
  const names = typeof options.endpoint === "string" ? [options.endpoint] : options.endpoint;
  if (names?.length === 0)
    throw new RangeError("Cannot explain by endpoints: expected one or more, got none");
  if (method.of === "pixels" && (names?.length ?? 1) > 1)
    throw new RangeError(`Cannot explain by ${method.name} of several endpoints: expected one, got ${names?.join(", ")}`); // prettier-ignore
  const places = (names ?? [undefined]).map((name) => placeOf(model, name));
  if (options.eigenSmooth === true && method.of === "pixels") throw notSmooth(method, "of pixels");
  const views = options.augSmooth === true ? VIEWS : VIEWS.slice(0, 1);
  const inPart = partsOf(work, views.length * places.length);
  const maps: Explained[] = [];
  try {
    for (const view of views) {
      const asked = maps[0] === undefined ? options : ofClasses(maps[0], options);
      const explainPlace = (seen: tf.Tensor4D, place: Place): Promise<Explained> =>
        inPart((part) => explainAt({ model, images: seen, place }, method, asked, part));
      maps.push(await explainView(images, view, places, explainPlace));
    }
    return fuse(maps);
  } catch (error) {
    tf.dispose(maps);
    throw error;
  }
}

/** The options, of the classes that maps are of. */
function ofClasses({ classes }: Explained, options: ExplainOptions): ExplainOptions {
  return options.target === undefined ? { ...options, classIndex: [...classes.dataSync()] } : options;
}

/** One map of each image, of all places. */
async function explainView(
  images: tf.Tensor4D,
  view: View,
  places: readonly Place[],
  explainPlace: (seen: tf.Tensor4D, place: Place) => Promise<Explained>,
): Promise<Explained> {
  const seen = view === VIEWS[0] ? images : viewOf(images, view);
  const maps: Explained[] = [];
  try {
    for (const place of places) maps.push(await explainPlace(seen, place));
    return unchanged(fuse(maps), view);
  } catch (error) {
    tf.dispose(maps);
    throw error;
  } finally {
    if (seen !== images) seen.dispose();
  }
}

async function explainAt(
  { model, images, place }: { readonly model: Model; readonly images: tf.Tensor4D; readonly place: Place },
  method: Method,
  options: ExplainOptions,
  work: Work,
): Promise<Explained> {
  const by = method.of === "pixels" ? method.name : `${method.name} at ${place.endpoint}`;
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
    expectFinite(by, `activations of ${place.endpoint}`, run.activation);
    expectFinite(by, "logits", run.output.logits);
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
    expectFinite(by, "values", given);
    return tf.tidy(() => {
      const values = mapsOf(given, method, options);
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

/** The sum over the channels where there are some, or what they share. */
function mapsOf(values: tf.Tensor, method: Method, { eigenSmooth = false }: ExplainOptions): tf.Tensor3D {
  const [batch = 0, height = 0, width = 0, channels = 0] = values.shape;
  if (eigenSmooth && values.rank === 4) return firstComponent(values.as4D(batch, height, width, channels));
  if (eigenSmooth) throw notSmooth(method, "that gives one map");
  if (values.rank === 4) return values.sum<tf.Tensor3D>(3);
  if (values.rank === 3) return values.clone().as3D(batch, height, width);
  throw new TypeError(
    `Cannot explain by ${method.name}: expected values [batch, h, w] or [batch, h, w, channels], got [${values.shape.join(", ")}]`,
  );
}

function notSmooth({ name }: Method, got: string): TypeError {
  return new TypeError(
    `Cannot smooth ${name} by eigenSmooth: expected a method that has a map of each channel, as gradCam, got one ${got}`,
  );
}

function methodOf(wanted: MethodName | Method = "gradCam"): Method {
  if (typeof wanted === "object" && typeof wanted.values === "function") return wanted;
  if (typeof wanted !== "string")
    throw new TypeError(`Cannot explain: expected a method's name, or a method as rise() gives one, got ${typeof wanted}`); // prettier-ignore
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

/** Work in several parts, each of which counts alike for the progress; one that tells none is a step. */
function partsOf(work: Work, parts: number): <T>(run: (part: Work) => Promise<T>) => Promise<T> {
  let done = 0;
  return async (run) => {
    work.signal?.throwIfAborted();
    let told = false;
    const result = await run({
      ...work,
      onProgress: (own) => {
        told = true;
        work.onProgress?.({ done: done * own.total + own.done, total: parts * own.total });
      },
    });
    done += 1;
    if (!told && parts > 1) work.onProgress?.({ done, total: parts });
    return result;
  };
}

/** What tells the classes of photos: a model, a classifier, or a SavedModel, which say the same way what they make of photos. */
import { loadSavedModel, type LoadedModel } from "../export";
import { savedModelIn } from "../export/load";
import { aspectPreservingResize, preprocessForEval } from "../input";
import { Model } from "../model";
import { expectPixels } from "../model/pixels";
import type { PhotoSize } from "../model/preprocessing";
import { dctMethodOf } from "../input/cut";
import { constant, encodeExample, encodePng, feature, tf, trace, type DctMethod } from "../tensorflow";
import { classNameOf } from "../inspect/caption";
import { readDescription } from "./description";
import { expectApart, expectDistinctNames, expectThreshold, photoSizeOf } from "../deploy/expected";
import { viewsOf, type TtaOptions, type Views } from "./views";
import { loadClassifier, type Classifier } from "./load";
import type { Naming } from "./predicted";

/** What predict() is told beside a model, which a classifier knows itself. */
export interface SourceOptions {
  /** The names of a model's classes. @default "class 0", "class 1", …; of a folder those in it */
  readonly classNames?: readonly string[];
  /** How a photo of any size gets to a model: preprocessForEval()'s options. @default as the model's own options say; of a classifier its own */
  readonly preprocessing?: Partial<PhotoSize>;
  /**
   * Above which probability a class is predicted, of a multiLabel model: one for all, or one for each, 0 … 1. A SavedModel that is given
   * one is taken for such a model.
   * @default the classifier's, or 0.5
   */
  readonly threshold?: number | readonly number[];
  /**
   * Test-time augmentation: each photo is also seen in crops, and the probabilities are averaged. true: the four corners and the middle, and
   * those of the mirrored photo (torchvision's TenCrop), all of the network's size out of the photo resized in its
   * proportions, also where the plain prediction squashes it; a quarter of the mean is the plain prediction's, as in fastai's Learner.tta,
   * which draws its crops at random. Eleven times the work.
   * @default false
   */
  readonly tta?: boolean | TtaOptions;
}

/** Gives probabilities of photos. */
export interface Source extends Naming {
  /** How many looks at once. */
  readonly batchSize: number;
  /** What a photo is seen as beside the plain look; undefined: nothing. */
  readonly views: Views | undefined;
  /** How JPEGs are to be decoded. */
  readonly dctMethod: DctMethod;
  /** A photo's looks as run() takes them, the plain one first; the caller disposes. @param isTensor  whether it may be of the network's size already */
  fit(image: tf.Tensor3D, isTensor: boolean): tf.Tensor3D[];
  /** float32 [looks × classes], row by row. @param images  what fit() gave */
  run(images: readonly tf.Tensor3D[]): Promise<Float32Array>;
  dispose(): void;
}

/** One that is a model of this process. */
export interface ModelSource extends Source {
  readonly sizes: PhotoSize;
  /** Whether it takes photos' pixels; else tensors alone. */
  readonly takesPhotos: boolean;
  /** Records and compiles it, which the first run does otherwise. */
  prepare(): void;
}

/** Photos that are run at once: as many as keep two cores busy, of little memory. */
export const BATCH = 16;

/**
 * What a model or a folder predicts by; the caller disposes, which frees what was loaded here.
 * @throws {Error} if the folder has neither a classifier nor a SavedModel
 * @throws {RangeError} if there are not as many class names as classes, or a threshold is none that it may be
 */
export function sourceOf(given: Model | Classifier | string, options: SourceOptions): Source {
  if (typeof given !== "string") return modelSourceOf(given, options);
  if (readDescription(given) !== undefined) {
    const classifier = loadClassifier(given);
    return disposing(classifier, () => modelSourceOf(classifier, options));
  }
  if (savedModelIn(given) === undefined)
    throw new Error(
      `Cannot predict by "${given}": expected a folder of saveClassifier() or exportSavedModel(), got neither`,
    );
  const served = loadSavedModel(given);
  return disposing(served, () => servedSource(given, served, options));
}

/** A source that frees what it is made of. */
function disposing(owned: { dispose(): void }, make: () => Source): Source {
  try {
    const source = make();
    return {
      ...source,
      dispose: () => {
        source.dispose();
        owned.dispose();
      },
    };
  } catch (error) {
    owned.dispose();
    throw error;
  }
}

/**
 * What a model predicts by; the caller disposes.
 * @throws {RangeError} if there are not as many class names as classes, or a threshold is none that it may be
 */
export function modelSourceOf(given: Model | Classifier, options: SourceOptions): ModelSource {
  if (given instanceof Model) return modelSource(given, options);
  const { classNames, preprocessing, threshold, model } = given;
  const known = { classNames, preprocessing, ...(model.options.multiLabel && { threshold }) };
  return modelSource(model, { ...known, ...options });
}

function modelSource(model: Model, options: SourceOptions): ModelSource {
  const what = "predict";
  const { numClasses, multiLabel, pixels } = model.options;
  const { threshold = 0.5 } = options;
  const classNames = options.classNames ?? Array.from({ length: numClasses }, (_, i) => classNameOf(i, []));
  model.variables.expectAll(what);
  expectDistinctNames(what, classNames, model);
  expectThreshold(what, threshold, model);
  if (options.threshold !== undefined && !multiLabel)
    throw new RangeError("Cannot predict: expected no threshold, got one with a model of one class a photo");
  const sizes = photoSizeOf(what, model, options.preprocessing);
  const views = viewsOf(options.tta ?? false);
  const network = trace(
    (images: tf.Tensor4D) =>
      model.postprocess(model.predict(model.preprocess(images), { isTraining: false })).probabilities,
    { name: "predict", batch: "any" },
  );
  return {
    ...{ classNames, sizes, views, batchSize: BATCH, takesPhotos: pixels !== "any" },
    dctMethod: dctMethodOf(sizes.interpolation),
    threshold: multiLabel ? threshold : undefined,
    fit: (image, isTensor) => {
      if (!isTensor && pixels === "any") return expectedTensors();
      if (isTensor) expectPixels(image, pixels);
      return looksOf(image, { sizes, isReady: isTensor && isReady(image, sizes), views });
    },
    run: async (images) => {
      const batch = stacked(images);
      const probabilities = await network(batch).finally(() => batch.dispose());
      try {
        return await probabilities.data<"float32">();
      } finally {
        probabilities.dispose();
      }
    },
    prepare: () => tf.tidy(() => void network.sync(tf.zeros([1, sizes.size, sizes.size, 3]))),
    dispose: () => network.dispose(),
  };
}

/** @throws {RangeError} what is said of a model that is given photos and takes none */
export function expectedTensors(): never {
  throw new RangeError(
    'Cannot predict photos by a model of pixels "any": expected tensors, normalized as in training, got files',
  );
}

/** Whether pixels are of the network's size: so batches of createInputFn() come, whose transform made them so. */
function isReady({ shape: [height, width] }: tf.Tensor3D, { size }: PhotoSize): boolean {
  return height === size && width === size;
}

/** The plain look, as in evaluation, and the others. */
function looksOf(
  image: tf.Tensor3D,
  {
    sizes,
    isReady,
    views,
  }: { readonly sizes: PhotoSize; readonly isReady: boolean; readonly views: Views | undefined },
): tf.Tensor3D[] {
  return tf.tidy(() => {
    const plain = isReady ? image.toFloat() : preprocessForEval(image, sizes);
    if (views === undefined) return [plain];
    const resized = isReady ? plain : aspectPreservingResize(image, sizes.resizeSide, sizes.interpolation);
    const { size } = sizes;
    return [plain, ...tf.unstack(views.crop(resized, size)).map((crop) => crop.as3D(size, size, 3))];
  });
}

function stacked(images: readonly tf.Tensor3D[]): tf.Tensor4D {
  return tf.tidy(() => tf.stack([...images]).as4D(images.length, ...(images[0]?.shape ?? [0, 0, 3])));
}

function servedSource(dir: string, served: LoadedModel, options: SourceOptions): Source {
  const inputs = Object.entries(served.signature.inputs);
  const [name, { dtype, shape }] = inputs[0] ?? ["none", { dtype: "none", shape: [] }];
  const isText = dtype === "string";
  const isImages = shape?.length === 4 && shape[1] === null;
  if (inputs.length !== 1 || !(isText || isImages))
    throw new Error(
      `Cannot predict by "${dir}": expected a SavedModel that takes Examples, image files or images of any size, got one of ${inputs.map(([key]) => key).join(", ") || "no inputs"}`,
    );
  if (options.preprocessing !== undefined)
    throw new RangeError(
      `Cannot predict by "${dir}": expected no preprocessing, which a SavedModel has itself`,
    );
  if (viewsOf(options.tta ?? false) !== undefined)
    throw new RangeError(
      `Cannot predict by "${dir}": expected no tta, as a SavedModel crops photos itself; loadClassifier()'s model can`,
    );
  const toInput = (images: readonly tf.Tensor3D[]): tf.Tensor => {
    if (!isText) return stacked(images).toFloat();
    const files = images.map((image) => encodePng(image));
    return constant(name === "image_bytes" ? files : files.map(exampleOf), [files.length], "string");
  };
  const classNames = options.classNames ?? served.labels ?? [];
  expectApart(`predict by "${dir}"`, classNames);
  return {
    classNames,
    threshold: options.threshold,
    batchSize: isText ? BATCH : 1,
    views: undefined,
    dctMethod: served.dctMethod,
    fit: (image) => [image.toInt()],
    run: (images) => {
      const outputs = tf.tidy(() => served.predict(toInput(images)));
      try {
        const { probabilities } = outputs;
        if (probabilities === undefined)
          throw new Error(`Cannot predict by "${dir}": expected an output "probabilities", got ${Object.keys(outputs).join(", ")}`); // prettier-ignore
        return Promise.resolve(Float32Array.from(probabilities.dataSync()));
      } finally {
        tf.dispose(outputs);
      }
    },
    dispose: () => undefined,
  };
}

/** A photo as a record has it. */
function exampleOf(file: Uint8Array): Uint8Array {
  return encodeExample({ "image/encoded": feature.bytes(file), "image/format": feature.bytes("png") });
}

/** A model as a folder for the web: TensorFlow.js's graph model, and the page that asks it. */
import { cellsOf, placeOf } from "../../explain/place";
import { classNameOf } from "../../inspect/caption";
import { readImage } from "../../input";
import { finishFirst, interruptible, shielded } from "../../interrupt";
import { Model } from "../../model";
import { centralPart, type PhotoSize } from "../../model/preprocessing";
import { recordGraph, tf, type GraphFunction, type TypedGraph } from "../../tensorflow";
import { classifierGraph, NAMES } from "../classifiergraph";
import { expectDistinctNames, expectThreshold, photoSizeOf } from "../expected";
import { copyPage, exampleName } from "../page/copy";
import { graphModel, type GraphModelOptions } from "./graphmodel";
import { expectWebOperations } from "./operations";
import { expectWebFolder, writeWebFolder, type WebFolderOptions } from "./write";
import { WEB_WEIGHTS, type WebWeights } from "./weights";

/** Options of exportWeb() for a function of one's own. */
export interface ExportWebFunctionOptions extends Pick<WebFolderOptions, "onProgress" | "signal"> {
  /**
   * How weights are stored: "float16" halves the folder, "uint8" makes it a quarter, and probabilities change by what that rounds.
   * Weights of 1,024 numbers and more are, of depthwise convolutions and of resizing in 16 bits at least; biases and factors stay float32. The
   * network computes in float32 in any case. Of ImageNet's ResNet-50 on photos of flowers,
   * float16 changes probabilities by 0.0014 at most and no class of 16, uint8 by 0.19 and one class of 8.
   * @default "float32"
   */
  readonly weights?: WebWeights;
}

/** Options of exportWeb() for a model. */
export interface ExportWebOptions extends ExportWebFunctionOptions {
  /** The names of the classes, in the order of the labels. @default "class 0", "class 1", … */
  readonly classNames?: readonly string[];
  /** How a photo of any size gets to the network. @default the model's photoSize */
  readonly photo?: Partial<PhotoSize>;
  /** Above which probability a class is predicted, of a multiLabel model: one for all, or one for each. @default 0.5 */
  readonly threshold?: number | readonly number[];
  /** What stands above the page. @default the architecture's name */
  readonly title?: string;
  /** Whether there is a heat map, too: Grad-CAM at that endpoint by TF-Slim's name, or at the default one of gradCam(). @default true */
  readonly heat?: boolean | string;
  /**
   * Whether there is a page, too: index.html, which takes photos, also of a camera, and shows classes and heat, from any server of files.
   * @default true
   */
  readonly page?: boolean;
  /** A photo's file, which the page offers to try, and which is copied. @default none */
  readonly example?: string;
}

/** What exportWeb() has written. */
export interface ExportedWeb {
  /** The folder. */
  readonly dir: string;
  /** Bytes of the weights. */
  readonly bytes: number;
}

/** What a folder's model.json says of a classifier, under `userDefinedMetadata.slimlab`. */
export interface WebClassifier {
  readonly title: string;
  readonly classNames: readonly string[];
  readonly multiLabel: boolean;
  readonly threshold: number | readonly number[];
  readonly photo: PhotoSize;
  /** Names to give tensors by: pixels 0…255, float32 [batch, size, size, 3]; classes, int32 [batch], of which -1 is the predicted one. */
  readonly inputs: { readonly images: string; readonly classes?: string };
  /** Names to ask for: float32 [batch, classes], twice; float32 [batch, rows, columns], 0…1. */
  readonly outputs: { readonly logits: string; readonly probabilities: string; readonly heat?: string };
  /** The middle of what each row and column of the heat map looks at, as a share of the photo's crop. */
  readonly heat?: { readonly rows: readonly number[]; readonly columns: readonly number[] };
  /** A photo's file in the folder. */
  readonly example?: string;
}

/**
 * Writes a model as a folder for the web, whole or not at all: a graph model that `tf.loadGraphModel(".../model.json")` loads in
 * TensorFlow.js, of its predict() giving probabilities for pixels 0…255, and `execute({ images, classes }, "heat")` the heat map of
 * classes. Batch normalizations are part of the convolutions before them. A function of one's own becomes a graph model, too.
 * @param dir  the folder; made if need be. A model for the web that was there is replaced
 * @throws {TypeError} that names the operation, if it does what TensorFlow.js can't, before anything is written
 * @throws {RangeError} if an option is none that it may be
 * @throws {Error} if the model is disposed, the folder has other files or is the working one, the example is no photo, or the disk refuses
 * @example
 * await exportWeb(model, "site", { classNames: labels, weights: "float16" });
 * // python -m http.server --directory site, then open http://localhost:8000
 */
export async function exportWeb(model: Model, dir: string, options?: ExportWebOptions): Promise<ExportedWeb>;
export async function exportWeb(model: GraphFunction, dir: string, options?: ExportWebFunctionOptions): Promise<ExportedWeb>; // prettier-ignore
export async function exportWeb(
  model: Model | GraphFunction,
  dir: string,
  options: ExportWebOptions = {},
): Promise<ExportedWeb> {
  const { weights = "float32", page = true, example } = options;
  if (!WEB_WEIGHTS.includes(weights))
    throw new RangeError(
      `Cannot export to "${dir}": expected weights ${WEB_WEIGHTS.map((one) => `"${one}"`).join(", ")}, got ${JSON.stringify(weights)}`,
    );
  await expectWebFolder(dir);
  const given = interruptible(options);
  return finishFirst(async () => {
    if (!(model instanceof Model)) return write(() => recordGraph("function", model), dir, { weights }, given); // prettier-ignore
    if (example !== undefined) (await readImage(example)).dispose();
    const metadata = shielded(() => webClassifier(model, options));
    const { size } = metadata.photo;
    const graph = (): TypedGraph => classifierGraph(model, { size, heat: options.heat ?? true });
    const greatestOf = metadata.inputs.classes === undefined ? {} : { [NAMES.classes]: NAMES.logits };
    const beside = page ? (folder: string): Promise<void> => copyPage(folder, example) : undefined;
    return write(graph, dir, { weights, metadata, predicted: [NAMES.probabilities], greatestOf }, { ...given, ...(beside && { beside }) }); // prettier-ignore
  });
}

async function write(
  record: () => TypedGraph,
  dir: string,
  options: GraphModelOptions,
  folder: WebFolderOptions,
): Promise<ExportedWeb> {
  const graph = shielded(record);
  try {
    expectWebOperations(graph);
    const made = shielded(() => graphModel(graph, options));
    await writeWebFolder(dir, made, folder);
    return { dir, bytes: made.weights.reduce((sum, { size }) => sum + size, 0) };
  } finally {
    graph.dispose();
  }
}

/** @throws {RangeError} if an option is none that it may be */
function webClassifier(model: Model, options: ExportWebOptions): WebClassifier {
  const what = "export for the web";
  const { numClasses, multiLabel, architecture } = model.options;
  model.variables.expectAll(what);
  const { classNames = Array.from({ length: numClasses }, (_, i) => classNameOf(i, [])) } = options;
  const { threshold = 0.5, title = architecture, heat = true, page = true, example } = options;
  if (title.trim() === "" || /[\r\n]/.test(title))
    throw new RangeError(`Cannot ${what}: expected a title of one line, got ${JSON.stringify(title)}`);
  if (!page && example !== undefined)
    throw new RangeError(`Cannot ${what}: expected an example of a page, got "${example}" and no page`);
  expectDistinctNames(what, classNames, model);
  expectThreshold(what, threshold, model);
  const photo = photoSizeOf(what, model, options.photo);
  const { images, classes, logits, probabilities } = NAMES;
  const known = { title, classNames, multiLabel, threshold, photo, ...(example !== undefined && { example: exampleName(example) }) }; // prettier-ignore
  if (heat === false) return { ...known, inputs: { images }, outputs: { logits, probabilities } };
  const { endpoint } = placeOf(model, heat === true ? undefined : heat);
  return {
    ...known,
    inputs: { images, classes },
    outputs: { logits, probabilities, heat: NAMES.heat },
    heat: heatPlaces(model, endpoint, photo),
  };
}

/** Where the cells of heat look on the photo's square, of which the model takes the middle if it is larger or smaller than its images. */
function heatPlaces(model: Model, endpoint: string, { size }: PhotoSize): NonNullable<WebClassifier["heat"]> {
  const { defaultImageSize: side } = model.options;
  return tf.tidy(() => {
    const { top, bottom, left, right } = centralPart(tf.zeros([1, size, size, 3]), model.options);
    const { rows, columns } = cellsOf(model, endpoint, tf.zeros([1, side, side, 3]));
    const within = (places: tf.Tensor1D, from: number, to: number): number[] =>
      Array.from(places.dataSync(), (place) => from + place * (to - from));
    return { rows: within(rows, top, bottom), columns: within(columns, left, right) };
  });
}

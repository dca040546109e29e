/** Weights from elsewhere, brought into a model. */
import { inspect } from "node:util";
import { finishFirst, interruptible, shielded } from "../interrupt";
import { Model } from "../model/model";
import type { ModelOptions } from "../model/options";
import { expectScopes, isInScopes, type Scopes } from "../model/scopes";
import type { ModelVariable } from "../model/variables";
import { fillTensor, releaseSoon, tf } from "../tensorflow";
import { initReport, type InitReport } from "../training/saver/report";
import { finiteParts } from "./finite";
import { configuredSide } from "./configured";
import { expectFixed } from "./fixed";
import { openWeights } from "./formats/open";
import type { WeightsFile } from "./formats/weightsfile";
import { laidOut } from "./mappings/layout";
import { HEAD, type MappedEntry, type WeightsMapping } from "./mappings/mapping";
import { differencesOf, optionsOf, photosOf } from "./photos";
import { recognize } from "./recognize";
import { timmConfigBeside, type TimmConfig } from "./timmconfig";

/** How far importWeights() is, in variables. */
export interface ImportProgress {
  readonly done: number;
  readonly total: number;
}

/** Options of importWeights(). */
export interface ImportOptions {
  /**
   * Whose weights these are, as that source calls the network: "torchvision/resnet50", "timm/tf_efficientnet_b0"; also with
   * the tag of its weights, "timm/resnet50.a1_in1k", whose pixels, and sizes of photos, may be others; or the source alone. Without
   * a tag, photos are shown as to the source's default weights of that network, or to those whose file has this name at torchvision.
   * Needed where names and shapes can't tell.
   * @default what timm's config.json beside the file says, or else by names and shapes
   */
  readonly source?: string;
  /**
   * Which of several sets of weights to take of a file of torch.save(), as its key: "state_dict_ema" for averages.
   * @default "state_dict", "model" or "model_state_dict", or else "state_dict_ema" or "model_ema"
   */
  readonly stateDict?: string;
  /**
   * Variables in these scopes keep their values. With "Predict/logits" and `source`, a file may have a head of several layers, which is
   * left out: see `unused`. @default none; a head for other classes of "auto" is not made
   */
  readonly excludeScopes?: Scopes;
  /**
   * With "auto": further options of the model, e.g. numClasses, with which the head begins anew, or defaultImageSize, whose
   * fixedResizeSide follows then.
   * @default as the file has it; fixedResizeSide, defaultImageSize and interpolation as the weights' source shows photos to them
   */
  readonly model?: Omit<ModelOptions, "architecture" | "source" | "strides" | "width">;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops, before anything has changed in a model given. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** What was imported; shows itself as a table. */
export interface ImportReport extends InitReport {
  readonly model: Model;
  /** What the weights are of, as its source calls it: "torchvision/resnet50". */
  readonly source: string;
  /** Further sets of weights that the file has and `stateDict` takes, such as averages: "state_dict_ema". */
  readonly otherStateDicts: readonly string[];
  /**
   * In what the model shows photographs to these weights otherwise than their source: "fixedResizeSide 256, there 232". Of a model
   * that was created here, what its options asked for, and timm's "crop_mode border", which is cropped here.
   */
  readonly shownOtherwise: readonly string[];
}

/** A file of weights, or what fetchWeights() gave, which says whose they are. */
export type WeightsSource = string | { readonly path: string; readonly name: string };

/**
 * Brings weights of torchvision, timm, Keras or TF-Slim into a model: of safetensors, torch's .pth and .pt, Keras' .keras and .h5,
 * TensorFlow's checkpoints and SavedModels. Nothing of a file is ever run. The model's paddings, epsilon and pixels are those of the
 * source, so that its logits are; either all are loaded or, at an error, none. A model that is created here has photos resized and
 * cropped as the source does for these weights.
 * @param target  a model of that network and source, whose options stay; or "auto": one is created as the file asks for, in `model`
 *   of the report
 * @throws {RangeError} that names what the file may be of, if names and shapes can't tell: give `source`
 * @throws {RangeError} if it is of no network here, of another than the model's, or its last layer is for other classes
 * @throws {RangeError} that names the entry and counts them, if numbers to be loaded are NaN or infinite
 * @throws {Error} that names file, entry and offset, if the file is damaged
 * @throws {TypeError} if target, file or source are of another kind
 * @example
 * const { model } = await importWeights("auto", "resnet50-0676ba61.pth", { source: "torchvision" });
 */
export async function importWeights(
  target: Model | "auto",
  file: WeightsSource,
  options: ImportOptions = {},
): Promise<ImportReport> {
  expectKinds(target, file, options);
  return finishFirst(() => importFrom(target, file, interruptible(options)));
}

async function importFrom(
  target: Model | "auto",
  file: WeightsSource,
  options: ImportOptions,
): Promise<ImportReport> {
  const [path, name] = typeof file === "string" ? [file, undefined] : [file.path, file.name];
  const beside = timmConfigBeside(path);
  const given = sourceOf(path, options.source ?? name, beside);
  const opened = await openWeights(path, options.stateDict);
  try {
    const own = target === "auto" ? undefined : target;
    own?.variables.expectAll(`import "${path}"`);
    const known = { timmPixels: beside?.preprocessing, excludeScopes: options.excludeScopes };
    const { mapping, numClasses, file: named } = recognize(opened, given, own, known);
    expectFixed(named, mapping);
    const photos = photosOf(mapping, path, beside, configuredSide(named));
    const model = own ?? shielded(() => new Model(optionsOf(mapping, numClasses, photos, options.model)));
    try {
      const plan = planOf(model, named, mapping, own === undefined, options);
      await load(named, plan.loaded, options);
      const others = named.metadata["otherStateDicts"]?.split(", ") ?? [];
      const shownOtherwise = differencesOf(model.options, photos, mapping);
      const lines = { "not taken, by stateDict": others, "photos otherwise than there": shownOtherwise };
      return Object.assign(reportOf(named, plan, lines, titleOf(mapping, model)), {
        ...{ model, source: mapping.name },
        ...{ otherStateDicts: others, shownOtherwise },
      });
    } catch (error) {
      if (own === undefined) model.dispose();
      throw error;
    }
  } finally {
    opened.close();
  }
}

/** What JavaScript would take for something else, or fail at without a word of it. @throws {TypeError} that says which it is */
function expectKinds(target: unknown, file: unknown, { source }: ImportOptions): void {
  const wrong = (expected: string, got: unknown): TypeError =>
    new TypeError(`Cannot import weights: expected ${expected}, got ${inspect(got, { depth: 0 })}`);
  if (target !== "auto" && !(target instanceof Model)) throw wrong('a Model or "auto" first', target);
  const path: unknown = typeof file === "object" && file !== null && "path" in file ? file.path : file;
  if (typeof path !== "string") throw wrong("the path of a file, or what fetchWeights() gave", file);
  if (source !== undefined && typeof source !== "string") throw wrong("source to be a text", source);
}

/** Whose weights a file has: as the caller says or, of timm's, as is written beside. @throws {RangeError} if these differ */
function sourceOf(path: string, given: string | undefined, beside?: TimmConfig): string | undefined {
  if (beside === undefined) return given;
  if (given === undefined || given === "timm") return beside.name;
  const [network] = given.split("."); // without a tag
  if (network === beside.name || !given.startsWith("timm/")) return given;
  throw new RangeError(
    `Cannot import "${path}": expected weights of ${given}, got those of ${beside.name}, as config.json says`,
  );
}

/** A variable and where its values stand. */
interface Import extends MappedEntry {
  readonly variable: ModelVariable;
}

interface ImportPlan {
  readonly loaded: readonly Import[];
  readonly excluded: readonly string[];
  readonly missing: readonly string[];
  readonly shapeMismatch: readonly string[];
  readonly unused: readonly string[];
}

/** @throws {RangeError} if the head does not fit and is not excluded */
function planOf(
  model: Model,
  file: WeightsFile,
  { entryOf }: WeightsMapping,
  isNew: boolean,
  { excludeScopes, model: asked }: ImportOptions,
): ImportPlan {
  const all = model.variables.all();
  const scopes = expectScopes(excludeScopes, all.map(({ name }) => name), "leave out"); // prettier-ignore
  const shapes = new Map(file.entries.map(({ name, shape }) => [name, shape.join()]));
  const isFitting = ({ variable: { variable }, entry, layout }: Import): boolean =>
    shapes.get(entry) === laidOut(layout, variable.shape).shape.join();
  const mapped = all.flatMap((variable): Import[] => {
    const entry = entryOf(variable.name);
    return entry === undefined || !shapes.has(entry.entry) ? [] : [{ ...entry, variable }];
  });
  const isHead = ({ name }: ModelVariable): boolean => name.startsWith(`${HEAD}/`);
  const isAnew = isNew && asked?.numClasses !== undefined;
  const wrong = mapped.filter((one) => !isFitting(one));
  const isExcluded = (one: ModelVariable): boolean =>
    isInScopes(one.name, scopes) || (isAnew && isHead(one) && wrong.some(({ variable }) => isHead(variable)));
  const [mismatch] = wrong.filter(({ variable }) => !isExcluded(variable));
  if (mismatch !== undefined) throw unfitting(file, mismatch, shapes.get(mismatch.entry) ?? "");
  const loaded = mapped.filter(({ variable }) => !isExcluded(variable));
  const used = new Set(loaded.flatMap(({ entry, less }) => [entry, less ?? entry]));
  const names = new Set(mapped.map(({ variable }) => variable.name));
  return {
    loaded,
    excluded: all.filter(isExcluded).map(({ name }) => name),
    missing: all.filter((one) => !names.has(one.name) && !isExcluded(one)).map(({ name }) => name),
    shapeMismatch: wrong.map(({ variable }) => variable.name),
    unused: file.entries.map(({ name }) => name).filter((name) => !used.has(name)),
  };
}

function unfitting(
  file: WeightsFile,
  { variable: { name, variable }, entry, layout }: Import,
  got: string,
): RangeError {
  const { shape } = laidOut(layout, variable.shape);
  const hint = name.startsWith(`${HEAD}/`) ? hintOf(shape, got.split(",").map(Number)) : "";
  return new RangeError(
    `Cannot import "${file.path}": expected "${entry}" of [${shape.join(", ")}] for "${name}", got [${got.replaceAll(",", ", ")}]${hint}`,
  );
}

/** What may be done where a file's last layer has other classes than the model. @see TF-Slim datasets/imagenet.py: 1001 classes */
function hintOf(expected: readonly number[], got: readonly number[]): string {
  const keep = `; give excludeScopes: "${HEAD}" to keep the model's own head`;
  const other = got.findIndex((size, i) => size !== expected[i]);
  const [classes, own] = [got[other], expected[other]];
  if (classes === 1) return `${keep}, or for its single class create the model with multiLabel: true, numClasses: 1`; // prettier-ignore
  if (classes === 1001 && own === 1000) return `${keep}, or create it with numClasses: 1001, the first of which is TF-Slim's background`; // prettier-ignore
  return keep;
}

async function load(
  file: WeightsFile,
  imports: readonly Import[],
  { signal, onProgress }: ImportOptions,
): Promise<void> {
  const values: { readonly variable: tf.Variable; readonly value: tf.Tensor }[] = [];
  let inTurn = 0;
  try {
    for (const one of imports) {
      signal?.throwIfAborted();
      const { variable } = one.variable;
      values.push({ variable, value: shielded(() => valueOf(file, one)) });
      onProgress?.({ done: values.length, total: imports.length });
      inTurn += variable.size + TURN / 16;
      if (inTurn < TURN) continue;
      await turn();
      inTurn = 0;
    }
    await turn(); // the last to hear of an interrupt
    signal?.throwIfAborted();
    shielded(() => {
      for (const { variable, value } of values) variable.assign(value);
    });
  } finally {
    tf.dispose(values.map(({ value }) => value));
    releaseSoon();
  }
}

/** So many numbers, or 16 variables, then others have their turn. */
const TURN = 2 ** 22;

/** In it, what was read and is laid out otherwise now goes back to the system. */
async function turn(): Promise<void> {
  releaseSoon();
  await new Promise(setImmediate);
}

/** A variable's values. */
function valueOf(
  file: WeightsFile,
  { variable, entry, layout, isBlueFirst = false, less }: Import,
): tf.Tensor {
  const { shape } = variable.variable;
  return tf.tidy(() => {
    const filled = (name: string): tf.Tensor =>
      fillTensor(shape, laidOut(layout, shape), finiteParts(file, name, variable.name));
    const turned = isBlueFirst ? filled(entry).reverse(2) : filled(entry);
    return less === undefined ? turned : turned.sub(filled(less));
  });
}

/** What weights are of, and what they became: how photos get to be images, too. */
function titleOf({ name }: WeightsMapping, { options }: Model): string {
  const { architecture, numClasses, defaultImageSize, preprocessing } = options;
  const classes = numClasses.toLocaleString("en-US");
  return `${name} as ${architecture} of ${classes} classes, ${defaultImageSize} px, pixels "${preprocessing}"`;
}

function reportOf(
  file: WeightsFile,
  { loaded, ...lists }: ImportPlan,
  others: Readonly<Record<string, readonly string[]>>,
  title: string,
): InitReport {
  return initReport({
    others,
    title,
    checkpoint: file.path,
    loaded: loaded.map(({ variable: { name } }) => name),
    mapped: Object.fromEntries(loaded.map(({ variable: { name }, entry }) => [name, entry])),
    ...lists,
  });
}

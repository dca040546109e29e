/** A classifier's folder, and the classifier in it. */
import { join } from "node:path";
import {
  exportOnnx,
  exportWeb,
  type ClassifierFacts,
  type ExportedWeb,
  type ExportOnnxOptions,
  type ExportWebOptions,
  type Int8Export,
  type WithInt8,
} from "../deploy";
import { createPredictInputFn, exportSavedModel, type ExportOptions, type ReceiverKind } from "../export";
import { shielded } from "../interrupt";
import { Model } from "../model";
import { Saver } from "../training";
import { DESCRIPTION_FILE, readDescription, type Described, type Description } from "./description";
import { expectDistinctNames, expectThreshold, photoSizeOf } from "../deploy/expected";

/** Options of loadClassifier(). */
export interface LoadClassifierOptions {
  /** Whether the model is one to train on: see Model. @default false */
  readonly isTraining?: boolean;
}

/** How a classifier is served. */
export interface ExportClassifierOptions extends Omit<ExportOptions, "labels" | "receiver" | "variables"> {
  /** What clients send; see createPredictInputFn(). @default "examples" */
  readonly receive?: ReceiverKind;
}

/** How a classifier is written for the web. */
export type ExportClassifierWebOptions = Omit<ExportWebOptions, "classNames" | "photo" | "threshold">;
/** How a classifier is written for ONNX's runtimes. */
export type ExportClassifierOnnxOptions = Omit<ExportOnnxOptions, "classNames" | "photo" | "threshold">;

/** A model with all that is known of it. */
export interface Classifier extends Omit<Description, "model"> {
  readonly model: Model;
  /** What initVariablesFromCheckpoint() and Python's tf.train.load_checkpoint() read its weights from. */
  readonly checkpoint: string;
  /**
   * Writes it as a SavedModel, with its class names and photos made as large as here; see exportSavedModel().
   * @param dir  the folder of versions
   * @returns    the version's folder
   */
  exportSavedModel(dir: string, options?: ExportClassifierOptions): string;
  /**
   * Writes it as a folder for the web, with its class names, threshold and photos made as large as here; see exportWeb().
   * @param dir  the folder; made if need be. A model for the web that was there is replaced
   */
  exportWeb(dir: string, options?: ExportClassifierWebOptions): Promise<ExportedWeb>;
  /**
   * Writes it as a file of ONNX's, with its class names, threshold and the size of photos in the file's metadata; see exportOnnx().
   * @returns the file; with int8, how well it agrees with floats
   */
  exportOnnx(file: string, options: ExportClassifierOnnxOptions & WithInt8): Promise<Int8Export>;
  exportOnnx(file: string, options?: ExportClassifierOnnxOptions): Promise<string>;
  /**
   * Writes its weights alone, by TF-Slim's names, as a checkpoint of TensorFlow's with a global_step; see Saver.
   * @param path  a prefix such as "slim/model.ckpt"
   * @returns     the prefix written, with the step's number
   */
  saveCheckpoint(path: string): Promise<string>;
  /** Frees the model. */
  dispose(): void;
}

/**
 * Loads what saveClassifier() has saved: a model with the weights and moving statistics to the bit, which can be trained on
 * (`createTrainStep(model, { globalStep })` counts on), and all that was saved with it.
 * @param dir  the folder
 * @returns    the caller disposes
 * @throws {Error} if the folder has no classifier, one of another version of the format, or a damaged one, its weights included
 * @throws {RangeError} if what the file says fits neither a model nor the weights
 * @example
 * const { model, classNames, metrics } = loadClassifier("hats");
 */
export function loadClassifier(dir: string, options: LoadClassifierOptions = {}): Classifier {
  const described = readDescription(dir);
  if (described === undefined)
    throw new Error(
      `Cannot load "${dir}": expected a folder of saveClassifier(), got no ${DESCRIPTION_FILE} in it`,
    );
  return shielded(() => loadDescribed(dir, described, options));
}

function loadDescribed(
  dir: string,
  described: Described,
  { isTraining = false }: LoadClassifierOptions,
): Classifier {
  const model = new Model({ ...described.model, isTraining });
  try {
    const what = `load "${join(dir, DESCRIPTION_FILE)}"`;
    expectDistinctNames(what, described.classNames, model);
    expectThreshold(what, described.threshold, model);
    photoSizeOf(what, model, described.preprocessing);
    const { checkpoint } = new Saver().restore(join(dir, described.checkpoint), model);
    return classifierOf(model, { ...described, checkpoint });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function classifierOf(model: Model, described: Described): Classifier {
  const { classNames, preprocessing, threshold, globalStep } = described;
  const { size: side, ...photo } = preprocessing;
  return {
    ...described,
    model,
    exportSavedModel: (dir, { receive = "examples", ...options } = {}) => {
      const sides = receive === "preprocessed" ? {} : { side, ...photo };
      const receiver = createPredictInputFn({ receive, ...sides });
      return exportSavedModel(model, dir, { ...options, labels: classNames, receiver });
    },
    exportWeb: (dir, options = {}) =>
      exportWeb(model, dir, { ...options, classNames, photo: preprocessing, threshold }),
    exportOnnx: onnxOf(model, { classNames, photo: preprocessing, threshold }),
    saveCheckpoint: (path) => new Saver().save(path, model, { globalStep }),
    dispose: () => model.dispose(),
  };
}

/** A model's exportOnnx() with what is known of its classifier. */
function onnxOf(model: Model, known: ClassifierFacts): Classifier["exportOnnx"] {
  type Options = ExportClassifierOnnxOptions;
  function written(file: string, options: Options & WithInt8): Promise<Int8Export>;
  function written(file: string, options?: Options): Promise<string>;
  function written(file: string, options: Options & Partial<WithInt8> = {}): Promise<string | Int8Export> {
    const { int8, ...rest } = options;
    const all = { ...rest, ...known };
    return int8 === undefined ? exportOnnx(model, file, all) : exportOnnx(model, file, { ...all, int8 });
  }
  return written;
}

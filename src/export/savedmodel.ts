/** SavedModels on disk, as TensorFlow Serving looks for them: a folder a version. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { shielded } from "../interrupt";
import { Model } from "../model";
import {
  encodeServingGraph,
  reasonOf,
  saveCheckpoint,
  type DctMethod,
  type ServingVariable,
} from "../tensorflow";
import { recordClassifier, type ClassifierOptions } from "./classifier";
import { expectLabels, LABELS_FILE } from "./labels";
import { writeDctMethod } from "./photos";
import { recordSignature, type ExportSignature, type RecordedSignature } from "./signatures";
import { encodeWarmup, type WarmupRequest } from "./warmup";

/** Options of exportSavedModel(). */
export interface ExportOptions extends ClassifierOptions {
  /** Requests that TensorFlow Serving sends itself before it serves. @default none */
  readonly warmup?: readonly WarmupRequest[];
  /** The version's folder. @default the time in seconds, or one more than the latest version there */
  readonly version?: number;
  /** Names and kinds of variables that signatures close over. @default a model's TF-Slim names; else the tfjs variables' */
  readonly variables?: readonly ServingVariable[];
}

/**
 * Writes a model, or functions of your own by name, as a SavedModel that Python, TensorFlow Serving and tfjs load: variables,
 * `assets/labels.txt`, a warm-up file, and the batch size open in every signature. Written whole or not at all.
 * @param model  its signatures are predict, serving_default and classify, see createPredictInputFn() for what they receive
 * @param dir    the folder of versions; made if need be. With "[" or "\\" in its path loadSavedModel() alone can read it, not
 *   TensorFlow's own loaders, which take these for a pattern
 * @returns      the version's folder
 * @throws {Error} if there is such a version, or the disk refuses
 * @throws {TypeError} if a signature does what a graph can't
 * @throws {RangeError} if the precision is neither "float32" nor "bfloat16"
 * @example
 * const folder = exportSavedModel(model, "servo", { labels: ["cat", "dog"] }); // "servo/1700000000"
 * @see tf.estimator.Estimator.export_saved_model
 */
export function exportSavedModel(
  model: Model | Readonly<Record<string, ExportSignature>>,
  dir: string,
  options: ExportOptions = {},
): string {
  expectServed(options.precision);
  if (dir === "") throw new RangeError('Cannot export to "": expected the path of a folder, got none');
  const version = options.version ?? nextVersion(dir);
  if (!Number.isSafeInteger(version) || version < 0)
    throw new RangeError(`Cannot export to "${dir}": expected a version of 0 or more, got ${version}`);
  const folder = join(dir, String(version));
  if (existsSync(folder))
    throw new Error(`Cannot export to "${dir}": expected a new version, got ${version}, which is there`);
  return shielded(() => record(model, folder, options)); // an interrupt ends the cell when it is written
}

function record(
  model: Model | Readonly<Record<string, ExportSignature>>,
  folder: string,
  options: ExportOptions,
): string {
  if (model instanceof Model) {
    const recorded = recordClassifier(model, options);
    try {
      const variables = options.frozen === true ? [] : model.variables.all();
      return write(recorded.signatures, folder, { variables, dctMethod: recorded.dctMethod, ...options });
    } finally {
      recorded.dispose();
    }
  }
  if (options.frozen === true)
    throw new TypeError(
      "Cannot export frozen model: expected a Model, got functions, which stay as they are",
    );
  const recorded: RecordedSignature[] = [];
  try {
    for (const [name, signature] of Object.entries(model))
      recorded.push(recordSignature(name, signature, options.precision));
    return write(recorded, folder, options);
  } finally {
    for (const one of recorded) one.dispose();
  }
}

/** @throws {RangeError} if a precision is none that can be exported: where it will be served, nothing can be measured here */
function expectServed(precision: string = "float32"): void {
  if (["float32", "bfloat16"].includes(precision)) return;
  const got = JSON.stringify(precision);
  throw new RangeError(`Cannot export model: expected precision "float32" or "bfloat16", got ${got}`);
}

/** Versions grow: TensorFlow Serving takes the greatest. */
function nextVersion(dir: string): number {
  try {
    const there = existsSync(dir) ? readdirSync(dir).filter((name) => /^\d+$/.test(name)).map(Number) : []; // prettier-ignore
    return Math.max(Math.floor(Date.now() / 1000), ...there.map((version) => version + 1));
  } catch (cause) {
    throw refused(dir, cause);
  }
}

/** The error of a disk. */
function refused(dir: string, cause: unknown): Error {
  const what = `Cannot export to "${dir}": expected a folder with room to write to`;
  return new Error(`${what}, got ${reasonOf(cause)}`, { cause });
}

/** What is written beside signatures. */
interface WriteOptions extends ExportOptions {
  /** How photos' JPEGs are decoded. */
  readonly dctMethod?: DctMethod;
}

function write(
  signatures: readonly RecordedSignature[],
  folder: string,
  { labels, warmup = [], variables = [], dctMethod = "INTEGER_FAST" }: WriteOptions,
): string {
  expectLabels("export model", labels);
  const assets = labels === undefined ? [] : [LABELS_FILE];
  const graph = encodeServingGraph(signatures, variables, assets);
  const dir = resolve(folder, "..");
  const requests = encodeWarmup(basename(dir), warmup);
  let part: string | undefined;
  try {
    mkdirSync(dir, { recursive: true });
    part = join(dir, `temp-${basename(folder)}-${randomUUID()}`); // no number: TensorFlow Serving passes it by
    mkdirSync(part); // for whom the umask says, unlike mkdtemp's
    mkdirSync(join(part, "variables"));
    writeFileSync(join(part, "saved_model.pb"), graph.bytes);
    if (Object.keys(graph.variables).length > 0)
      saveCheckpoint(join(part, "variables/variables"), graph.variables);
    if (labels !== undefined) {
      mkdirSync(join(part, "assets"));
      writeFileSync(join(part, "assets", LABELS_FILE), labels.map((label) => `${label}\n`).join(""));
    }
    writeDctMethod(part, dctMethod);
    if (warmup.length > 0) {
      mkdirSync(join(part, "assets.extra"), { recursive: true });
      writeFileSync(join(part, "assets.extra/tf_serving_warmup_requests"), requests);
    }
    renameSync(part, folder);
  } catch (cause) {
    if (part !== undefined) rmSync(part, { recursive: true, force: true });
    throw refused(dir, cause);
  }
  return folder;
}

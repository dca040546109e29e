/** SavedModels, ours or others', read back and run. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  dataType,
  kindOfFile,
  openSavedModel,
  readSavedModel,
  reasonOf,
  savedModelFile,
  tf,
  version,
} from "../tensorflow";
import { LABELS_FILE } from "./labels";
import { readDctMethod } from "./photos";
import type { DctMethod, SavedGraph, SavedModelSession, SavedSignature } from "../tensorflow";

/** Options of loadSavedModel(). */
export interface LoadOptions {
  /** Of the graph. @default ["serve"] */
  readonly tags?: readonly string[];
  /** @default "serving_default" */
  readonly signature?: string;
}

/** A loaded SavedModel. */
export interface LoadedModel {
  /** The signature that predict() runs. */
  readonly signature: SavedSignature;
  /** All of the graph, by name. */
  readonly signatures: Readonly<Record<string, SavedSignature>>;
  /** The files that it brought along, by name: where they are. */
  readonly assets: Readonly<Record<string, string>>;
  /** Names of the classes: the lines of the asset labels.txt; undefined if there is none. */
  readonly labels: readonly string[] | undefined;
  /** How JPEGs are decoded for it: readImage() takes it. "INTEGER_FAST" where the folder does not say. */
  readonly dctMethod: DctMethod;
  /**
   * The outputs by name: float64 and half precision as float32, integers as int32 but for int64; the caller disposes.
   * @param inputs     by name, or the tensor of the only input; numbers of another type are cast
   * @param signature  @default the one loaded
   * @throws {TypeError} if names or shapes do not fit the signature
   * @throws {RangeError} if float32 or int32 can't hold a value of an output
   * @throws {Error} that quotes TensorFlow, if it refuses: a file is no image, or a string no Example
   */
  predict(
    inputs: tf.Tensor | Readonly<Record<string, tf.Tensor>>,
    signature?: string,
  ): Record<string, tf.Tensor>;
  /** Frees the graph and its variables. */
  dispose(): void;
}

/**
 * Loads a SavedModel, of TensorFlow 1 or 2.
 * @param dir  the folder with saved_model.pb or saved_model.pbtxt, or one of versions, whose greatest is taken
 * @throws {Error} if there is none, or it lacks the tags or the signature, or TensorFlow cannot load it
 * @example
 * const served = loadSavedModel("servo");
 * const { probabilities } = served.predict({ examples });
 */
export function loadSavedModel(dir: string, options: LoadOptions = {}): LoadedModel {
  const { tags = ["serve"], signature: name = "serving_default" } = options;
  const folder = savedModelIn(dir) ?? noneIn(dir);
  const { signatures, assets: files } = graphOf(folder, tags);
  const assets = Object.fromEntries(files.map((file) => [file, join(folder, "assets", file)]));
  const find = (key: string): SavedSignature => {
    const found = signatures[key];
    if (found !== undefined) return found;
    const known = Object.keys(signatures).join(", ");
    throw new RangeError(`Cannot load "${dir}": expected a signature of ${known}, got "${key}"`);
  };
  const signature = find(name);
  const refused = (what: string, cause: unknown): Error => {
    const reason = reasonOf(cause).replace(/^Session fail to \w+ with error: /, "");
    return new Error(`Cannot ${what}, got ${reason}`, { cause });
  };
  let session: SavedModelSession | undefined;
  try {
    session = openSavedModel(folder, tags);
  } catch (error) {
    throw refused(
      `load "${folder}": expected a graph and variables that TensorFlow ${version()} can load`,
      pointerIn(folder) ?? error,
    );
  }
  return {
    signature,
    signatures,
    assets,
    labels: linesOf(assets[LABELS_FILE]),
    dctMethod: readDctMethod(folder),
    predict(inputs, key = name) {
      if (session === undefined) throw new Error(`Cannot predict by "${dir}": it is disposed`);
      const chosen = find(key);
      const named = inputs instanceof tf.Tensor ? theOnly(chosen, inputs) : inputs;
      expectInputs(chosen, named);
      try {
        return session.run(chosen, named);
      } catch (error) {
        throw refused(`predict by "${dir}": expected inputs for its "${key}"`, error);
      }
    },
    dispose() {
      session?.close();
      session = undefined;
    },
  };
}

function linesOf(file: string | undefined): string[] | undefined {
  return file === undefined ? undefined : readFileSync(file, "utf8").trimEnd().split("\n");
}

function noneIn(dir: string): never {
  throw new Error(`Cannot load "${dir}": expected a saved_model.pb there or in a version's folder, got none`);
}

/** The folder with the SavedModel: this one, or of versions the greatest; undefined if there is none. */
export function savedModelIn(dir: string): string | undefined {
  if (savedModelFile(dir) !== undefined) return dir;
  const names = existsSync(dir) && statSync(dir).isDirectory() ? readdirSync(dir) : [];
  const versions = names.filter(
    (name) => /^\d+$/.test(name) && savedModelFile(join(dir, name)) !== undefined,
  );
  const [latest] = versions.sort((a, b) => Number(b) - Number(a));
  return latest === undefined ? undefined : join(dir, latest);
}

function graphOf(folder: string, tags: readonly string[]): SavedGraph {
  const file = savedModelFile(folder) ?? folder;
  let graphs: SavedGraph[];
  try {
    graphs = readSavedModel(file);
  } catch (cause) {
    const got = kindOfFile(file) ?? "something else";
    throw new Error(`Cannot load "${file}": expected a SavedModel, got ${got}`, { cause });
  }
  const key = (list: readonly string[]): string => [...list].sort().join(", ");
  const found = graphs.find((graph) => key(graph.tags) === key(tags));
  if (found !== undefined) return found;
  const known = graphs.map((graph) => `[${key(graph.tags)}]`).join(" or ");
  throw new RangeError(`Cannot load "${folder}": expected tags ${known}, got [${key(tags)}]`);
}

/** Why variables can't be loaded: what was downloaded in place of their files. */
function pointerIn(folder: string): Error | undefined {
  const place = join(folder, "variables");
  const files = existsSync(place) ? readdirSync(place).map((file) => join(place, file)) : [];
  const file = files.find((one) => kindOfFile(one) !== undefined);
  return file === undefined ? undefined : new Error(`"${file}", which is ${kindOfFile(file) ?? ""}`);
}

function theOnly({ inputs }: SavedSignature, given: tf.Tensor): Record<string, tf.Tensor> {
  const [name, ...others] = Object.keys(inputs).sort();
  if (name !== undefined && others.length === 0) return { [name]: given };
  const known = Object.keys(inputs).sort().join(", ");
  throw new TypeError(`Cannot predict: expected inputs ${known || "none"}, got one tensor without a name`);
}

function expectInputs({ inputs }: SavedSignature, given: Readonly<Record<string, tf.Tensor>>): void {
  const names = (record: object): string => Object.keys(record).sort().join(", ");
  if (names(inputs) !== names(given))
    throw new TypeError(`Cannot predict: expected inputs ${names(inputs)}, got ${names(given) || "none"}`);
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    const tensor = given[name];
    if (tensor === undefined) continue;
    const isSame =
      shape === undefined ||
      (shape.length === tensor.rank && shape.every((size, i) => size === null || size === tensor.shape[i]));
    const isText = (type: string): boolean => type === "string";
    if (isSame && isText(dtype) === isText(dataType(tensor))) continue;
    const wanted = `${dtype} [${(shape ?? []).map((size) => size ?? "?").join(", ")}]`;
    throw new TypeError(
      `Cannot predict: expected "${name}" to be ${wanted}, got ${dataType(tensor)} [${tensor.shape.join(", ")}]`,
    );
  }
}

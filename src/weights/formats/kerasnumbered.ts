/** Keras 3's files of weights, whose groups are named by the layers' classes and whose variables have numbers. */
import type { Hdf5File } from "./hdf5";
import type { KerasLayer } from "./kerasconfig";
import { KERAS_KINDS, kerasVariables } from "./kerasvariables";

/** A dataset of a Keras file, and how its entry is called. */
export interface KerasEntry {
  readonly name: string;
  /** In the HDF5 file. */
  readonly path: string;
}

/** What a Keras file has. */
export interface KerasContents {
  readonly entries: readonly KerasEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What training keeps beside a model, and the states of random generators: no weights. */
const NO_WEIGHTS =
  /^(optimizer|_?(compile_)?metrics|_?loss_tracker|seed_generator.*|_?random_seed_generator)$/;

/** More groups inside each other than any model has: they are in a circle. */
const MOST_LEVELS = 50;

/** Whether an HDF5 file is one of Keras 3's files of weights. */
export function isNumbered(file: Hdf5File): boolean {
  return [...LAYERS, "vars"].some((group) => file.kindOf(group) === "group");
}

/** The groups of a model's layers: Keras 3's, and that of tf.keras 2.12 and 2.13. */
const LAYERS = ["layers", "_layer_checkpoint_dependencies"] as const;

/**
 * The variables in a file of Keras 3 (.weights.h5, or model.weights.h5 of a .keras file), by the names of layers that it has; where
 * it has none, as before Keras 3.6, by config.json's; where there is neither, by the groups', which count layers by class.
 * @param layers  config.json's, by group; empty if there is none
 * @see keras 3.15.1: saving/saving_lib.py, _save_state()
 */
export function numberedEntries(file: Hdf5File, layers: ReadonlyMap<string, KerasLayer>): KerasContents {
  const found = [...variablesUnder({ file, layers }, "", [])];
  const sources = new Set(found.flatMap(({ source }) => source ?? []));
  const [model] = file.kindOf("vars") === "group" ? file.textsOf("vars", "name") : [];
  return {
    entries: distinct(found),
    metadata: { ...(model === undefined ? {} : { model }), layer_names: [...sources].sort().join(", ") },
  };
}

/** Where names of layers come from. */
type Source = "file" | "config.json" | "groups";

interface Found extends KerasEntry {
  /** Undefined for the model's own variables. */
  readonly source: Source | undefined;
}

interface Given {
  readonly file: Hdf5File;
  readonly layers: ReadonlyMap<string, KerasLayer>;
}

/**
 * The variables of a group and of those inside.
 * @param path   "layers/conv2d_1", or "" of the root
 * @param scope  the names of the layers on the way to it
 */
function* variablesUnder(given: Given, path: string, scope: readonly string[]): Generator<Found> {
  const { file, layers } = given;
  if (path.split("/").length > MOST_LEVELS)
    throw new Error(`Cannot list "${path}": expected groups inside each other, got a circle`);
  const names = inOrder(file.namesIn(path), path, layers);
  const isLayer = path !== "" && names.includes("vars");
  const layer = layers.get(LAYERS.reduce((known, group) => known.replaceAll(group, "layers"), path));
  const [written] = isLayer ? file.textsOf(`${path}/vars`, "name") : [];
  const group = path.slice(path.lastIndexOf("/") + 1);
  const inside = isLayer ? [...scope, written ?? layer?.name ?? group] : scope;
  const source = !isLayer ? undefined : written !== undefined ? "file" : layer ? "config.json" : "groups";
  for (const name of names) {
    const inner = path === "" ? name : `${path}/${name}`;
    if (NO_WEIGHTS.test(name)) continue;
    const kind = file.kindOf(inner);
    if (kind === "link") throw new Error(`Cannot list "${inner}": expected a group, got a link`);
    if (kind !== "group") continue;
    if (name !== "vars") yield* variablesUnder(given, inner, inside);
    else
      for (const [variable, own] of variablesIn(
        file,
        inner,
        layer?.kind ?? kindOfLayer(group, written),
        layer,
      ))
        yield { name: [...inside, variable].join("/"), path: own, source };
  }
}

/** The names in a group as the model has its layers: by config.json, or else by their numbers, which HDF5 sorts as texts. */
function inOrder(names: readonly string[], path: string, layers: Given["layers"]): string[] {
  const known = [...layers.keys()];
  const places = new Map(names.map((name) => [name, known.indexOf(`${path}/${name}`)]));
  const place = (name: string): number => places.get(name) ?? -1;
  return [...names].sort((a, b) => place(a) - place(b) || BY_NUMBER.compare(a, b));
}

const BY_NUMBER = new Intl.Collator("en", { numeric: true });

/** The class of a layer, by its group or else by its name, less the number of those before it. */
function kindOfLayer(group: string, name = ""): string {
  const [kind = ""] = [group, name]
    .map((one) => one.replace(/_\d+$/, ""))
    .filter((one) => KERAS_KINDS.has(one));
  return kind;
}

/** A layer's own variables and their datasets. */
function variablesIn(file: Hdf5File, group: string, kind: string, layer?: KerasLayer): [string, string][] {
  const numbers = file.namesIn(group).sort((a, b) => Number(a) - Number(b));
  const names = kerasVariables(kind, numbers.length, layer?.options);
  return numbers.map((number, i) => [names[i] ?? number, `${group}/${number}`]);
}

/** Entries with names of their own: layers that are not in one list may have one name, and are then called by their groups. */
function distinct(entries: readonly Found[]): KerasEntry[] {
  const counts = new Map<string, number>();
  for (const { name } of entries) counts.set(name, (counts.get(name) ?? 0) + 1);
  return entries.map(({ name, path }) => ({ name: counts.get(name) === 1 ? name : path, path }));
}

/** Keras' older HDF5 files, whose attributes list layers and the names of their weights. */
import type { Hdf5File } from "./hdf5";
import { namesInKeras3 } from "./kerasformer";
import type { KerasContents, KerasEntry } from "./kerasnumbered";

/** Where a file has its layers: whole models' in a group, weights alone at the root. */
function rootOf(file: Hdf5File): string {
  return file.kindOf("model_weights") === "group" ? "model_weights" : "";
}

/** Whether an HDF5 file is one of Keras' older ones. */
export function isLegacy(file: Hdf5File): boolean {
  return textsInParts(file, rootOf(file), "layer_names").length > 0;
}

/**
 * The weights in an older file, as Keras 1, 2 and 3 write it by save("….h5") and Keras 1 and 2 by save_weights("….h5").
 * @throws {Error} if a weight that it lists is not there
 * @see keras 3.15.1: legacy/saving/legacy_h5_format.py, save_weights_to_hdf5_group()
 */
export function legacyEntries(file: Hdf5File): KerasContents {
  const root = rootOf(file);
  const layers = textsInParts(file, root, "layer_names");
  const rename = namesInKeras3(layers);
  const entries = [...layers, TOP].flatMap((layer) => {
    const group = root === "" ? layer : `${root}/${layer}`;
    return file.kindOf(group) === "group" ? entriesOf(file, group, layer, rename(layer)) : [];
  });
  return { entries, metadata: { layer_names: "file" } };
}

/** A model's own weights, beside its layers'. */
const TOP = "top_level_model_weights";

function entriesOf(file: Hdf5File, group: string, layer: string, called: string): KerasEntry[] {
  const weights = textsInParts(file, group, "weight_names");
  const names = weights.map((weight) =>
    layer === TOP ? withoutNumber(weight) : `${called}/${nameOf(layer, weight)}`,
  );
  const isSeparable = names.includes(`${called}/pointwise_kernel`);
  return weights.map((weight, i) => {
    const name = names[i] ?? weight;
    return { name: isSeparable ? name : asKeras3(name), path: `${group}/${weight}` };
  });
}

/** A list of texts; a long one is in several attributes, with numbers. */
function textsInParts(file: Hdf5File, path: string, attribute: string): string[] {
  const texts = file.textsOf(path, attribute);
  for (let part = 0; ; part++) {
    const more = file.textsOf(path, `${attribute}${part}`);
    if (more.length === 0) return texts;
    texts.push(...more);
  }
}

/** "kernel:0", as TensorFlow calls the first output of a variable. */
const withoutNumber = (weight: string): string => weight.replace(/:0$/, "");

/**
 * The name of a layer's weight in the layer: what comes before the layer's own name is left out ("conv1/kernel:0", and
 * "conv1_1/kernel:0" of the second model in a process, are "kernel"); what comes after is the way through a model in the model.
 */
function nameOf(layer: string, weight: string): string {
  const whole = `/${withoutNumber(weight)}`;
  const slashes = [...whole.matchAll(/\//g)].map(({ index }) => index);
  const own = slashes.findLast((end) => isScopeOf(layer, whole.slice(0, end))) ?? 0;
  const parts = whole.slice(own + 1).split("/");
  return [...parts.slice(0, -1), keras1Name(layer, parts.at(-1) ?? "")].join("/");
}

function isScopeOf(layer: string, scope: string): boolean {
  return [scope, scope.replace(/_\d+$/, "")].some((one) => one.endsWith(`/${layer}`));
}

/** Keras 1 has the layer's name before a letter: "block1_conv1_W_1:0", "block1_conv1_b_1:0". */
function keras1Name(layer: string, variable: string): string {
  if (!variable.startsWith(`${layer}_`)) return variable;
  const short = variable.slice(layer.length + 1).replace(/_\d+$/, "");
  return KERAS_1[short] ?? variable;
}

/** @see keras 1.2.2: layers/convolutional.py, core.py, normalization.py, whose running_std is a variance */
const KERAS_1: Readonly<Record<string, string>> = {
  W: "kernel",
  b: "bias",
  gamma: "gamma",
  beta: "beta",
  running_mean: "moving_mean",
  running_std: "moving_variance",
};

/** What Keras 3 calls otherwise: the kernel of a depthwise convolution, and the factor of ConvNeXt's LayerScale. */
function asKeras3(name: string): string {
  return name
    .replace(/\/depthwise_kernel$/, "/kernel")
    .replace(/(layer_scale[^/]*)\/variable(_\d+)?$/i, "$1/gamma");
}

/** Keras' older HDF5 files, whose attributes list layers and the names of their weights. */
import type { Hdf5File } from "./hdf5";
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
  const layers = [...textsInParts(file, root, "layer_names"), "top_level_model_weights"];
  const entries = layers.flatMap((layer) => {
    const group = root === "" ? layer : `${root}/${layer}`;
    return file.kindOf(group) === "group" ? entriesOf(file, group, layer) : [];
  });
  return { entries, metadata: { layer_names: "file" } };
}

function entriesOf(file: Hdf5File, group: string, layer: string): KerasEntry[] {
  const weights = textsInParts(file, group, "weight_names");
  const isTop = layer === "top_level_model_weights";
  const names = weights.map((weight) => (isTop ? withoutNumber(weight) : nameOf(layer, weight)));
  const plain = names.includes(`${layer}/pointwise_kernel`) ? names : names.map(asKeras3);
  return weights.map((weight, i) => ({ name: plain[i] ?? weight, path: `${group}/${weight}` }));
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
 * The name of a layer's weight: what comes before the layer's own name is left out ("conv1/kernel:0", and "conv1_1/kernel:0" of the
 * second model in a process, are "conv1/kernel"); what comes after is the way through a model in the model.
 */
function nameOf(layer: string, weight: string): string {
  const parts = withoutNumber(weight).split("/");
  const own = parts.slice(0, -1).findLastIndex((part) => part === layer || isAgain(part, layer));
  const inner = parts.slice(own + 1);
  const variable = inner.pop() ?? "";
  return [layer, ...inner, keras1Name(layer, variable)].join("/");
}

const isAgain = (part: string, layer: string): boolean =>
  part.startsWith(`${layer}_`) && /^\d+$/.test(part.slice(layer.length + 1));

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

/** Where others keep the variables of ConvNeXt-T. */
import type { Layout } from "./layout";
import { HEAD, kerasEntries, partsOf, torchEntries, type NamesLayers, type WeightsMapping } from "./mapping";

const NAME = "convnext_tiny";

/** A scope of ours taken apart: its block and unit, counted from 0, and the layer. */
interface Place {
  readonly block: number;
  /** undefined: of the layer that makes the block's images smaller. */
  readonly unit: number | undefined;
  /** "depthwise", "LayerNorm", "expand", "project", "layer_scale"; "downsample", "downsample/LayerNorm" */
  readonly layer: string;
}

function placeOf(scope: string): Place | undefined {
  const found = /\/block(?<block>\d)\/(?:unit_(?<unit>\d+)\/)?(?<layer>.+)$/.exec(scope)?.groups;
  if (found === undefined) return undefined;
  const { block, unit, layer = "" } = found;
  return { block: Number(block) - 1, unit: unit === undefined ? undefined : Number(unit) - 1, layer };
}

/** A layer's name for its weights and, of a normalization, for its factors. */
const both = (name: string | undefined) => (name === undefined ? undefined : { layer: name, norm: name });

/** @see torchvision/models/convnext.py (0.28): features 0, 2, 4 and 6 make images smaller, 1, 3, 5 and 7 are the blocks */
const torchvisionLayers: NamesLayers = (scope) => {
  const ends: Readonly<Record<string, string>> = {
    [HEAD]: "classifier.2",
    [`${NAME}/stem`]: "features.0.0",
    [`${NAME}/stem/LayerNorm`]: "features.0.1",
    [`${NAME}/head/LayerNorm`]: "classifier.0",
  };
  const place = placeOf(scope);
  if (place === undefined) return both(ends[scope]);
  const { block, unit, layer } = place;
  if (unit === undefined) return both(`features.${2 * block}.${layer === "downsample" ? 1 : 0}`);
  const at = `features.${2 * block + 1}.${unit}`;
  if (layer === "layer_scale") return { norm: at };
  const places: Readonly<Record<string, number>> = { depthwise: 0, LayerNorm: 2, expand: 3, project: 5 };
  return both(`${at}.block.${places[layer]}`);
};

/** @see timm/models/convnext.py (1.0.31) */
const timmLayers: NamesLayers = (scope) => {
  const ends: Readonly<Record<string, string>> = {
    [HEAD]: "head.fc",
    [`${NAME}/stem`]: "stem.0",
    [`${NAME}/stem/LayerNorm`]: "stem.1",
    [`${NAME}/head/LayerNorm`]: "head.norm",
  };
  const place = placeOf(scope);
  if (place === undefined) return both(ends[scope]);
  const { block, unit, layer } = place;
  if (unit === undefined) return both(`stages.${block}.downsample.${layer === "downsample" ? 1 : 0}`);
  const at = `stages.${block}.blocks.${unit}`;
  if (layer === "layer_scale") return { norm: at };
  const names: Readonly<Record<string, string>> = { depthwise: "conv_dw", LayerNorm: "norm", expand: "mlp.fc1", project: "mlp.fc2" }; // prettier-ignore
  return both(`${at}.${names[layer]}`);
};

/** torch's entries, but matrices in place of convolutions of one pixel, and a number by channel in place of a layer. */
function torchLike(names: NamesLayers, scale: { readonly end: string; readonly layout: Layout }): WeightsMapping["entryOf"] {
  const entryOf = torchEntries(names);
  return (variable) => {
    const { scope, kind } = partsOf(variable);
    if (scope.endsWith("/layer_scale")) return { entry: `${names(scope)?.norm}.${scale.end}`, layout: scale.layout };
    const mapped = entryOf(variable);
    const isMatrix = kind === "weights" && /\/(expand|project)$/.test(scope);
    return mapped !== undefined && isMatrix ? { ...mapped, layout: "linear" } : mapped;
  };
} // prettier-ignore

/** Keras' names of layers; its stem and its downsampling are models within the model. @see keras/src/applications/convnext.py (3.15) */
const kerasLayers: NamesLayers = (scope) => {
  const ends: Readonly<Record<string, string>> = {
    [HEAD]: "head_dense",
    [`${NAME}/stem`]: `stem/${NAME}_stem_conv`,
    [`${NAME}/stem/LayerNorm`]: `stem/${NAME}_stem_layernorm`,
    [`${NAME}/head/LayerNorm`]: "head_layernorm",
  };
  const place = placeOf(scope);
  if (place === undefined) return ends[scope] === undefined ? undefined : both(`${NAME}_${ends[scope]}`);
  const { block, unit, layer } = place;
  const kind = layer === "downsample" ? "conv" : "layernorm";
  if (unit === undefined)
    return both(`${NAME}_downsampling_block_${block - 1}/${NAME}_downsampling_${kind}_${block - 1}`);
  const names: Readonly<Record<string, string>> = { depthwise: "depthwise_conv", LayerNorm: "layernorm", expand: "pointwise_conv_1", project: "pointwise_conv_2" }; // prettier-ignore
  return both(`${NAME}_stage_${block}_block_${unit}_${names[layer] ?? layer}`);
};

/** @param entries  of a file, of which Keras 2 names the layers' scales otherwise */
function kerasLike(entries: readonly string[]): WeightsMapping["entryOf"] {
  const entryOf = kerasEntries(kerasLayers);
  return (variable) => {
    const { scope, kind } = partsOf(variable);
    const mapped = entryOf(variable);
    if (mapped === undefined) return undefined;
    if (kind === "depthwise_weights") return { ...mapped, layout: "grouped" };
    if (scope.endsWith("/layer_scale")) {
      const start = mapped.entry.slice(0, mapped.entry.lastIndexOf("/") + 1);
      return { ...mapped, entry: entries.find((entry) => entry.startsWith(start)) ?? mapped.entry };
    }
    const isMatrix = kind === "weights" && /\/(expand|project)$/.test(scope);
    return isMatrix ? { ...mapped, layout: "pointwise" } : mapped;
  };
}

/** Of torchvision, timm and Keras. */
export const CONVNEXT_MAPPINGS: readonly WeightsMapping[] = [
  {
    ...{ name: `torchvision/${NAME}`, architecture: NAME, source: "torchvision" },
    entryOf: torchLike(torchvisionLayers, { end: "layer_scale", layout: "planes" }),
  },
  {
    ...{ name: `timm/${NAME}`, architecture: NAME, source: "timm" },
    entryOf: torchLike(timmLayers, { end: "gamma", layout: "same" }),
  },
  {
    ...{ name: `keras/${NAME}`, architecture: NAME, source: "keras" },
    ...{ entryOf: kerasLike([]), entriesOf: kerasLike },
  },
];

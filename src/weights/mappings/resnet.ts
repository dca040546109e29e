/** Where others keep the variables of ResNets. */
import type { Architecture } from "../../model/networks";
import {
  HEAD,
  kerasEntries,
  slimEntries,
  torchEntries,
  type NamesLayers,
  type WeightsMapping,
} from "./mapping";

type Depth = 50 | 101 | 152;

/** A scope within a network: the root, a layer of a unit, or the head. */
const UNIT =
  /\/block(?<block>\d)\/unit_(?<unit>\d+)\/(?:bottleneck|basic)_v1\/(?<layer>conv\d|shortcut|squeeze_excite\/Conv(?:_1)?)$/;

/** @see torchvision/models/resnet.py, timm/models/resnet.py */
const torchLayers: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "fc" };
  if (/^[^/]*\/conv1$/.test(scope)) return { layer: "conv1", norm: "bn1" };
  const found = UNIT.exec(scope)?.groups;
  if (found === undefined) return undefined;
  const { block = "", unit = "", layer = "" } = found;
  const at = `layer${block}.${Number(unit) - 1}`;
  if (layer === "shortcut") return { layer: `${at}.downsample.0`, norm: `${at}.downsample.1` };
  if (layer.startsWith("squeeze_excite"))
    return { layer: `${at}.se.${layer.endsWith("_1") ? "fc2" : "fc1"}` };
  return { layer: `${at}.${layer}`, norm: `${at}.${layer.replace("conv", "bn")}` };
};

/** @see keras/src/applications/resnet.py (3.15) */
const kerasLayers: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "predictions" };
  if (/^[^/]*\/conv1$/.test(scope)) return { layer: "conv1_conv", norm: "conv1_bn" };
  const found = UNIT.exec(scope)?.groups;
  if (found === undefined) return undefined;
  const { block = "", unit = "", layer = "" } = found;
  const at = `conv${Number(block) + 1}_block${unit}_${layer === "shortcut" ? 0 : layer.slice(4)}`;
  return { layer: `${at}_conv`, norm: `${at}_bn` };
};

/**
 * A layer of the second version: the root, the last normalization, or of a unit, whose normalizations stand before its convolutions.
 * @see timm/models/resnetv2.py (1.0.31)
 */
const timmLayersV2: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "head.fc" };
  const found = UNIT_V2.exec(scope)?.groups;
  if (found === undefined) return scope.endsWith("/postnorm") ? { norm: "norm" } : { layer: "stem.conv" };
  const { block = "", unit = "", layer = "" } = found;
  const at = `stages.${Number(block) - 1}.blocks.${Number(unit) - 1}`;
  if (layer === "preact") return { norm: `${at}.norm1` };
  if (layer === "shortcut") return { layer: `${at}.downsample.conv` };
  return { layer: `${at}.${layer}`, norm: `${at}.norm${Number(layer.slice(4)) + 1}` };
};

/** @see keras/src/applications/resnet.py (3.15) */
const kerasLayersV2: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "predictions" };
  const found = UNIT_V2.exec(scope)?.groups;
  if (found === undefined) return scope.endsWith("/postnorm") ? { norm: "post_bn" } : { layer: "conv1_conv" };
  const { block = "", unit = "", layer = "" } = found;
  const at = `conv${Number(block) + 1}_block${unit}`;
  if (layer === "preact") return { norm: `${at}_preact_bn` };
  const place = `${at}_${layer === "shortcut" ? 0 : layer.slice(4)}`;
  return { layer: `${place}_conv`, norm: `${place}_bn` };
};

const UNIT_V2 = /\/block(?<block>\d)\/unit_(?<unit>\d+)\/bottleneck_v2\/(?<layer>conv\d|shortcut|preact)$/;

/** Of torchvision and timm, which call them alike. */
function torchMappings(called: string, architecture: Architecture): readonly WeightsMapping[] {
  const torch = { architecture, entryOf: torchEntries(torchLayers) };
  const [ours, theirs] = [`torchvision/${called}`, `timm/${called}`];
  return [
    { name: ours, source: "torchvision", ...torch, equals: [theirs] },
    { name: theirs, source: "timm", ...torch, equals: [ours] },
  ];
}

/** Of timm alone, by its own names. Those that pool otherwise have names and shapes of another. @see timm/models/resnet.py (1.0.31) */
const TIMM = ["seresnet18", "seresnet34", "seresnet50", "seresnet101", "seresnet152", "resnetaa50", "resnetblur18", "resnetblur50"] as const; // prettier-ignore

/** Of timm alone, where TF-Slim's names, or names like those, are others. @see timm/models/resnet.py (1.0.31) */
const TIMM_DEPTHS = [["resnet26", "resnet_v1_26"], ["resnet200", "resnet_v1_200"]] as const; // prettier-ignore

function timmMapping(called: string, architecture: Architecture): WeightsMapping {
  return { name: `timm/${called}`, architecture, source: "timm", entryOf: torchEntries(torchLayers) };
}

/** Weights of timm that want other pixels than those of torchvision. @see timm 1.0.31: models/resnet.py, default_cfgs */
const OTHER_PIXELS: WeightsMapping = {
  ...timmMapping("resnet34.ra4_e3600_r224_in1k", "resnet_v1_34"),
  options: { preprocessing: "inception" },
};

function mappingsOf(depth: Depth): readonly WeightsMapping[] {
  const [first, second] = [`resnet_v1_${depth}`, `resnet_v2_${depth}`] as const;
  return [
    ...torchMappings(`resnet${depth}`, first),
    {
      ...{ name: `keras/resnet${depth}`, source: "keras", architecture: first },
      entryOf: kerasEntries(kerasLayers, { blueFirst: `${first}/conv1`, hasBiases: true }),
    },
    {
      ...{ name: `keras/resnet${depth}v2`, source: "keras", architecture: second },
      entryOf: kerasEntries(kerasLayersV2),
    },
    {
      ...{ name: `timm/resnetv2_${depth}`, source: "timm", architecture: second },
      entryOf: torchEntries(timmLayersV2, { [HEAD]: "oihw" }),
    },
  ];
}

/** TF-Slim's of both versions. */
const SLIM = ["resnet_v1_50", "resnet_v1_101", "resnet_v1_152", "resnet_v1_200", "resnet_v2_50", "resnet_v2_101", "resnet_v2_152", "resnet_v2_200"] as const; // prettier-ignore

/** Of torchvision, timm, Keras and TF-Slim. */
export const RESNET_MAPPINGS: readonly WeightsMapping[] = [
  ...torchMappings("resnet18", "resnet_v1_18"),
  ...torchMappings("resnet34", "resnet_v1_34"),
  OTHER_PIXELS,
  ...torchMappings("wide_resnet50_2", "wide_resnet50_2"),
  ...torchMappings("wide_resnet101_2", "wide_resnet101_2"),
  ...mappingsOf(50),
  ...mappingsOf(101),
  ...mappingsOf(152),
  ...TIMM_DEPTHS.map(([called, architecture]) => timmMapping(called, architecture)),
  ...TIMM.map((name) => timmMapping(name, name)),
  ...SLIM.map((architecture): WeightsMapping => ({
    ...{ name: `slim/${architecture}`, architecture, source: "slim" },
    entryOf: slimEntries(`${architecture}/logits`),
  })),
];

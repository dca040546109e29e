/** Where others keep the variables of ResNets of bottlenecks. */
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
const UNIT = /\/block(?<block>\d)\/unit_(?<unit>\d+)\/bottleneck_v1\/(?<layer>conv\d|shortcut)$/;

/** @see torchvision/models/resnet.py, timm/models/resnet.py */
const torchLayers: NamesLayers = (scope) => {
  if (scope === HEAD) return { layer: "fc" };
  if (/^[^/]*\/conv1$/.test(scope)) return { layer: "conv1", norm: "bn1" };
  const found = UNIT.exec(scope)?.groups;
  if (found === undefined) return undefined;
  const { block = "", unit = "", layer = "" } = found;
  const at = `layer${block}.${Number(unit) - 1}`;
  if (layer === "shortcut") return { layer: `${at}.downsample.0`, norm: `${at}.downsample.1` };
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

/** timm's networks of that depth with the same names and shapes, but another pooling. @see timm/models/resnet.py (1.0.31) */
const TWINS: Readonly<Partial<Record<Depth, readonly string[]>>> = {
  50: ["timm/resnetaa50", "timm/resnetblur50"],
};

function mappingsOf(depth: Depth): readonly WeightsMapping[] {
  const architecture: Architecture = `resnet_v1_${depth}`;
  const torch = { architecture, entryOf: torchEntries(torchLayers) };
  const [ours, theirs] = [`torchvision/resnet${depth}`, `timm/resnet${depth}`];
  const blueFirst = `${architecture}/conv1`;
  return [
    { name: ours, source: "torchvision", ...torch, equals: [theirs] },
    { name: theirs, source: "timm", ...torch, equals: [ours], twins: TWINS[depth] ?? [] },
    {
      ...{ name: `keras/resnet${depth}`, source: "keras", architecture },
      entryOf: kerasEntries(kerasLayers, { blueFirst, hasBiases: true }),
    },
  ];
}

/** TF-Slim's of both versions. */
const SLIM = ["resnet_v1_50", "resnet_v1_101", "resnet_v1_152", "resnet_v1_200", "resnet_v2_50", "resnet_v2_101", "resnet_v2_152", "resnet_v2_200"] as const; // prettier-ignore

/** Of torchvision, timm, Keras and TF-Slim. */
export const RESNET_MAPPINGS: readonly WeightsMapping[] = [
  ...mappingsOf(50),
  ...mappingsOf(101),
  ...mappingsOf(152),
  ...SLIM.map((architecture): WeightsMapping => ({
    ...{ name: `slim/${architecture}`, architecture, source: "slim" },
    entryOf: slimEntries(`${architecture}/logits`),
  })),
];

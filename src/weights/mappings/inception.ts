/** Where others keep the variables of Inception v3, v4 and Inception-ResNet v2: layers by their places in the order of computation. */
import { declareNetwork } from "../../model/declare";
import { specOf } from "../../model/networks";
import { INCEPTION_V3, INCEPTION_RESNET_V2, INCEPTION_V4 } from "./inceptionnames";
import {
  HEAD,
  kerasEntries,
  partsOf,
  slimEntries,
  torchEntries,
  type LayerEntries,
  type NamesLayers,
  type WeightsMapping,
} from "./mapping";

type Name = "inception_v3" | "inception_v4" | "inception_resnet_v2";

/** Scopes of a network's convolutions, in the order of their computation. */
function scopesOf(architecture: Name): readonly string[] {
  const { build, imageSize: side } = specOf(architecture);
  const network = build({ source: "slim", strides: "slim", width: 1, dropoutKeepProb: 1 });
  const { variables } = declareNetwork(network, [1, side, side, 3]);
  return variables.map(({ name }) => partsOf(name)).flatMap(({ scope, kind }) => (kind === "weights" ? scope : []));
} // prettier-ignore

/** Names for scopes, the first for the first; they are listed when they are first asked for. */
function inOrder(architecture: Name, entries: () => readonly LayerEntries[]): NamesLayers {
  let listed: ReadonlyMap<string, LayerEntries> | undefined;
  return (scope) => {
    if (listed === undefined) {
      const named = entries();
      listed = new Map(scopesOf(architecture).flatMap((one, i) => [[one, named[i] ?? {}]]));
    }
    return listed.get(scope);
  };
}

/** A convolution of torch's that is followed by a normalization, or by none as those called "conv2d". */
function torchLayer(name: string): LayerEntries {
  return name.endsWith(".conv2d") ? { layer: name } : { layer: `${name}.conv`, norm: `${name}.bn` };
}

/** Inception v3's auxiliary classifier. */
const AUX: Readonly<Record<string, LayerEntries>> = {
  "InceptionV3/AuxLogits/Conv2d_1b_1x1": torchLayer("AuxLogits.conv0"),
  "InceptionV3/AuxLogits/Conv2d_2a_5x5": torchLayer("AuxLogits.conv1"),
  "InceptionV3/AuxLogits/Conv2d_2b_1x1": { layer: "AuxLogits.fc" },
};

function torchNames(architecture: Name, head: string, names: readonly string[]): WeightsMapping["entryOf"] {
  const trunk = inOrder(architecture, () => names.map(torchLayer));
  return torchEntries((scope) => (scope === HEAD ? { layer: head } : (AUX[scope] ?? trunk(scope))), {
    "InceptionV3/AuxLogits/Conv2d_2b_1x1": "linear",
  });
}

const isAux = (entry: string): boolean => /^(Inception\w+\/)?AuxLogits[./]/.test(entry);

/** Names as Keras counts them: "conv2d", "conv2d_1" …, from the least number that there is. */
function counter(layer: string, entries: readonly string[]): () => string {
  const numbered = new RegExp(`^${layer}(?:_(\\d+))?/`);
  const numbers = entries.flatMap((entry) => {
    const found = numbered.exec(entry);
    return found === null ? [] : [Number(found[1] ?? 0)];
  });
  let next = Math.min(...numbers, Infinity);
  if (next === Infinity) next = 0;
  return () => {
    const number = next++;
    return number === 0 ? layer : `${layer}_${number}`;
  };
}

/** Keras' layers, which are counted over all networks that a program creates: these begin with the first that a file has. */
function kerasNames(architecture: Name, entries: readonly string[]): WeightsMapping["entryOf"] {
  const trunk = inOrder(architecture, () => {
    const convolution = counter("conv2d", entries);
    const norm = counter("batch_normalization", entries);
    return scopesOf(architecture).map((scope) => kerasOwn(scope) ?? { layer: convolution(), norm: norm() });
  });
  const entryOf = kerasEntries((scope) => (scope === HEAD ? { layer: "predictions" } : trunk(scope)));
  const names = new Set(entries);
  return (variable) => {
    const mapped = entryOf(variable);
    const unsure = mapped?.entry.replace(/\/beta$/, "/gamma_or_beta"); // .weights.h5 do not tell: these networks have no gamma
    return mapped !== undefined && unsure !== undefined && names.has(unsure)
      ? { ...mapped, entry: unsure }
      : mapped;
  };
}

/** Layers of Inception-ResNet v2 that have names. @see keras/src/applications/inception_resnet_v2.py (3.15) */
function kerasOwn(scope: string): LayerEntries | undefined {
  if (scope.endsWith("/Conv2d_7b_1x1")) return { layer: "conv_7b", norm: "conv_7b_bn" };
  if (scope.endsWith("/Block8/Conv2d_1x1")) return { layer: "block8_10_conv" };
  const [, block] = /\/(block\d+_\d+)\/Conv2d_1x1$/.exec(scope) ?? [];
  return block === undefined ? undefined : { layer: `${block}_conv` };
}

function kerasMapping(architecture: Name): WeightsMapping {
  return {
    ...{ name: `keras/${architecture}`, source: "keras", architecture },
    entryOf: kerasNames(architecture, []),
    entriesOf: (entries) => kerasNames(architecture, entries),
  };
}

function slimMapping(architecture: Name, logits: string, layout?: "same"): WeightsMapping {
  return {
    ...{ name: `slim/${architecture}`, source: "slim", architecture },
    isUnused: isAux,
    entryOf: slimEntries(logits, layout),
  };
}

/** torchvision's and timm's Inception v3 differ in their pixels alone: timm's of GluonCV have torch's. */
const TORCH_V3 = {
  architecture: "inception_v3",
  entryOf: torchNames("inception_v3", "fc", INCEPTION_V3),
  isUnused: isAux,
} as const;

/** Of torchvision, timm, Keras and TF-Slim. */
export const INCEPTION_MAPPINGS: readonly WeightsMapping[] = [
  { name: "torchvision/inception_v3", source: "torchvision", ...TORCH_V3, equals: ["timm/inception_v3"] },
  { name: "timm/inception_v3", source: "timm", ...TORCH_V3, equals: ["torchvision/inception_v3"] },
  { name: "timm/inception_v3.gluon_in1k", source: "timm", ...TORCH_V3, options: { preprocessing: "torch" } },
  {
    ...{ name: "timm/inception_v4", source: "timm", architecture: "inception_v4" },
    entryOf: torchNames("inception_v4", "last_linear", INCEPTION_V4),
  },
  {
    ...{ name: "timm/inception_resnet_v2", source: "timm", architecture: "inception_resnet_v2" },
    entryOf: torchNames("inception_resnet_v2", "classif", INCEPTION_RESNET_V2),
  },
  kerasMapping("inception_v3"),
  kerasMapping("inception_resnet_v2"),
  slimMapping("inception_v3", "InceptionV3/Logits/Conv2d_1c_1x1"),
  slimMapping("inception_v4", "InceptionV4/Logits/Logits", "same"),
  slimMapping("inception_resnet_v2", "InceptionResnetV2/Logits/Logits", "same"),
];

/** Where others keep the variables of MobileNets. */
import { MOBILENET_V1 } from "../../model/networks/mobilenetv1";
import { MOBILENET_V2 } from "../../model/networks/mobilenetv2";
import { MOBILENET_V3 } from "../../model/networks/mobilenetv3";
import {
  HEAD,
  kerasEntries,
  slimEntries,
  torchEntries,
  type NamesLayers,
  type WeightsMapping,
} from "./mapping";

type Version = "v1" | "v2" | "large" | "small";

/** Of each block its output channels, and whether it has a squeeze and excitation. */
const BLOCKS: Readonly<Record<Version, readonly { readonly depth: number; readonly isGated: boolean }[]>> = {
  v1: MOBILENET_V1.map(([depth]) => ({ depth, isGated: false })),
  v2: MOBILENET_V2.map(({ depth }) => ({ depth, isGated: false })),
  large: MOBILENET_V3.large.map(([, , depth, squeeze]) => ({ depth, isGated: squeeze === "squeeze" })),
  small: MOBILENET_V3.small.map(([, , depth, squeeze]) => ({ depth, isGated: squeeze === "squeeze" })),
};

/** A layer's place: a block, from 0, and a part of it; or one beside all blocks. */
interface Place {
  readonly block?: number;
  /** "expand", "depthwise", "squeeze_excite/Conv", "project"; of MobileNet "depthwise", "pointwise"; beside blocks "Conv", "Conv_1" … */
  readonly part: string;
}

const BLOCK = /\/expanded_conv(?:_(?<after>\d+))?\/(?<part>.+)$|\/Conv2d_(?<number>\d+)_(?<own>\w+)$/;

function placeOf(scope: string): Place {
  const { after = "0", part, number, own } = BLOCK.exec(scope)?.groups ?? {};
  if (part !== undefined) return { block: Number(after), part };
  if (number !== undefined && own !== undefined) return { block: Number(number) - 1, part: own };
  return { part: scope.slice(scope.indexOf("/") + 1) };
}

/** Scopes beside all blocks, by their names in TF-Slim. */
type Beside = Readonly<Record<string, ReturnType<NamesLayers>>>;

/** Names by the places of layers. */
function byPlace(
  beside: Beside,
  inBlock: (block: number, part: string) => ReturnType<NamesLayers>,
): NamesLayers {
  return (scope) => {
    const { block, part } = scope === HEAD ? { part: HEAD } : placeOf(scope);
    return block === undefined ? beside[part] : inBlock(block, part);
  };
}

/** @see torchvision/models/mobilenetv2.py, mobilenetv3.py (0.28) */
function torchvisionLayers(version: "v2" | "large" | "small"): NamesLayers {
  const blocks = BLOCKS[version];
  const pair = (at: string) => ({ layer: `${at}.0`, norm: `${at}.1` });
  const [inner, dense] = version === "v2" ? ["conv", "classifier.1"] : ["block", "classifier.3"];
  const beside = {
    Conv: pair("features.0"),
    Conv_1: pair(`features.${blocks.length + 1}`),
    Conv_2: { layer: "classifier.0" },
    [HEAD]: { layer: dense },
  };
  return byPlace(beside, (block, part) => {
    const at = `features.${block + 1}.${inner}`;
    const depthwise = block === 0 ? 0 : 1;
    const project = depthwise + (blocks[block]?.isGated === true ? 2 : 1);
    switch (part) {
      case "expand":
        return pair(`${at}.0`);
      case "depthwise":
        return pair(`${at}.${depthwise}`);
      case "squeeze_excite/Conv":
        return { layer: `${at}.${depthwise + 1}.fc1` };
      case "squeeze_excite/Conv_1":
        return { layer: `${at}.${depthwise + 1}.fc2` };
      default:
        return version === "v2"
          ? { layer: `${at}.${project}`, norm: `${at}.${project + 1}` }
          : pair(`${at}.${project}`);
    }
  });
}

/** @see timm/models/mobilenetv3.py, efficientnet.py (1.0.31): a stage ends where the channels change */
function timmLayers(version: Version): NamesLayers {
  const places: string[] = [];
  let [stage, inStage] = [-1, 0];
  for (const [i, { depth }] of BLOCKS[version].entries()) {
    [stage, inStage] = depth === BLOCKS[version][i - 1]?.depth ? [stage, inStage + 1] : [stage + 1, 0];
    places.push(`blocks.${stage}.${inStage}`);
  }
  const last =
    version === "v2"
      ? { Conv_1: { layer: "conv_head", norm: "bn2" } }
      : { Conv_1: { layer: `blocks.${stage + 1}.0.conv`, norm: `blocks.${stage + 1}.0.bn1` } };
  const root = { layer: "conv_stem", norm: "bn1" };
  const beside = {
    Conv: root,
    Conv2d_0: root,
    ...last,
    Conv_2: { layer: "conv_head" },
    [HEAD]: { layer: "classifier" },
  };
  return byPlace(beside, (block, part) => {
    const at = places[block] ?? "";
    const isSeparable = version === "v1" || block === 0;
    const [depthwise, [pointwise, behind]] = isSeparable
      ? ["bn1", ["conv_pw", "bn2"]]
      : ["bn2", ["conv_pwl", "bn3"]];
    switch (part) {
      case "expand":
        return { layer: `${at}.conv_pw`, norm: `${at}.bn1` };
      case "depthwise":
        return { layer: `${at}.conv_dw`, norm: `${at}.${depthwise}` };
      case "squeeze_excite/Conv":
        return { layer: `${at}.se.conv_reduce` };
      case "squeeze_excite/Conv_1":
        return { layer: `${at}.se.conv_expand` };
      default:
        return { layer: `${at}.${pointwise}`, norm: `${at}.${behind}` };
    }
  });
}

/** @see keras/src/applications/mobilenet.py, mobilenet_v2.py, mobilenet_v3.py (3.15) */
function kerasLayers(version: Version): NamesLayers {
  const pair = (layer: string, end = "_bn") => ({ layer, norm: `${layer}${end}` });
  if (version === "v1")
    return byPlace({ Conv2d_0: pair("conv1"), [HEAD]: { layer: "conv_preds" } }, (block, part) =>
      pair(`conv_${part === "depthwise" ? "dw" : "pw"}_${block + 1}`),
    );
  if (version === "v2") {
    const root = { layer: "Conv1", norm: "bn_Conv1" };
    const beside = { Conv: root, Conv_1: pair("Conv_1"), [HEAD]: { layer: "predictions" } };
    return byPlace(beside, (block, part) =>
      pair(`${block === 0 ? "expanded_conv" : `block_${block}`}_${part}`, "_BN"),
    );
  }
  const beside = {
    Conv: pair("conv"),
    Conv_1: pair("conv_1"),
    Conv_2: { layer: "conv_2" },
    [HEAD]: { layer: "logits" },
  };
  return byPlace(beside, (block, part) =>
    pair(`expanded_conv${block === 0 ? "" : `_${block}`}_${part.toLowerCase().replace("/", "_")}`),
  );
}

/** What a version is called here, at its own width. */
const NETWORKS = {
  v1: "mobilenet_v1",
  v2: "mobilenet_v2",
  large: "mobilenet_v3_large",
  small: "mobilenet_v3_small",
} as const;

const slim = (architecture: WeightsMapping["architecture"], logits: string): WeightsMapping => ({
  ...{ name: `slim/${architecture}`, architecture, source: "slim" },
  entryOf: slimEntries(logits),
});

const torchvision = (version: "v2" | "large" | "small"): WeightsMapping => ({
  ...{ name: `torchvision/${NETWORKS[version]}`, architecture: NETWORKS[version], source: "torchvision" },
  entryOf: torchEntries(torchvisionLayers(version), { "MobilenetV3/Conv_2": "linear" }),
});

const timm = (name: string, version: Version, more: Partial<WeightsMapping> = {}): WeightsMapping => ({
  ...{ name: `timm/${name}`, architecture: NETWORKS[version], source: "timm", ...more },
  entryOf: torchEntries(timmLayers(version)),
});

/** Keras' heads of v1 and v3 are convolutions. */
const keras = (name: string, version: Version, more: Partial<WeightsMapping> = {}): WeightsMapping => ({
  ...{ name: `keras/${name}`, architecture: NETWORKS[version], source: "keras", ...more },
  entryOf: kerasEntries(kerasLayers(version), version === "v2" ? {} : { layouts: { [HEAD]: "pointwise" } }),
});

/** timm's own, and its other of TensorFlow's weights, which under the same names and shapes has Keras' paddings, epsilon and pixels. */
const timmTwins = (name: string, version: Version): readonly WeightsMapping[] => [
  timm(name, version),
  timm(`tf_${name}`, version, { source: "keras" }),
];

/** Weights that want other pixels; those in 0…1 no network here does. @see timm/models/mobilenetv3.py (1.0.31), default_cfgs */
const OTHER_PIXELS: readonly WeightsMapping[] = [
  timm("mobilenetv3_large_100.ra4_e3600_r224_in1k", "large", {
    options: { preprocessing: "inception" },
    twins: ["in21k_ft_in1k", "in21k"].map((tag) => `timm/mobilenetv3_large_100.miil_${tag}`),
  }),
];

/** Of torchvision, timm, Keras and TF-Slim. */
export const MOBILENET_MAPPINGS: readonly WeightsMapping[] = [
  ...(["mobilenet_v1", "mobilenet_v1_075", "mobilenet_v1_050", "mobilenet_v1_025"] as const).map((name) =>
    slim(name, "MobilenetV1/Logits/Conv2d_1c_1x1"),
  ),
  ...(["mobilenet_v2", "mobilenet_v2_140", "mobilenet_v2_035"] as const).map((name) =>
    slim(name, "MobilenetV2/Logits/Conv2d_1c_1x1"),
  ),
  ...(["mobilenet_v3_large", "mobilenet_v3_small"] as const).map((name) =>
    slim(name, "MobilenetV3/Logits/Conv2d_1c_1x1"),
  ),
  ...(["v2", "large", "small"] as const).map(torchvision),
  timm("mobilenetv1_100", "v1"),
  timm("mobilenetv2_100", "v2"),
  timm("mobilenetv2_140", "v2", { architecture: "mobilenet_v2_140" }),
  timm("mobilenetv2_035", "v2", { architecture: "mobilenet_v2_035" }),
  timm("mobilenetv2_050", "v2", { options: { width: 0.5 } }),
  timm("mobilenetv2_075", "v2", { options: { width: 0.75 } }),
  ...timmTwins("mobilenetv3_large_100", "large"),
  ...OTHER_PIXELS,
  ...timmTwins("mobilenetv3_small_100", "small"),
  keras("mobilenet", "v1"),
  keras("mobilenet_075", "v1", { architecture: "mobilenet_v1_075" }),
  keras("mobilenet_050", "v1", { architecture: "mobilenet_v1_050" }),
  keras("mobilenet_025", "v1", { architecture: "mobilenet_v1_025" }),
  keras("mobilenet_v2", "v2"),
  keras("mobilenet_v2_140", "v2", { architecture: "mobilenet_v2_140" }),
  keras("mobilenet_v2_035", "v2", { architecture: "mobilenet_v2_035" }),
  keras("mobilenet_v3_large", "large"),
  keras("mobilenet_v3_small", "small"),
];

/** Where others keep the variables of EfficientNets. */
import type { Preprocessing } from "../../model/normalization";
import {
  HEAD,
  kerasEntries,
  torchEntries,
  type LayerEntries,
  type NamesLayers,
  type WeightsMapping,
} from "./mapping";

type Variant = 0 | 1 | 2 | 3;

/** A layer of a unit. */
interface Place {
  readonly block: number;
  readonly unit: number;
  /** "expand", "depthwise", "squeeze_excite/Conv", "squeeze_excite/Conv_1" or "project" */
  readonly layer: string;
}

const UNIT = /^[^/]+\/block(?<block>\d)\/unit_(?<unit>\d+)\/(?<layer>.+)$/;

function placeOf(scope: string): Place | undefined {
  const { block, unit, layer = "" } = UNIT.exec(scope)?.groups ?? {};
  return block === undefined ? undefined : { block: Number(block), unit: Number(unit), layer };
}

/** The names of what is in no unit, then of what is in one. */
function layersOf(
  ends: Readonly<Record<"stem" | "head" | "logits", LayerEntries>>,
  ofUnit: (place: Place) => LayerEntries | undefined,
): NamesLayers {
  return (scope) => {
    if (scope === HEAD) return ends.logits;
    const place = placeOf(scope);
    if (place !== undefined) return ofUnit(place);
    const end = scope.slice(scope.lastIndexOf("/") + 1);
    return end === "stem" || end === "head" ? ends[end] : undefined;
  };
}

/** @see timm/models/efficientnet.py, _efficientnet_blocks.py (1.0.31): units of the first block expand nothing, and count otherwise */
const timmLayers = layersOf(
  {
    stem: { layer: "conv_stem", norm: "bn1" },
    head: { layer: "conv_head", norm: "bn2" },
    logits: { layer: "classifier" },
  },
  ({ block, unit, layer }) => {
    const at = `blocks.${block - 1}.${unit - 1}`;
    const of = (conv: string, norm: string): LayerEntries => ({
      layer: `${at}.${conv}`,
      norm: `${at}.${norm}`,
    });
    const isFirst = block === 1;
    const layers: Readonly<Record<string, LayerEntries>> = {
      expand: of("conv_pw", "bn1"),
      depthwise: of("conv_dw", isFirst ? "bn1" : "bn2"),
      "squeeze_excite/Conv": { layer: `${at}.se.conv_reduce` },
      "squeeze_excite/Conv_1": { layer: `${at}.se.conv_expand` },
      project: isFirst ? of("conv_pw", "bn2") : of("conv_pwl", "bn3"),
    };
    return layers[layer];
  },
);

/** @see torchvision/models/efficientnet.py (0.28) */
const torchvisionLayers = layersOf(
  {
    stem: { layer: "features.0.0", norm: "features.0.1" },
    head: { layer: "features.8.0", norm: "features.8.1" },
    logits: { layer: "classifier.1" },
  },
  ({ block, unit, layer }) => {
    const first = block === 1 ? 0 : 1; // units of the first block have no expansion
    const at = (place: number): string => `features.${block}.${unit - 1}.block.${place}`;
    const of = (place: number): LayerEntries => ({ layer: `${at(place)}.0`, norm: `${at(place)}.1` });
    const layers: Readonly<Record<string, LayerEntries>> = {
      expand: of(0),
      depthwise: of(first),
      "squeeze_excite/Conv": { layer: `${at(first + 1)}.fc1` },
      "squeeze_excite/Conv_1": { layer: `${at(first + 1)}.fc2` },
      project: of(first + 2),
    };
    return layers[layer];
  },
);

/** @see keras/src/applications/efficientnet.py (3.15) */
const kerasLayers = layersOf(
  {
    stem: { layer: "stem_conv", norm: "stem_bn" },
    head: { layer: "top_conv", norm: "top_bn" },
    logits: { layer: "predictions" },
  },
  ({ block, unit, layer }) => {
    const at = `block${block}${String.fromCharCode(96 + unit)}`;
    const layers: Readonly<Record<string, LayerEntries>> = {
      expand: { layer: `${at}_expand_conv`, norm: `${at}_expand_bn` },
      depthwise: { layer: `${at}_dwconv`, norm: `${at}_bn` },
      "squeeze_excite/Conv": { layer: `${at}_se_reduce` },
      "squeeze_excite/Conv_1": { layer: `${at}_se_expand` },
      project: { layer: `${at}_project_conv`, norm: `${at}_project_bn` },
    };
    return layers[layer];
  },
);

/** As Keras publishes them: its layer divides by the roots of deviations, and another by these again. */
const KERAS_PIXELS: NonNullable<WeightsMapping["fixed"]> = [
  { entry: /^normalization(_\d+)?\/mean$/, values: [0.485, 0.456, 0.406] },
  { entry: /^normalization(_\d+)?\/variance$/, values: [0.229, 0.224, 0.225] },
];

/** Weights of timm that want other pixels than those that it takes by default. @see timm 1.0.31: models/efficientnet.py */
const OTHER_PIXELS: Readonly<Partial<Record<Variant, readonly [tag: string, preprocessing: Preprocessing]>>> =
  {
    0: ["ra4_e3600_r224_in1k", "inception"],
    1: ["ft_in1k", "torch"],
  };

/** Timm's, and those that it has ported, with the paddings and epsilon of Keras: one file may be of any of them. */
function timmMappings(variant: Variant): readonly WeightsMapping[] {
  const architecture = `efficientnet_b${variant}` as const;
  const [own, ported] = [`timm/${architecture}`, `timm/tf_${architecture}`];
  const [tag, preprocessing] = OTHER_PIXELS[variant] ?? [];
  const forms: Pick<WeightsMapping, "name" | "source" | "options">[] = [
    { name: own, source: "timm" },
    { name: ported, source: "keras" },
    { name: `${ported}.ap_in1k`, source: "keras", options: { preprocessing: "inception" } },
  ];
  if (preprocessing !== undefined)
    forms.push({ name: `${own}.${tag}`, source: "timm", options: { preprocessing } });
  const entryOf = torchEntries(timmLayers);
  return forms.map((form): WeightsMapping => ({
    ...{ ...form, architecture, entryOf },
    twins: variant === 0 ? ["timm/efficientnet_blur_b0"] : [],
  }));
}

function mappingsOf(variant: Variant): readonly WeightsMapping[] {
  const architecture = `efficientnet_b${variant}` as const;
  return [
    {
      ...{ name: `torchvision/${architecture}`, architecture, source: "torchvision" },
      entryOf: torchEntries(torchvisionLayers),
    },
    ...timmMappings(variant),
    {
      ...{ name: `keras/${architecture}`, architecture, source: "keras" },
      ...{ entryOf: kerasEntries(kerasLayers), fixed: KERAS_PIXELS },
      isUnused: (entry) => /^normalization(_\d+)?\/(mean|variance|count)$/.test(entry),
    },
  ];
}

/** Of torchvision, timm and Keras. */
export const EFFICIENTNET_MAPPINGS: readonly WeightsMapping[] = ([0, 1, 2, 3] as const).flatMap(mappingsOf);

/** Where others keep the variables of AlexNet and the VGGs. */
import type { Layout } from "./layout";
import {
  HEAD,
  kerasEntries,
  slimEntries,
  torchEntries,
  type NamesLayers,
  type WeightsMapping,
} from "./mapping";

/** Convolutions of each scope. @see src/model/networks/vgg.ts */
const CONVOLUTIONS = { vgg_a: [1, 1, 2, 2, 2], vgg_16: [2, 2, 3, 3, 3], vgg_19: [2, 2, 4, 4, 4] } as const;

type VggName = keyof typeof CONVOLUTIONS;

const DEPTHS: Readonly<Record<VggName, number>> = { vgg_a: 11, vgg_16: 16, vgg_19: 19 };

/**
 * Places in torch's list of features: of each scope its convolutions, with an activation behind each, a normalization between, and a
 * pool at its end. @see torchvision/models/vgg.py, timm/models/vgg.py
 */
function featuresOf(name: VggName, isNormalized: boolean): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let place = 0;
  for (const [i, count] of CONVOLUTIONS[name].entries()) {
    for (let j = 1; j <= count; j++) {
      places.set(`conv${i + 1}/conv${i + 1}_${j}`, place);
      place += isNormalized ? 3 : 2;
    }
    place++;
  }
  return places;
}

function torchLayers(
  architecture: string,
  features: ReadonlyMap<string, number>,
  dense: Readonly<Record<string, string>>,
): NamesLayers {
  return (scope) => {
    if (scope === HEAD) return { layer: dense["fc8"] };
    const own = scope.slice(architecture.length + 1);
    const place = features.get(own);
    if (place === undefined) return { layer: dense[own] };
    return { layer: `features.${place}`, norm: `features.${place + 1}` };
  };
}

/** The fully connected layers of torchvision's and timm's. */
const TORCHVISION = { fc6: "classifier.0", fc7: "classifier.3", fc8: "classifier.6" } as const;
const TIMM = { fc6: "pre_logits.fc1", fc7: "pre_logits.fc2", fc8: "head.fc" } as const;

/**
 * Weights of the features alone, for pixels of their own, 0…1 less other means and times 255, which no network here has.
 * @see torchvision/models/vgg.py of 0.13: their classifier is filled with NaN
 */
const FEATURES = { name: "torchvision/vgg16.IMAGENET1K_FEATURES", entry: "classifier.6.bias" } as const;

function torchMappings(name: VggName, isNormalized: boolean): readonly WeightsMapping[] {
  const architecture = isNormalized ? (`${name}_bn` as const) : name;
  const called = `vgg${DEPTHS[name]}${isNormalized ? "_bn" : ""}`;
  const features = featuresOf(name, isNormalized);
  const flat = flatLayouts(architecture, "chw", "linear");
  const options = { hasBiases: isNormalized };
  return [
    {
      ...{ name: `torchvision/${called}`, source: "torchvision", architecture },
      ...(called === "vgg16" && { unfilled: FEATURES }),
      entryOf: torchEntries(torchLayers(architecture, features, TORCHVISION), flat, options),
    },
    {
      ...{ name: `timm/${called}`, source: "timm", architecture },
      entryOf: torchEntries(torchLayers(architecture, features, TIMM), {}, options),
    },
  ];
}

/** Matrices in place of our convolutions: the first of all pixels, the second of one. */
function flatLayouts(architecture: string, first: Layout, second: Layout): Readonly<Record<string, Layout>> {
  return { [`${architecture}/fc6`]: first, [`${architecture}/fc7`]: second };
}

/** @see keras/src/applications/vgg16.py, vgg19.py (3.15) */
function kerasMapping(architecture: "vgg_16" | "vgg_19"): WeightsMapping {
  const names: NamesLayers = (scope) => {
    if (scope === HEAD) return { layer: "predictions" };
    const own = scope.slice(architecture.length + 1);
    const [, block, convolution] = /^conv(\d)\/conv\d_(\d)$/.exec(own) ?? [];
    if (block !== undefined) return { layer: `block${block}_conv${convolution}` };
    return { layer: { fc6: "fc1", fc7: "fc2" }[own] };
  };
  const layouts = flatLayouts(architecture, "pointwise", "pointwise");
  return {
    ...{ name: `keras/${architecture.replace("_", "")}`, source: "keras", architecture },
    entryOf: kerasEntries(names, { blueFirst: `${architecture}/conv1/conv1_1`, layouts }),
  };
}

/** @see torchvision/models/alexnet.py */
const ALEXNET: WeightsMapping = {
  ...{ name: "torchvision/alexnet", source: "torchvision", architecture: "alexnet_v2" },
  entryOf: torchEntries(
    torchLayers("alexnet_v2", new Map([["conv1", 0], ["conv2", 3], ["conv3", 6], ["conv4", 8], ["conv5", 10]]), {
      fc6: "classifier.1",
      fc7: "classifier.4",
      fc8: "classifier.6",
    }),
    flatLayouts("alexnet_v2", "chw", "linear"),
  ),
}; // prettier-ignore

/** Of torchvision, timm, Keras and TF-Slim. */
export const VGG_MAPPINGS: readonly WeightsMapping[] = [
  ...(["vgg_a", "vgg_16", "vgg_19"] as const).flatMap((name) => [
    ...torchMappings(name, false),
    ...torchMappings(name, true),
  ]),
  ALEXNET,
  kerasMapping("vgg_16"),
  kerasMapping("vgg_19"),
  ...(["alexnet_v2", "vgg_a", "vgg_16", "vgg_19"] as const).map((architecture): WeightsMapping => ({
    ...{ name: `slim/${architecture}`, source: "slim", architecture },
    entryOf: slimEntries(`${architecture}/fc8`),
  })),
];

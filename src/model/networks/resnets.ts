/** The ResNets: by TF-Slim's names those that it has. */
import type { ResnetName } from "./blocks";
import { SQUASHED, type NetworkSpec, type SourceTraits } from "./network";
import { resnet } from "./resnet";

const TORCH = { preprocessing: "torch", batchNormEpsilon: 1e-5, strides: "torchvision" } as const;
const SLIM = { preprocessing: "vgg", batchNormEpsilon: 1e-5 } as const;
/**
 * As TF-Slim's checkpoints of second versions want photos, whatever preprocessing_factory.py has for them.
 * @see the notes below the table of TF-Slim's models/research/slim/README.md: Inception's preprocessing, of 299 pixels
 */
const SLIM_V2 = { ...SLIM, preprocessing: "inception", imageSize: 299, ...SQUASHED } as const;
const KERAS_EPSILON = 1.001e-5;

/** How a source's weights want photographs, where not as most of its. */
type Photos = Readonly<Partial<Record<"timm", Pick<SourceTraits, "resizeSide" | "interpolation">>>>;

/** timm's of its recipes A1 and A1h. */
const A1 = { timm: { resizeSide: 235 } };

/** What all have. */
function resnetSpec(name: ResnetName, sources: NetworkSpec["sources"]): NetworkSpec {
  return {
    imageSize: 224,
    sources,
    weightDecay: 1e-4,
    batchNormDecay: 0.997,
    dropoutKeepProb: 1,
    ...{ hasStrides: true, hasOutputStride: true },
    build: ({ strides, width, outputStride }) => resnet(name, { strides, width, outputStride }),
  };
}

/** torchvision's and timm's forms of a first version. */
function torchSources({ timm }: Photos = {}) {
  return { torchvision: TORCH, timm: { ...TORCH, ...timm } };
}

function firstVersion(name: ResnetName, photos?: Photos): NetworkSpec {
  const keras = { preprocessing: "vgg", batchNormEpsilon: KERAS_EPSILON, strides: "keras" } as const;
  return resnetSpec(name, { slim: SLIM, ...torchSources(photos), keras });
}

/**
 * keras.applications' strides as TF-Slim, but pads its root's pooling by one pixel on each side, with zeros that count; timm's has no
 * biases.
 */
function secondVersion(name: ResnetName, photos: Photos = {}): NetworkSpec {
  const timm = { ...TORCH, ...photos.timm, preprocessing: "inception" } as const;
  const keras = { preprocessing: "inception", batchNormEpsilon: KERAS_EPSILON } as const;
  const forms = {
    keras: { rootPool: { padding: 1, countsPadding: true } },
    timm: { biases: false },
  } as const;
  return {
    ...resnetSpec(name, { slim: SLIM_V2, timm, keras }),
    build: ({ source, strides, width, outputStride }) =>
      resnet(name, {
        ...{ strides, width, outputStride },
        ...(source === "keras" || source === "timm" ? forms[source] : {}),
      }),
  };
}

/** As torchvision and timm have it, whose statistics move by a tenth of the way. */
function torchVersion(name: ResnetName, photos?: Photos): NetworkSpec {
  return { ...resnetSpec(name, torchSources(photos)), batchNormDecay: 0.9 };
}

/** As timm alone has it. */
function timmVersion(name: ResnetName, photos: Photos = {}): NetworkSpec {
  return { ...torchVersion(name), sources: { timm: { ...TORCH, ...photos.timm } } };
}

/** The same of those that have no atrous form: of basic units, or that pool where others stride. */
function stridedVersion(name: ResnetName, photos?: Photos): NetworkSpec {
  return { ...timmVersion(name, photos), hasOutputStride: false };
}

/**
 * Of both versions. 14 and 26 are for small images and short trials.
 * @see tf_slim/nets/resnet_v1.py, resnet_v2.py; torchvision.models.resnet; timm.models.resnet; keras.applications.resnet_v2
 */
export const RESNETS = {
  resnet_v1_14: firstVersion("resnet_v1_14"),
  resnet_v1_18: { ...torchVersion("resnet_v1_18", A1), hasOutputStride: false },
  resnet_v1_26: firstVersion("resnet_v1_26"),
  resnet_v1_34: { ...torchVersion("resnet_v1_34", A1), hasOutputStride: false },
  resnet_v1_50: firstVersion("resnet_v1_50", A1),
  resnet_v1_101: firstVersion("resnet_v1_101", A1),
  resnet_v1_152: firstVersion("resnet_v1_152", A1),
  resnet_v1_200: firstVersion("resnet_v1_200"),
  resnet_v2_14: secondVersion("resnet_v2_14"),
  resnet_v2_26: secondVersion("resnet_v2_26"),
  resnet_v2_50: secondVersion("resnet_v2_50", A1),
  resnet_v2_101: secondVersion("resnet_v2_101", A1),
  resnet_v2_152: secondVersion("resnet_v2_152"),
  resnet_v2_200: secondVersion("resnet_v2_200"),
  wide_resnet50_2: torchVersion("wide_resnet50_2"),
  wide_resnet101_2: torchVersion("wide_resnet101_2", { timm: { interpolation: "bilinear" } }),
  seresnet18: stridedVersion("seresnet18"),
  seresnet34: stridedVersion("seresnet34"),
  seresnet50: timmVersion("seresnet50", A1),
  seresnet101: timmVersion("seresnet101"),
  seresnet152: timmVersion("seresnet152"),
  resnetaa50: stridedVersion("resnetaa50", A1),
  resnetblur18: stridedVersion("resnetblur18"),
  resnetblur50: stridedVersion("resnetblur50"),
} as const satisfies Readonly<Record<ResnetName, NetworkSpec>>;

/** The EfficientNets, by the names that all sources have for them. */
import { efficientnet, type EfficientNetScale } from "./efficientnet";
import type { Preprocessing } from "../normalization";
import type { NetworkSpec, SourceTraits } from "./network";

type Photos = Required<Pick<SourceTraits, "imageSize" | "resizeSide">> & Pick<SourceTraits, "interpolation">;

/** What distinguishes them. */
interface Variant extends EfficientNetScale {
  readonly name: string;
  /** Side of the images that Keras' weights were trained with. */
  readonly side: number;
  /** How the weights that they take by default want photographs. */
  readonly photos: Readonly<Record<"torchvision" | "timm", Photos>>;
  /** Of the weights that timm takes by default. @default "torch" */
  readonly timmPixels?: Preprocessing;
  readonly dropoutKeepProb: number;
}

function specOf({ name, side, photos, timmPixels, dropoutKeepProb, ...scale }: Variant): NetworkSpec {
  const torch = { preprocessing: "torch", batchNormEpsilon: 1e-5 } as const;
  return {
    imageSize: side,
    sources: {
      keras: { preprocessing: "torch", batchNormEpsilon: 1e-3 },
      torchvision: { ...torch, ...photos.torchvision },
      timm: { ...torch, ...photos.timm, ...(timmPixels && { preprocessing: timmPixels }) },
    },
    weightDecay: 1e-5,
    batchNormDecay: 0.99,
    dropoutKeepProb,
    build: (form) => efficientnet(name, scale, form),
  };
}

/**
 * The first four. Those that timm calls tf_efficientnet_… have the form of "keras".
 * @see Tan and Le 2019 (arXiv 1905.11946); keras.applications.efficientnet, torchvision.models.efficientnet, timm.models.efficientnet
 */
export const EFFICIENTNETS = {
  efficientnet_b0: specOf({
    ...{ name: "efficientnet_b0", width: 1, depth: 1, dropoutKeepProb: 0.8 },
    side: 224,
    photos: {
      torchvision: { imageSize: 224, resizeSide: 256, interpolation: "bicubic" },
      timm: { imageSize: 224, resizeSide: 256 },
    },
  }),
  efficientnet_b1: specOf({
    ...{ name: "efficientnet_b1", width: 1, depth: 1.1, dropoutKeepProb: 0.8 },
    side: 240,
    photos: {
      torchvision: { imageSize: 240, resizeSide: 256, interpolation: "bicubic" },
      timm: { imageSize: 240, resizeSide: 266 },
    },
    timmPixels: "inception",
  }),
  efficientnet_b2: specOf({
    ...{ name: "efficientnet_b2", width: 1.1, depth: 1.2, dropoutKeepProb: 0.7 },
    side: 260,
    photos: {
      torchvision: { imageSize: 288, resizeSide: 288, interpolation: "bicubic" },
      timm: { imageSize: 256, resizeSide: 292 },
    },
  }),
  efficientnet_b3: specOf({
    ...{ name: "efficientnet_b3", width: 1.2, depth: 1.4, dropoutKeepProb: 0.7 },
    side: 300,
    photos: {
      torchvision: { imageSize: 300, resizeSide: 320, interpolation: "bicubic" },
      timm: { imageSize: 288, resizeSide: 329 },
    },
  }),
} as const satisfies Readonly<Record<string, NetworkSpec>>;

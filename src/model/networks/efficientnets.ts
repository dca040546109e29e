/** The EfficientNets, by the names that all sources have for them. */
import { efficientnet, type EfficientNetScale } from "./efficientnet";
import type { Preprocessing } from "../normalization";
import type { NetworkSpec } from "./network";

/** What distinguishes them. */
interface Variant extends EfficientNetScale {
  readonly name: string;
  /** Sides of the images that its weights were trained with. */
  readonly sides: Readonly<Record<"keras" | "torchvision" | "timm", number>>;
  /** Of the weights that timm takes by default. @default "torch" */
  readonly timmPixels?: Preprocessing;
  readonly dropoutKeepProb: number;
}

function specOf({ name, sides, timmPixels, dropoutKeepProb, ...scale }: Variant): NetworkSpec {
  const torch = { preprocessing: "torch", batchNormEpsilon: 1e-5 } as const;
  return {
    imageSize: sides.keras,
    sources: {
      keras: { preprocessing: "torch", batchNormEpsilon: 1e-3 },
      torchvision: { ...torch, imageSize: sides.torchvision },
      timm: { ...torch, imageSize: sides.timm, ...(timmPixels && { preprocessing: timmPixels }) },
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
    sides: { keras: 224, torchvision: 224, timm: 224 },
  }),
  efficientnet_b1: specOf({
    ...{ name: "efficientnet_b1", width: 1, depth: 1.1, dropoutKeepProb: 0.8 },
    sides: { keras: 240, torchvision: 240, timm: 240 },
    timmPixels: "inception",
  }),
  efficientnet_b2: specOf({
    ...{ name: "efficientnet_b2", width: 1.1, depth: 1.2, dropoutKeepProb: 0.7 },
    sides: { keras: 260, torchvision: 288, timm: 288 },
  }),
  efficientnet_b3: specOf({
    ...{ name: "efficientnet_b3", width: 1.2, depth: 1.4, dropoutKeepProb: 0.7 },
    sides: { keras: 300, torchvision: 300, timm: 320 },
  }),
} as const satisfies Readonly<Record<string, NetworkSpec>>;

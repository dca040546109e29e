/** The MobileNets, by TF-Slim's names. */
import { mobilenetV1 } from "./mobilenetv1";
import { mobilenetV2 } from "./mobilenetv2";
import { mobilenetV3 } from "./mobilenetv3";
import { SQUASHED, type NetworkForm, type NetworkSpec } from "./network";
import type { Network } from "../part";

const TENSORFLOW = { preprocessing: "inception", batchNormEpsilon: 1e-3 } as const;
const SLIM = { ...TENSORFLOW, ...SQUASHED } as const;
const TORCH = { preprocessing: "torch", batchNormEpsilon: 1e-5 } as const;

const COMMON = { imageSize: 224, weightDecay: 4e-5 } as const;

function specV1(ownWidth: number): NetworkSpec {
  return {
    ...COMMON,
    sources: { slim: SLIM, timm: { ...TENSORFLOW, batchNormEpsilon: 1e-5 }, keras: TENSORFLOW },
    batchNormDecay: 0.9997,
    dropoutKeepProb: 0.999,
    build: scaled(mobilenetV1, ownWidth),
  };
}

function specV2(ownWidth: number): NetworkSpec {
  return {
    ...COMMON,
    sources: { slim: SLIM, torchvision: TORCH, timm: TORCH, keras: TENSORFLOW },
    batchNormDecay: 0.997,
    dropoutKeepProb: 0.8,
    build: scaled(mobilenetV2, ownWidth),
  };
}

function specV3(size: "large" | "small"): NetworkSpec {
  return {
    ...COMMON,
    sources: {
      slim: SLIM,
      torchvision: {
        preprocessing: "torch",
        batchNormEpsilon: 1e-3,
      },
      timm: TORCH,
      keras: TENSORFLOW,
    },
    batchNormDecay: 0.997,
    dropoutKeepProb: 0.8,
    build: (form) => mobilenetV3(size, form),
  };
}

/** A network whose name tells a width, which a form's width comes on top of. */
function scaled(build: (form: NetworkForm) => Network, ownWidth: number): NetworkSpec["build"] {
  return (form) => build({ ...form, width: form.width * ownWidth });
}

/**
 * Of all three versions; the number behind a name is its width in hundredths.
 * @see TF-Slim's models/research/slim/nets/mobilenet_v1.py, mobilenet/mobilenet_v2.py and mobilenet_v3.py
 */
export const MOBILENETS = {
  mobilenet_v1: specV1(1),
  mobilenet_v1_075: specV1(0.75),
  mobilenet_v1_050: specV1(0.5),
  mobilenet_v1_025: specV1(0.25),
  mobilenet_v2: specV2(1),
  mobilenet_v2_140: specV2(1.4),
  mobilenet_v2_035: specV2(0.35),
  mobilenet_v3_large: specV3("large"),
  mobilenet_v3_small: specV3("small"),
} as const satisfies Readonly<Record<string, NetworkSpec>>;

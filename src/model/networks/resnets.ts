/** The ResNets, by TF-Slim's names. */
import type { ResnetName } from "./blocks";
import type { NetworkSpec } from "./network";
import { resnet } from "./resnet";

function resnetSpec(name: ResnetName): NetworkSpec {
  const torch = { preprocessing: "torch", batchNormEpsilon: 1e-5 } as const;
  return {
    imageSize: 224,
    sources: {
      slim: { preprocessing: "vgg", batchNormEpsilon: 1e-5 },
      torchvision: torch,
      timm: torch,
      keras: { preprocessing: "vgg", batchNormEpsilon: 1.001e-5 },
    },
    weightDecay: 1e-4,
    batchNormDecay: 0.997,
    dropoutKeepProb: 1,
    hasOutputStride: true,
    build: ({ strides, width, outputStride }) => resnet(name, { strides, width, outputStride }),
  };
}

/** Of both versions. @see tf_slim/nets/resnet_v1.py, resnet_v2.py; 14 and 26 are for small images and short trials */
export const RESNETS = {
  resnet_v1_14: resnetSpec("resnet_v1_14"),
  resnet_v1_26: resnetSpec("resnet_v1_26"),
  resnet_v1_50: resnetSpec("resnet_v1_50"),
  resnet_v1_101: resnetSpec("resnet_v1_101"),
  resnet_v1_152: resnetSpec("resnet_v1_152"),
  resnet_v1_200: resnetSpec("resnet_v1_200"),
  resnet_v2_14: resnetSpec("resnet_v2_14"),
  resnet_v2_26: resnetSpec("resnet_v2_26"),
  resnet_v2_50: resnetSpec("resnet_v2_50"),
  resnet_v2_101: resnetSpec("resnet_v2_101"),
  resnet_v2_152: resnetSpec("resnet_v2_152"),
  resnet_v2_200: resnetSpec("resnet_v2_200"),
} as const satisfies Readonly<Record<ResnetName, NetworkSpec>>;

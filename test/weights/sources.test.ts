import assert from "node:assert/strict";
import { test } from "node:test";
import { MAPPINGS } from "../../src/weights/mappings";
import { everyNetwork } from "../everynetwork";
import { expectImported } from "./imported";
import { photographHashes, withoutPhotographs, withoutSource } from "./sources";

const ALL = MAPPINGS.map(({ name }) => name);

/** One of each kind. */
const SOME = [
  ...["torchvision/resnet18", "torchvision/resnet50", "keras/resnet50", "slim/resnet_v1_50"],
  ...["timm/resnetv2_50", "keras/resnet50v2", "slim/resnet_v2_50"],
  ...["timm/seresnet18", "timm/resnetaa50", "timm/resnetblur18"],
  ...["timm/mobilenetv1_100", "keras/mobilenet", "slim/mobilenet_v1_050"],
  ...["torchvision/mobilenet_v2", "timm/mobilenetv2_140", "keras/mobilenet_v2_035", "slim/mobilenet_v2"],
  ...["torchvision/mobilenet_v3_large", "timm/mobilenetv3_small_100", "timm/tf_mobilenetv3_large_100"],
  ...["keras/mobilenet_v3_small", "slim/mobilenet_v3_large"],
  ...[
    "torchvision/efficientnet_b0",
    "timm/efficientnet_b1",
    "timm/tf_efficientnet_b0",
    "keras/efficientnet_b2",
  ],
  ...["torchvision/convnext_tiny", "timm/convnext_tiny", "keras/convnext_tiny"],
  ...["torchvision/alexnet", "slim/alexnet_v2", "torchvision/vgg11", "timm/vgg11_bn", "keras/vgg16"],
  ...["torchvision/googlenet", "slim/inception_v1", "slim/inception_v2"],
  ...["torchvision/inception_v3", "keras/inception_v3", "timm/inception_v4", "timm/inception_resnet_v2"],
];

for (const source of everyNetwork(ALL, SOME)) {
  const name = `importWeights() of ${source} gives that library's logits to 1e-3, and the same first classes`;
  test(name, { skip: withoutSource(source) }, async (t) => {
    t.diagnostic(`${source} ${(await expectImported(source)).toExponential(1)}`);
  });
}

test(
  "photographs whose logits are compared have the pixels that Pillow reads",
  { skip: withoutPhotographs },
  () => {
    for (const { got, expected } of photographHashes()) assert.equal(got, expected);
  },
);

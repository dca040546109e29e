import { test } from "node:test";
import { expectImported } from "./imported";

/** Network by network: what the fixtures are named by. */
const SOURCES = [
  ...["torchvision/resnet18", "torchvision/resnet34", "torchvision/wide_resnet50_2", "timm/seresnet50"],
  ...["timm/resnetv2_50", "keras/resnet50v2"],
  ...["torchvision/efficientnet_b0", "torchvision/efficientnet_b1", "torchvision/efficientnet_b2"],
  ...[
    "torchvision/efficientnet_b3",
    "timm/efficientnet_b0",
    "timm/tf_efficientnet_b0",
    "timm/efficientnet_b1",
  ],
  ...["keras/efficientnet_b0", "keras/efficientnet_b1", "keras/efficientnet_b2", "keras/efficientnet_b3"],
  ...["torchvision/convnext_tiny", "timm/convnext_tiny", "keras/convnext_tiny"],
];

for (const source of SOURCES)
  test(`importWeights() of ${source} gives that library's logits to 1e-3, and the same first class`, async () => {
    await expectImported(source);
  });

import { test } from "node:test";
import { expectImported } from "./imported";

/** Network by network: what the fixtures are named by. */
const SOURCES = [
  ...["torchvision/resnet50", "keras/resnet50"],
  ...["torchvision/mobilenet_v2", "torchvision/mobilenet_v3_large", "torchvision/mobilenet_v3_small"],
  ...["timm/mobilenetv1_100", "timm/mobilenetv2_100", "timm/mobilenetv2_140"],
  ...["timm/mobilenetv3_large_100", "timm/mobilenetv3_small_100"],
  ...["timm/tf_mobilenetv3_large_100", "timm/tf_mobilenetv3_small_100"],
  ...["keras/mobilenet", "keras/mobilenet_v2", "keras/mobilenet_v3_large", "keras/mobilenet_v3_small"],
  ...["torchvision/inception_v3", "timm/inception_v3", "timm/inception_v4", "timm/inception_resnet_v2"],
  ...["keras/inception_v3", "keras/inception_resnet_v2"],
];

for (const source of SOURCES)
  test(`importWeights() of ${source} gives that library's logits to 1e-3, and the same first class`, async () => {
    await expectImported(source);
  });

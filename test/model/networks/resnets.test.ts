import { test } from "node:test";
import { tf } from "../../../src/tensorflow";
import type { Model } from "../../../src/model";
import { compareWithSource } from "./sourced";

for (const name of [
  "resnet_v1_18.torchvision",
  "resnet_v1_18.timm",
  "resnet_v1_34.torchvision",
  "wide_resnet50_2.torchvision",
  "wide_resnet101_2.timm",
  "seresnet50.timm",
  "resnet_v2_50.keras",
])
  test(`${name} has its source's logits and endpoints, to 1e-4, and its parameters`, () =>
    compareWithSource(name));

/** What timm's has no numbers for: its last convolutions and shortcuts have no biases. */
function clearBiases(model: Model): number {
  const extra = model.variables.all().filter(({ name }) => /bottleneck_v2\/(conv3|shortcut)\/biases$|conv1\/biases$/.test(name));
  for (const { variable } of extra) tf.tidy(() => void variable.assign(tf.zerosLike(variable)));
  return extra.reduce((sum, { variable }) => sum + variable.size, 0);
} // prettier-ignore

test("resnet_v2_50.timm has its source's logits and endpoints, to 1e-4", () =>
  compareWithSource("resnet_v2_50.timm", clearBiases));

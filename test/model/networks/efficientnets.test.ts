import { test } from "node:test";
import { compareWithSource } from "./sourced";

for (const name of [
  "efficientnet_b0.keras",
  "efficientnet_b0.torchvision",
  "efficientnet_b0.timm",
  "efficientnet_b1.keras",
  "efficientnet_b1.torchvision",
  "efficientnet_b2.keras",
  "efficientnet_b2.torchvision",
  "efficientnet_b3.keras",
  "efficientnet_b3.torchvision",
])
  test(`${name} has its source's logits and endpoints, to 1e-4, and its parameters`, () =>
    compareWithSource(name));

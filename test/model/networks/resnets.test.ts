import { test } from "node:test";
import { everyNetwork } from "../../everynetwork";
import { compareWithSource } from "./sourced";

const NAMES = [
  "resnet_v1_18.torchvision",
  "resnet_v1_18.timm",
  "resnet_v1_34.torchvision",
  "wide_resnet50_2.torchvision",
  "wide_resnet101_2.timm",
  "seresnet18.timm",
  "seresnet34.timm",
  "seresnet50.timm",
  "resnetaa50.timm",
  "resnetblur18.timm",
  "resnetblur50.timm",
  "resnet_v2_50.keras",
  "resnet_v2_50.timm",
];

for (const name of everyNetwork([...NAMES, "seresnet101.timm"], NAMES))
  test(`${name} has its source's logits and endpoints, to 1e-4, and its parameters`, () =>
    compareWithSource(name));

/** Networks beside those of torchvision, timm, keras.applications and TF-Slim: all that they have, where SLIMLAB_EVERY_NETWORK is set. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { everyNetwork } from "../../everynetwork";
import { fixturePath } from "../../fixtures";
import { compareWithSource } from "./sourced";

/** "resnet_v1_18.torchvision"; of "tf" are those that timm ported from TensorFlow. TF-Slim's Inceptions have more: see inceptions.test.ts. */
const ALL = readdirSync(fixturePath("nets"))
  .map((file) => file.replace(/\.json$/, ""))
  .filter((name) => !/^inception.*\.slim$/.test(name));

const ONE_OF_A_KIND = [
  "convnext_tiny.keras",
  "efficientnet_b0.timm",
  "mobilenet_v3_small.tf",
  "efficientnet_b1.keras",
  "inception_resnet_v2.timm",
  "inception_v1.torchvision",
  "inception_v3.torchvision",
  "inception_v3.keras",
  "mobilenet_v1.keras",
  "mobilenet_v2_035.timm",
  "mobilenet_v3_small.torchvision",
  "resnet_v1_18.torchvision",
  "resnet_v1_50.keras",
  "resnet_v2_50.keras",
  "resnet_v2_50.timm",
  "resnetaa50.timm",
  "resnetblur18.timm",
  "seresnet18.timm",
  "seresnet50.timm",
];

test("each of the networks that are compared by default has its numbers", () => {
  for (const name of ONE_OF_A_KIND) assert.ok(ALL.includes(name), name);
});

for (const name of everyNetwork(ALL, ONE_OF_A_KIND))
  test(`${name} has its source's logits and endpoints, to 1e-4, its gradients, and its parameters`, (context) => {
    const { inference, training, gradients } = compareWithSource(name);
    context.diagnostic(
      `${name}: ${[inference, training, gradients].map((far) => far.toPrecision(2)).join(", ")}`,
    );
  });

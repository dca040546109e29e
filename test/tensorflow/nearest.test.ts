import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestNames, quoteNearest } from "../../src/tensorflow";

const SCOPES = [
  "Predict",
  "Predict/logits",
  "resnet_v1_50",
  "resnet_v1_50/block1",
  "resnet_v1_50/block1/unit_1",
  "resnet_v1_50/block1/unit_2",
  "resnet_v1_50/block2",
  "resnet_v1_50/block2/unit_1",
  "resnet_v1_50/conv1",
];

for (const [wanted, nearest] of [
  ["block1", "resnet_v1_50/block1"],
  ["blok2", "resnet_v1_50/block2"],
  ["logits", "Predict/logits"],
  ["block2/unit_1", "resnet_v1_50/block2/unit_1"],
  ["resnet_v1_101/block2", "resnet_v1_50/block2"],
  ["resnet_v1_50.conv1", "resnet_v1_50/conv1"],
  ["model/resnet_v1_50/conv1", "resnet_v1_50/conv1"],
  ["predict", "Predict"],
  ["RESNET_V1_50", "resnet_v1_50"],
] as const) {
  test(`nearestNames() takes "${wanted}" for "${nearest}"`, () => {
    assert.equal(nearestNames(wanted, SCOPES)[0], nearest);
  });
}

test("quoteNearest() quotes as many as there are, at most so many, each once", () => {
  assert.equal(quoteNearest("b", ["a", "b", "b", "c"], 2), '"b", "a"');
  assert.equal(quoteNearest("b", []), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { getTrainableVariables } from "../../src/training";
import { isInScopes, parseScopes } from "../../src/model/scopes";
import { thinModel } from "./thin";

const NETWORK = "resnet_v1_50";

test("parseScopes() takes one, several, or several in one text", () => {
  assert.deepEqual(parseScopes("a/b, c/ ,"), ["a/b", "c"]);
  assert.deepEqual(parseScopes(["a/b", "c"]), ["a/b", "c"]);
  assert.deepEqual(parseScopes(), []);
});

test("isInScopes() ends a scope at a slash", () => {
  assert.ok(isInScopes("a/block1/weights", ["a/block1"]));
  assert.ok(isInScopes("a/block1", ["a/block1"]));
  assert.ok(!isInScopes("a/block10/weights", ["a/block1"]));
  assert.ok(!isInScopes("b/a/block1", ["a"]));
});

test("getTrainableVariables() gives what is trainable, in the trained scopes and not frozen", () => {
  const model = thinModel();
  const names = (options: Parameters<typeof getTrainableVariables>[1]): string[] =>
    getTrainableVariables(model, options).map(({ name }) => name);
  assert.equal(names({}).length, 161);
  assert.ok(!names({}).some((name) => name.includes("moving")));
  assert.deepEqual(names({ scopesToFreeze: NETWORK }), ["Predict/logits/weights", "Predict/logits/biases"]);
  assert.deepEqual(names({ trainableScopes: ["Predict"] }), names({ scopesToFreeze: NETWORK }));
  const scopesToFreeze = `${NETWORK}/block1,${NETWORK}/block2/unit_1`;
  assert.equal(names({ scopesToFreeze }).length, 119);
  assert.deepEqual(
    names({ trainableScopes: `${NETWORK}/conv1`, scopesToFreeze: `${NETWORK}/conv1/weights` }),
    [`${NETWORK}/conv1/BatchNorm/gamma`, `${NETWORK}/conv1/BatchNorm/beta`],
  );
  model.dispose();
});

test("getTrainableVariables() names the scopes nearest to one it does not know", () => {
  const model = thinModel();
  assert.throws(() => getTrainableVariables(model, { scopesToFreeze: "resnet_v1_50/blok1" }), {
    name: "RangeError",
    message:
      /^Cannot freeze: expected a scope of the network, such as "resnet_v1_50\/block1", .*, got "resnet_v1_50\/blok1"$/,
  });
  assert.throws(() => getTrainableVariables(model, { trainableScopes: "Predict/logit" }), {
    message:
      /^Cannot choose what to train: expected a scope of the network, such as "Predict\/logits", .*, got "Predict\/logit"$/,
  });
  model.dispose();
});

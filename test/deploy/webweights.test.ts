/** Weights of 32, 16 and 8 bits: what is stored, and what it does to answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createInputFn, exportWeb, memory, Model, openCheckpoint, preprocessForEval, tf } from "../../src";
import { shardsOf, weightOf } from "../../src/deploy/web/weights";
import { imagenetCheckpoint, sharedPath, withoutImagenet } from "../model/imagenet";
import { temporaryFolder } from "../temporary";
import { differenceFrom, plainTfjs, sent } from "./plaintfjs";

/** What tfjs reads of a weight. */
function decoded(precision: "float32" | "float16" | "uint8", tensor: tf.Tensor): tf.Tensor {
  const weight = weightOf("w", tensor, precision);
  const data = Buffer.concat([...shardsOf([weight])]);
  assert.equal(data.length, weight.size);
  const entry = { ...weight.json, shape: [...weight.json.shape] };
  return tf.io.decodeWeights(new Uint8Array(data).buffer, [entry])["w"] ?? tf.scalar(NaN);
}

const far = (one: tf.Tensor, other: tf.Tensor): number => one.sub(other).abs().max().dataSync()[0] ?? NaN;

test("stored numbers are as near as their bits allow, and 0 stays 0", () => {
  const before = memory().tensors;
  tf.tidy(() => {
    const weights = tf.randomNormal([3, 3, 3, 41], 0.1, 1, "float32", 1); // an odd number of them
    assert.equal(far(decoded("float32", weights), weights), 0);
    const half = far(decoded("float16", weights), weights);
    assert.ok(half > 0 && half <= 2 ** -11 * 4, String(half));
    const range = Number(weights.max().sub(weights.min()).dataSync()[0]);
    const byte = far(decoded("uint8", weights), weights);
    assert.ok(byte > range / 1000 && byte <= range / 255, String(byte));
    const zeros = weights.relu().equal(0).toFloat();
    assert.equal(decoded("uint8", weights.relu()).mul(zeros).abs().max().dataSync()[0], 0);
    const positive = weights.abs().add(1);
    assert.ok(far(decoded("uint8", positive), positive) <= range / 255);
    const same = tf.fill([32, 64], 0.3);
    assert.equal(far(decoded("uint8", same), same), 0);
  });
  assert.equal(memory().tensors, before);
});

test("biases, factors and what float16 can't hold stay float32; whole numbers are exact", () => {
  tf.tidy(() => {
    for (const exact of [tf.randomNormal([2048], 0, 1), tf.fill([32, 64], 1e6), tf.scalar(1e-12)])
      assert.equal(far(decoded("float16", exact), exact), 0);
    const whole = tf.tensor2d([[1, -2], [3, 2 ** 30]], [2, 2], "int32"); // prettier-ignore
    assert.equal(far(decoded("uint8", whole), whole), 0);
  });
});

test("weights of several files come back in one piece", () => {
  tf.tidy(() => {
    const weights = [0, 1, 2].map((i) => weightOf(`w${i}`, tf.fill([700, 1000], i), "float32"));
    const shards = [...shardsOf(weights)];
    assert.deepEqual(shards.map(({ length }) => length), [2 ** 22, 2 ** 22, 3 * 2_800_000 - 2 ** 23]); // prettier-ignore
    const bytes = new Uint8Array(Buffer.concat(shards));
    assert.deepEqual([...new Set(new Float32Array(bytes.buffer, 2_800_000, 700_000))], [1]);
  });
});

test(
  "ImageNet's ResNet-50 keeps its answers to flowers in float16, and most in 8 bits",
  { skip: withoutImagenet },
  async () => {
    const model = new Model({ strides: "torchvision", numClasses: 1000 });
    const checkpoint = openCheckpoint(imagenetCheckpoint());
    const names = new Set(checkpoint.variables.map(({ name }) => name));
    tf.tidy(() => {
      for (const { name, variable } of model.variables.all())
      variable.assign(checkpoint.read(names.has(name) ? name : name.replace("Predict/", "resnet_v1_50/")).reshape(variable.shape)); // prettier-ignore
    });
    checkpoint.close();
    const inputFn = createInputFn(sharedPath("records/flowers_validation_*"), { batchSize: 4, numEpochs: 1, transform: (image) => preprocessForEval(image, {}) }); // prettier-ignore
    const [{ image }, label] = await inputFn().first();
    const { probabilities } = tf.tidy(() => model.postprocess(model.predict(model.preprocess(image), { isTraining: false }))); // prettier-ignore
    const calls = [{ inputs: { images: sent(image) } }];
    for (const [weights, most, size] of [
      ["float32", 1e-4, 4],
      ["float16", 2e-3, 2],
      ["uint8", 0.25, 1],
    ] as const) {
      // prettier-ignore
      const dir = join(temporaryFolder("web"), weights);
      const { bytes } = await exportWeb(model, dir, { weights, heat: false });
      assert.ok(Math.abs(bytes / (25.5e6 * size) - 1) < 0.02);
      const [answer] = await plainTfjs({ dir, backend: "wasm", calls });
      const got = answer?.["predicted"];
      assert.ok(differenceFrom(probabilities, got) < most, weights);
      const shape: [number, number] = [got?.shape[0] ?? 0, got?.shape[1] ?? 0];
      const other = tf.tidy(() =>
        tf
          .tensor2d([...(got?.values ?? [])], shape)
          .argMax(1)
          .dataSync(),
      );
      const tops = tf.tidy(() => [...probabilities.argMax<tf.Tensor1D>(1).dataSync()]);
      const kept = tops.filter((top, i) => top === other[i]).length;
      assert.ok(kept >= (weights === "uint8" ? 3 : 4), `${weights}: ${kept} of 4`); // one flower is no class of ImageNet's
    }
    tf.dispose([image, label, probabilities]);
    model.dispose();
  },
);

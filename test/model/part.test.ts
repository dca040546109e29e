import assert from "node:assert/strict";
import { test } from "node:test";
import { type Model } from "../../src/model";
import { tf } from "../../src/tensorflow";
import { patternBatch, thinModel, valuesOf } from "../training/thin";

const forms = [
  { architecture: "resnet_v1_26" },
  { architecture: "resnet_v2_26" },
  { architecture: "resnet_v1_14", strides: "torchvision", outputStride: 8 },
  { architecture: "resnet_v1_14", strides: "keras" },
] as const;

/** The greatest difference, by the largest value. */
function distance(got: readonly number[], expected: readonly number[]): number {
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (got[i] ?? NaN)))) / scale;
}

/** Every endpoint at which a model can be cut, from the last to the first. */
function cutsOf(model: Model): string[] {
  const found: string[] = [];
  model.deepestCut(({ endpoint }) => found.push(endpoint) < 0);
  return found;
}

for (const form of forms) {
  test(`${Object.values(form).join(", ")}: from every cut on, the logits, statistics and gradients are the whole network's`, () => {
    const model = thinModel({ ...form, isTraining: true });
    const [{ image }, labels] = patternBatch("cuts");
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const images = model.preprocess(image);
      for (const endpoint of cutsOf(model)) {
        const { shape, variables } = model.cutAt(endpoint);
        const last = model.variables
          .all()
          .slice(-6)
          .filter(({ name, trainable }) => trainable && !variables.includes(name));
        const frozen = (name: string): boolean => variables.includes(name);
        const activation = model.activation(images, endpoint, { frozen });
        assert.deepEqual(activation.shape.slice(1), shape.slice(1));
        const run = (from?: string): readonly number[][] => {
          const options = { frozen, ...(from !== undefined && { from }) };
          const predict = () => model.predict(from === undefined ? images : activation, options);
          const { logits, endpoints, updates } = predict();
          if (from !== undefined)
            assert.ok(Object.keys(endpoints).every((name) => name === from || !frozen(`${name}/weights`)));
          const loss = (): tf.Scalar => model.loss(predict(), labels).loss;
          const { grads } = tf.variableGrads(
            loss,
            last.map(({ variable }) => variable),
          );
          return [logits, ...updates.map(({ value }) => value), ...Object.values(grads)].map(valuesOf);
        };
        const [whole, part] = [run(), run(endpoint)];
        assert.equal(part.length, whole.length);
        whole.forEach((values, i) => assert.ok(distance(part[i] ?? [], values) < 1e-6, endpoint));
      }
    });
    assert.equal(tf.memory().numTensors, before);
    tf.dispose([image, labels]);
    model.dispose();
  });
}

test("cuts are at the root, units, blocks and the last mean, not inside of a unit; before each are the variables it needs", () => {
  const model = thinModel({ architecture: "resnet_v1_26" });
  const cuts = cutsOf(model).map((name) => name.replace("resnet_v1_26/", "").replace("/bottleneck_v1", ""));
  const blocks = [4, 3, 2, 1].flatMap((b) => [`block${b}`, `block${b}/unit_2`, `block${b}/unit_1`]);
  assert.deepEqual(cuts, ["global_pool", ...blocks, "conv1"]);
  const { variables } = model.cutAt("resnet_v1_26/block1");
  const all = model.variables.all().map(({ name }) => name);
  assert.deepEqual(variables, all.filter((name) => /\/(conv1|block1)\/(?!.*block[2-4])/.test(name) && !/block[2-4]/.test(name))); // prettier-ignore
  assert.deepEqual(model.cutAt("global_pool").variables, all.slice(0, -2));
  assert.deepEqual(model.cutAt("global_pool").shape, [1, 1, 1, 128]);
  model.dispose();
});

for (const architecture of ["resnet_v1_50", "resnet_v2_50"] as const)
  test(`${architecture} holds no endpoint that is not to be kept, and gives the same with them`, () => {
    const model = thinModel({ architecture });
    const asked = `${architecture}/block2/unit_1/bottleneck_v${architecture.at(8)}/conv2`;
    tf.tidy(() => {
      const images = model.preprocess(patternBatch("held")[0].image);
      const held: number[] = [];
      const onEndpoint = (name: string, x: tf.Tensor4D): tf.Tensor4D => {
        if (/unit_2\/bottleneck_v\d$/.test(name)) held.push(tf.memory().numTensors); // the second of each block is like the others
        return x;
      };
      const all = model.predict(images, { isTraining: false });
      const run = { isTraining: false, onEndpoint, keepEndpoint: (name: string) => name === asked };
      const { logits, endpoints } = model.predict(images, run);
      assert.deepEqual(Object.keys(endpoints), [asked]);
      assert.deepEqual(endpoints[asked]?.dataSync(), all.endpoints[asked]?.dataSync());
      assert.deepEqual(logits.dataSync(), all.logits.dataSync());
      const [first = 0, ...later] = held;
      assert.equal(later.length, 3);
      // A unit leaves its result behind, until the network has come to its end, and the one endpoint.
      const units = [3, 3 + 4, 3 + 4 + 6];
      later.forEach((count, i) => {
        const added = count - first;
        assert.ok(added <= 1 + (units[i] ?? 0), `${added} tensors more after ${units[i]} units`);
      });
    });
    model.dispose();
  });

test("a network can't be cut inside of a unit, at no endpoint, or begin with another's activation", () => {
  const model = thinModel();
  const unit = "resnet_v1_50/block1/unit_1/bottleneck_v1";
  assert.throws(() => model.cutAt(`${unit}/conv1`), {
    name: "RangeError",
    message: `Cannot cut the network at "${unit}/conv1": expected an endpoint from which alone all later layers take, got one beside which others go on, as inside of a residual unit; take the unit's or the block's`,
  });
  assert.throws(
    () => model.cutAt("block3"),
    /expected an endpoint of it, such as "resnet_v1_50\/block3", .*got "block3"/,
  );
  tf.tidy(() => {
    const wrong = tf.zeros<tf.Rank.R4>([1, 2, 2, 7]);
    assert.throws(() => model.predict(wrong, { from: "resnet_v1_50/block3" }), {
      name: "TypeError",
      message:
        'Cannot predict: expected [batch, height, width, 64] of "resnet_v1_50/block3", got [1, 2, 2, 7]',
    });
  });
  model.dispose();
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, random, tf, trace } from "../../src/tensorflow";
import { Model, type ModelOptions } from "../../src/model";
import { patternBatch, patternModel, readNumerics } from "./patterned";

const thin = (options: ModelOptions = {}): Model =>
  new Model({ width: 1 / 16, defaultImageSize: 32, fixedResizeSide: 40, numClasses: 3, ...options });
const images = (): tf.Tensor4D =>
  tf.tidy(() => random.uniform([4, 32, 32, 3], random.seed(9), -120, 120).as4D(4, 32, 32, 3));

for (const name of ["resnet_v1_50", "resnet_v2_50"]) {
  test(`Model of ${name} has TF-Slim's losses and accuracy in both modes, and regularizes the same weights`, () => {
    const fixture = readNumerics(name);
    const model = patternModel(fixture);
    const regularized = model.variables.all().filter(({ weightDecay }) => weightDecay === 1e-4);
    assert.deepEqual(
      regularized.map((variable) => variable.name),
      fixture.regularized,
    );
    for (const mode of ["inference", "training"] as const) {
      tf.tidy(() => {
        const labels = tf.tensor1d([...fixture.labels], "int32");
        const batch = patternBatch(fixture.images.name, fixture.images.shape);
        const predictions = model.predict(batch, { isTraining: mode === "training" });
        const { loss, crossEntropy, regularization } = model.loss(predictions, labels);
        const expected = fixture[mode].losses;
        const near = (actual: tf.Scalar, value: number): void =>
          assert.ok(
            Math.abs((actual.dataSync()[0] ?? NaN) / value - 1) < 1e-4,
            `${mode}: ${String(actual)} is not ${value}`,
          );
        near(crossEntropy, expected.crossEntropy);
        near(regularization, expected.regularization);
        near(loss, expected.total);
        const accuracy = model.accuracy(model.postprocess(predictions), labels).dataSync()[0];
        assert.equal(accuracy, expected.accuracy);
      });
    }
    model.dispose();
  });
}

test("Model.predict() puts a fully connected layer on the pooled features", () => {
  const model = thin();
  tf.tidy(() => {
    const { logits, endpoints, updates } = model.predict(images());
    const features = endpoints["resnet_v1_50/block4"]?.mean([1, 2]) ?? assert.fail("no block4");
    const head = (name: string): tf.Variable => model.variables.expect(`Predict/logits/${name}`);
    const expected = features.matMul(head("weights")).add(head("biases"));
    assert.ok((logits.sub(expected).abs().max().dataSync()[0] ?? 1) < 1e-5);
    assert.deepEqual(updates, []);
  });
  model.dispose();
});

test("Model.postprocess() gives probabilities, and the likeliest class as int32", () => {
  const model = thin();
  tf.tidy(() => {
    const logits = tf.tensor2d([
      [0, Math.log(3), 0],
      [5, 1, 2],
    ]);
    const { probabilities, classes, logits: same } = model.postprocess({ logits });
    [0.2, 0.6, 0.2].forEach((value, i) =>
      assert.ok(Math.abs((probabilities.dataSync()[i] ?? 0) - value) < 1e-6),
    );
    assert.deepEqual([classes.dtype, [...classes.dataSync()]], ["int32", [1, 0]]);
    assert.deepEqual([...same.dataSync()], [...logits.dataSync()]);
    assert.equal(model.accuracy({ classes }, tf.tensor1d([1, 2], "int32")).dataSync()[0], 0.5);
  });
  model.dispose();
});

test("Model's steps give eager what they give traced, leak nothing, and tf.dispose() of predictions spares the variables", () => {
  const model = thin({ isTraining: true });
  const [batch, labels] = [images(), tf.tensor1d([0, 1, 2, 0], "int32")];
  const whole = (x: tf.Tensor4D, y: tf.Tensor1D) => {
    const predictions = model.predict(x);
    const { loss, crossEntropy, regularization } = model.loss(predictions, y);
    const { probabilities, classes, logits } = model.postprocess(predictions);
    const accuracy = model.accuracy({ classes }, y);
    const results = { loss, crossEntropy, regularization, logits, probabilities, classes, accuracy };
    return { results, predictions };
  };
  tf.dispose(whole(batch, labels)); // uploads what is to be uploaded
  const before = memory();
  const eager = whole(batch, labels);
  const compiled = trace((x: tf.Tensor4D, y: tf.Tensor1D) => whole(x, y).results);
  const traced: Record<string, tf.Tensor> = compiled.sync(batch, labels);
  for (const [name, value] of Object.entries(eager.results)) {
    const worst = tf.tidy(() => traced[name]?.sub(value).abs().max().dataSync()[0] ?? NaN);
    assert.ok(worst <= 1e-6 * Math.max(1, Math.abs(value.dataSync()[0] ?? 0)), `${name}: ${worst}`);
  }
  assert.equal(eager.predictions.updates.length, 106);
  compiled.dispose();
  tf.dispose([eager.results, traced]);
  tf.dispose(eager.predictions);
  assert.ok(model.variables.all().every(({ variable }) => !variable.isDisposed));
  assert.deepEqual(memory(), before);
  tf.dispose([batch, labels]);
  model.dispose();
  assert.deepEqual(memory(), { tensors: 0, handles: 0, functions: 0 });
});

test("Model.predict({ frozen }) normalizes frozen scopes by their moving statistics and leaves these alone", () => {
  const model = thin({ isTraining: true });
  const frozen = (name: string): boolean => name.startsWith("resnet_v1_50/conv1/");
  tf.tidy(() => {
    const batch = images();
    const { endpoints, updates } = model.predict(batch, { frozen });
    assert.equal(updates.length, 104);
    assert.ok(updates.every(({ variable }) => !frozen(variable.name)));
    const still = model.predict(batch, { isTraining: false }).endpoints["resnet_v1_50/conv1"];
    const moving = model.predict(batch).endpoints["resnet_v1_50/conv1"];
    const conv1 = endpoints["resnet_v1_50/conv1"] ?? assert.fail("no conv1");
    assert.equal(still?.sub(conv1).abs().max().dataSync()[0], 0);
    assert.ok((moving?.sub(conv1).abs().max().dataSync()[0] ?? 0) > 0.1);
    assert.equal(model.predict(batch, { frozen: () => true }).updates.length, 0);
  });
  model.dispose();
});

test("Model.predict({ onEndpoint }) shows each endpoint in order and goes on with what is put in its place", () => {
  const model = thin();
  tf.tidy(() => {
    const batch = images();
    const seen: string[] = [];
    const plain = model.predict(batch, { onEndpoint: (name, x) => (seen.push(name), x) });
    assert.deepEqual(seen, Object.keys(plain.endpoints));
    const onEndpoint = (name: string, x: tf.Tensor4D): tf.Tensor4D =>
      name === "resnet_v1_50/block4" ? tf.zerosLike(x) : x;
    const { logits } = model.predict(batch, { onEndpoint });
    assert.equal(logits.abs().max().dataSync()[0], 0, "the biases alone");
    const gradient = tf.grad((zero) =>
      model
        .predict(batch, {
          onEndpoint: (name, x) => (name === "resnet_v1_50/block4" ? x.add(zero) : x),
        })
        .logits.sum(),
    )(tf.zerosLike(plain.endpoints["resnet_v1_50/block4"] ?? assert.fail("no block4")));
    const expected = model.variables.expect("Predict/logits/weights").sum(1);
    const worst = gradient.sub(expected).abs().max().dataSync()[0] ?? 1; // 1 x 1 pixels: the mean is the pixel
    assert.ok(worst < 1e-5, String(worst));
  });
  model.dispose();
});

test("Model.summary() has a row for each unit or layer under TF-Slim's names, and totals that agree", () => {
  const model = new Model({ numClasses: 1000 });
  const units = model.summary();
  assert.deepEqual(units.columns, ["endpoint", "output", "parameters"]);
  assert.deepEqual(units.rows.slice(0, 2), [
    { endpoint: "resnet_v1_50/conv1", output: "batch × 112 × 112 × 64", parameters: 9_536 },
    {
      endpoint: "resnet_v1_50/block1/unit_1/bottleneck_v1",
      output: "batch × 56 × 56 × 256",
      parameters: 75_008,
    },
  ]);
  const sumOf = ({ rows }: typeof units): number =>
    rows.slice(0, -1).reduce((sum, row) => sum + Number(row["parameters"]), 0);
  assert.deepEqual(units.rows.at(-1), { endpoint: "total", output: "", parameters: 25_557_032 });
  assert.equal(sumOf(units), 25_557_032);
  const layers = model.summary({ rows: "layers" });
  assert.equal(layers.rows.length, 73 - 4 + 3);
  assert.equal(sumOf(layers), 25_557_032);
  assert.match(String(units), /^resnet_v1_50: trainable parameters; 106 moving statistics besides\n/);
  model.dispose();
  const v2 = thin({ architecture: "resnet_v2_50" });
  for (const rows of ["units", "layers"] as const) {
    const table = v2.summary({ rows });
    assert.equal(sumOf(table), table.rows.at(-1)?.["parameters"]);
  }
  v2.dispose();
});

test("Model says what does not fit", () => {
  assert.throws(() => new Model({ numClasses: 0 }), {
    name: "RangeError",
    message: "Cannot create model: expected numClasses to be a whole number > 1, got 0",
  });
  const model = thin();
  tf.tidy(() => {
    assert.throws(() => model.predict(tf.zeros([1, 32, 32, 1])), {
      name: "TypeError",
      message: "Cannot predict: expected [batch, height, width, 3], got [1, 32, 32, 1]",
    });
    assert.throws(() => model.predict(tf.zeros([1, 32, 32, 3], "int32")), {
      name: "TypeError",
      message: "Cannot predict: expected float32 images, as preprocess() gives them, got int32",
    });
    const { logits } = model.predict(images());
    assert.throws(() => model.loss({ logits }, tf.tensor1d([0, 1], "int32")), {
      name: "TypeError",
      message: "Cannot compute loss: expected labels int32 [4] or float32 [4, 3], got int32 [2]",
    });
    assert.throws(
      () => model.loss({ logits }, tf.tensor1d([0, 1, 0, 1])),
      /expected labels int32 \[4\] or float32 \[4, 3\], got float32 \[4\]/,
    );
    assert.throws(() => model.loss({ logits }, tf.tensor1d([0, 1, 2, 3], "int32")), {
      name: "TensorFlowError",
      message: /label/,
    });
  });
  model.dispose();
});

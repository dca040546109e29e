/** A model as a graph of plain operations, before any format is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, Model, tf } from "../../src";
import { gradCam } from "../../src/explain";
import { classifierGraph } from "../../src/deploy/classifiergraph";
import { maximumPool, recordGraph, runGraph } from "../../src/tensorflow";

const SIDE = 64;

/** Of each kind of last layers one: what a heat map is differentiated through. */
const networks = [
  "resnet_v1_14",
  "resnet_v2_14",
  "mobilenet_v2",
  "mobilenet_v3_small",
  "efficientnet_b0",
  "inception_v1",
  "convnext_tiny",
] as const;

for (const architecture of networks)
  test(`${architecture} as a graph gives the same probabilities and heat, of any batch`, () => {
    const model = new Model({
      architecture,
      numClasses: 4,
      defaultImageSize: SIDE,
      fixedResizeSide: SIDE,
      seed: 3,
    });
    const before = memory().tensors;
    const graph = classifierGraph(model, { heat: true });
    for (const batch of [1, 3])
      tf.tidy(() => {
        const images = tf.randomUniform<tf.Rank.R4>([batch, SIDE, SIDE, 3], 0, 255, "float32", batch);
        const classes = Array.from({ length: batch }, (_, i) => (i + 1) % 4);
        const cam = gradCam(model, model.preprocess(images), { classIndex: classes });
        const got = runGraph(graph, { images, classes: tf.tensor1d(classes, "int32") });
        for (const [name, expected] of [
          ["probabilities", cam.probabilities],
          ["heat", cam.heatmaps],
        ] as const) {
          assert.deepEqual(got[name]?.shape, expected.shape);
          assert.ok((got[name]?.sub(expected).abs().max().dataSync()[0] ?? NaN) < 1e-4, name);
        }
      });
    assert.ok(
      !graph.nodes.some(({ op }) => /BatchNorm|Identity|Rsqrt/.test(op) && architecture !== "convnext_tiny"),
    );
    graph.dispose();
    assert.equal(memory().tensors, before);
    model.dispose();
  });

test("batch normalizations, paddings and shapes are no operations of a ResNet's graph", () => {
  const model = new Model({ architecture: "resnet_v1_14", numClasses: 2 });
  const graph = classifierGraph(model);
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  assert.deepEqual(counts, {
    Sub: 1,
    Conv2D: 17,
    BiasAdd: 17,
    Relu: 13,
    MaxPool: 1,
    AddV2: 5,
    Mean: 1,
    Reshape: 1,
    MatMul: 1,
    Softmax: 1,
  });
  assert.deepEqual(graph.values.get(graph.outputs[0]?.value ?? "")?.shape, [null, 2]);
  const second = graph.nodes.filter(({ op }) => op === "Conv2D")[3];
  assert.equal(second?.name, "resnet_v1_14/block1/unit_1/bottleneck_v1/conv2/Conv2D");
  assert.equal(second.inputs[1], "resnet_v1_14/block1/unit_1/bottleneck_v1/conv2/weights");
  graph.dispose();
  model.dispose();
});

test("functions of one's own become graphs; products and sums after a convolution are folded", () => {
  const [filter, bias] = tf.tidy(() => [
    tf.keep(tf.randomNormal<tf.Rank.R4>([3, 3, 2, 4], 0, 1, "float32", 1)),
    tf.keep(tf.tensor1d([1, 2, 3, 4])),
  ]);
  const example = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 2], 0, 1, "float32", 2);
  const fn = ({ x }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const images = (x ?? example).as4D(x?.shape[0] ?? 2, 8, 8, 2);
    return { y: tf.conv2d(tf.pad4d(images, [[0, 0], [1, 2], [0, 1], [0, 0]]), filter, 1, "valid").mul(bias).add(bias).mul(0.5).relu() }; // prettier-ignore
  };
  const graph = recordGraph("own", { fn, example: { x: example } });
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["Conv2D", "BiasAdd", "Relu"],
  );
  graph.dispose();
  tf.dispose([filter, bias, example]);
});

test("around a maximum of what is not below 0 stand zeros, around another the lowest number", () => {
  const example = tf.randomNormal<tf.Rank.R4>([2, 9, 9, 3], 0, 1, "float32", 3);
  const four = (x: tf.Tensor): tf.Tensor4D => x.as4D(-1, 9, 9, x.shape[3] ?? 3);
  const recorded = (before: (x: tf.Tensor4D) => tf.Tensor): string[] => {
    const fn = ({ x }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => ({
      y: maximumPool(four(before(four(x ?? example))), 3, { stride: 2, padding: [1, 1] }),
    });
    const graph = recordGraph("own", { fn, example: { x: example } });
    const ops = graph.nodes.map(({ op }) => op);
    const got = runGraph(graph, { x: example });
    const far = tf.tidy(
      () =>
        fn({ x: example })
          ["y"]?.sub(got["y"] ?? 0)
          .abs()
          .max()
          .dataSync()[0],
    );
    assert.equal(far, 0);
    tf.dispose(got);
    graph.dispose();
    return ops;
  };
  assert.deepEqual(
    recorded((x) => x.relu()),
    ["Relu", "Pad", "MaxPool"],
  );
  assert.deepEqual(recorded((x) => tf.concat([x.relu(), x.clipByValue(0, 6)], 3)).slice(-2), [
    "PadV2",
    "MaxPool",
  ]);
  assert.deepEqual(
    recorded((x) => x),
    ["PadV2", "MaxPool"],
  );
  example.dispose();
});

test("what no graph of plain operations can do is refused by its name", () => {
  const example = { x: tf.ones([2, 3]) };
  const record = (fn: (x: tf.Tensor) => tf.Tensor): unknown =>
    recordGraph("own", { fn: ({ x = tf.ones([2, 3]) }) => ({ y: fn(x) }), example });
  assert.throws(() => record((x) => tf.tensor1d([...x.dataSync()])), /own/);
  assert.throws(
    () => record((x) => x.mul(tf.scalar(x.shape[0] ?? 0))),
    /"\w+" \(Mul\).* follows the batch's size/,
  );
  tf.dispose(example);
});

test("weights and results that are not finite are refused by name, and nothing stays", () => {
  const model = new Model({ architecture: "resnet_v1_14", numClasses: 2, defaultImageSize: 32 });
  const [weights] = model.variables.all();
  assert.ok(weights);
  tf.tidy(() => weights.variable.assign(tf.fill(weights.variable.shape, NaN)));
  const example = { x: tf.zeros([2, 3]) };
  const before = memory().tensors;
  assert.throws(
    () => classifierGraph(model),
    /expected finite weights, got others in "resnet_v1_14\/conv1\/weights"/,
  );
  const fn = ({ x = tf.zeros([2, 3]) }): Record<string, tf.Tensor> => ({ y: tf.div(x, x) });
  assert.throws(
    () => recordGraph("own", { fn, example }),
    /"own": expected finite numbers, got others in "y"/,
  );
  assert.equal(memory().tensors, before);
  tf.dispose(example);
  model.dispose();
});

/** Whole numbers of eight bits in place of a graph's floats: scales, what is planned, what is refused. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memory, Model, tf } from "../../src";
import { bundleOf } from "../../src/display/bundle";
import { classifierGraph } from "../../src/deploy/classifiergraph";
import { npyHeader } from "../../src/deploy/npy";
import { leastError } from "../../src/deploy/onnx/calibrate";
import { emitOnnx } from "../../src/deploy/onnx/emit";
import type { GraphProto } from "../../src/deploy/onnx/messages";
import { quantizeInt8, type Int8Options } from "../../src/deploy/onnx/quantizeint8";
import { int8Report } from "../../src/deploy/onnx/quantizereport";
import { int8Weights, rangeOf, scaleOf } from "../../src/deploy/onnx/quantizescale";
import { recordGraph, type TypedGraph } from "../../src/tensorflow";
import { settled } from "../settled";
import { temporaryFolder } from "../temporary";

const root = temporaryFolder("int8");
const SIDE = 32;

const small = (): Model =>
  new Model({
    architecture: "resnet_v1_14",
    width: 1 / 4,
    numClasses: 3,
    defaultImageSize: SIDE,
    fixedResizeSide: SIDE,
    seed: 1,
  });

const photos = (count: number): tf.Tensor4D => tf.randomUniform([count, SIDE, SIDE, 3], 0, 255, "float32", 1);

/** A model's graph, of TensorFlow's operations and of ONNX's. */
function graphsOf(
  model: Model,
  heat: string | false = false,
): { readonly graph: TypedGraph; readonly float: GraphProto } {
  const graph = classifierGraph(model, { heat });
  return { graph, float: emitOnnx(graph, { opset: 17, layout: "NHWC" }) };
}

const countOf = ({ node }: GraphProto, op: string): number =>
  node.filter(({ op_type }) => op_type === op).length;

test("scales tell 0 exactly, and what lies in the range to half a step", () => {
  assert.deepEqual(scaleOf({ min: 0, max: 0 }), { scale: 1, zero: 0 });
  assert.deepEqual(scaleOf({ min: 1, max: 255 }), { scale: 1, zero: 0 });
  assert.deepEqual(scaleOf({ min: -255, max: -3 }), { scale: 1, zero: 255 });
  assert.deepEqual(scaleOf({ min: -51, max: 204 }), { scale: 1, zero: 51 });
  assert.deepEqual(rangeOf({ scale: 0.5, zero: 51 }), { min: -25.5, max: 102 });
});

test("weights are symmetric, each channel of its own scale, coarser where a bias would not fit in 32 bits", () => {
  const weights = Float32Array.of(1, -0.1, -0.5, 0.05, 0, 0.025);
  const last = int8Weights({
    weights,
    channels: 2,
    isLast: true,
    bias: Float32Array.of(2, -1),
    inputScale: 1,
  });
  assert.deepEqual([...last.whole], [127, -127, -64, 64, 0, 32]);
  assert.deepEqual([...(last.bias ?? [])], [254, -1270]);
  const first = int8Weights({ weights, channels: 2, isLast: false, bias: undefined, inputScale: 1 });
  assert.deepEqual([...first.whole], [127, -13, -64, 127, 0, 64]);
  assert.equal(first.bias, undefined);
  const tiny = { weights: Float32Array.of(1e-6, 0), channels: 2, isLast: true, bias: Float32Array.of(4, 0) };
  const coarse = int8Weights({ ...tiny, inputScale: 1e-9 });
  const [sum = 0, scale = 0] = [coarse.bias?.[0], coarse.scales[0]];
  assert.ok(Math.abs(sum * scale * 1e-9 - 4) < 1e-3 && sum < 2 ** 31);
  assert.equal(coarse.scales[1], 1);
});

test("a range is cut off where rare numbers would make the rest coarse, and only there", () => {
  const even = new Float64Array(100).fill(10);
  assert.ok(leastError(even, { min: -1, max: 1 }).max > 0.98);
  const rare = new Float64Array(1000);
  rare.fill(1e6, 1, 200);
  rare[999] = 1;
  const { min, max } = leastError(rare, { min: 0, max: 10 });
  assert.equal(min, 0);
  assert.ok(max >= 1.9 && max < 5, String(max));
});

test("all convolutions and the product of a ResNet are planned as whole numbers, sums and the pool between them, too", async () => {
  const model = small();
  const before = memory().tensors;
  const images = photos(20);
  const { graph, float } = graphsOf(model);
  const told: unknown[] = [];
  const options: Int8Options = { images, onProgress: (progress) => told.push(progress) };
  const { graph: whole, numbers } = await quantizeInt8(graph, float, options);
  assert.deepEqual(told, [16, 20, 36, 40, 56, 60].map((done) => ({ done, total: 60 }))); // prettier-ignore
  assert.equal(countOf(whole, "Relu"), 0);
  const values = countOf(whole, "QuantizeLinear");
  const layers = countOf(whole, "Conv") + countOf(whole, "Gemm");
  assert.equal(countOf(whole, "DequantizeLinear"), values + 2 * layers);
  assert.deepEqual([numbers.wholeLayers, numbers.layers, layers], [18, 18, 18]);
  const floats = whole.initializer.filter(({ data_type, dims }) => data_type === 1 && dims.length > 1);
  assert.deepEqual(floats.map(({ dims }) => dims), [[1, 1, 1, 3]].slice(floats.length > 0 ? 0 : 1)); // prettier-ignore
  assert.ok(numbers.greatestDifference < 0.1 && numbers.meanDifference > 0);
  assert.equal(numbers.output, "probabilities");
  graph.dispose();
  images.dispose();
  assert.equal(memory().tensors, before);
  model.dispose();
});

test("layers stay in floats by their scopes; a heat map's gradients do anyway", async () => {
  const model = small();
  const images = photos(8);
  const { graph, float } = graphsOf(model, "resnet_v1_14/block3");
  const before = memory().tensors;
  const all = await quantizeInt8(graph, float, { images, ranges: "minMax" });
  assert.equal(countOf(all.graph, "ConvTranspose"), countOf(float, "ConvTranspose"));
  const { wholeLayers } = all.numbers;
  const floatScopes = ["resnet_v1_14/conv1", "resnet_v1_14/block2/unit_1/bottleneck_v1/conv2"];
  const some = await quantizeInt8(graph, float, { images, ranges: "minMax", floatScopes });
  assert.equal(some.numbers.wholeLayers, wholeLayers - 2);
  await assert.rejects(
    quantizeInt8(graph, float, { images, floatScopes: "resnet_v1_14/block" }),
    /^RangeError: Cannot leave layers in floats: expected a scope of the graph, such as .*, got "resnet_v1_14\/block"$/,
  );
  assert.equal(memory().tensors, before);
  tf.dispose(images);
  graph.dispose();
  model.dispose();
});

test("what is told of it has a warning only where classes are others, and names the worst layers", () => {
  const numbers = {
    ...{
      images: 100,
      output: "probabilities",
      greatestDifference: 0.25,
      meanDifference: 0.01,
      wholeLayers: 2,
    },
    ...{ layers: 3, bytes: 1e6, floatBytes: 4e6 },
  };
  const good = int8Report({ ...numbers, agreement: 0.99, losses: [] });
  assert.equal(good.warning, undefined);
  assert.match(String(good), /^int8 beside float32, 100 representative images\n.*\nsame class +99 %\n/);
  assert.match(String(good), /layers in whole numbers +2 of 3\nfile, MB +1\.00 \(float32 4\.00\)$/);
  const bad = int8Report({ ...numbers, agreement: 0.5, losses: [{ layer: "net/last", loss: 0.125 }] });
  assert.match(
    String(bad),
    /lost by net\/last +12\.5 %\nOnly 50 % of the images keep their class; most is lost by net\/last, /,
  );
  assert.equal(bundleOf(bad)["text/plain"], String(bad));
});

test("layers that lose most are told where classes become others, as of a depthwise one whose channels differ", async () => {
  const fn = ({ images = tf.zeros([1]) }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> =>
    tf.tidy(() => {
      const scale = tf.tensor1d([1e4, 1, 1], "float32").reshape<tf.Tensor4D>([1, 1, 3, 1]);
      const wide = tf.depthwiseConv2d(images.as4D(images.shape[0] ?? 1, 8, 8, 3), scale, 1, "valid");
      const narrow = tf.conv2d(wide, tf.tensor4d([1e-4, 0, 0, 1, 0, 1], [1, 1, 3, 2]), 1, "valid");
      return { y: tf.mean(narrow, [1, 2]) };
    });
  const images = tf.randomUniform<tf.Rank.R4>([32, 8, 8, 3], 0, 1, "float32", 3);
  const before = memory().tensors;
  const graph = recordGraph("own", { fn, example: { images } });
  const { numbers } = await quantizeInt8(graph, emitOnnx(graph, { opset: 17, layout: "NHWC" }), { images });
  assert.equal(numbers.output, "y");
  assert.ok(numbers.agreement < 0.95, String(numbers.agreement));
  assert.equal(numbers.losses.length, 2);
  graph.dispose();
  assert.equal(memory().tensors, before);
  images.dispose();
});

test("images that are none, too few, of another shape or not finite are refused; a signal ends it", async () => {
  const model = small();
  const { graph, float } = graphsOf(model);
  const before = memory().tensors;
  const refused = async (images: tf.Tensor4D | string, expected: RegExp): Promise<void> => {
    await assert.rejects(quantizeInt8(graph, float, { images }), expected);
    if (typeof images !== "string") images.dispose();
  };
  await refused(tf.zeros([8, SIDE, SIDE, 1]), /^TypeError: Cannot calibrate: expected images of \[n, 32, 32, 3\], which the graph receives as "images", got \[8, 32, 32, 1\]$/); // prettier-ignore
  await refused(tf.zeros([0, SIDE, SIDE, 3]), /^RangeError: Cannot calibrate: expected 8 images or more in images, sensibly 100 to 500, got 0$/); // prettier-ignore
  const file = join(root, "few.npy");
  writeFileSync(file, Buffer.concat([npyHeader([2, SIDE, SIDE, 3]), Buffer.alloc(2 * SIDE * SIDE * 12)]));
  await refused(file, /^RangeError: Cannot calibrate: expected 8 images or more in ".*few\.npy", .*, got 2$/);
  await refused(
    join(root, "none.npy"),
    /^Error: Cannot read ".*none\.npy": expected a \.npy file, got ENOENT/,
  );
  const bad = tf.tidy(() => tf.concat([tf.zeros<tf.Rank.R4>([17, SIDE, SIDE, 3]), tf.fill<tf.Rank.R4>([1, SIDE, SIDE, 3], NaN)])); // prettier-ignore
  await refused(
    bad,
    /^RangeError: Cannot calibrate: expected finite numbers, got others in image 17 of images$/,
  );
  const controller = new AbortController();
  const images = photos(40);
  const onProgress = (): void => controller.abort(new Error("enough"));
  await assert.rejects(
    quantizeInt8(graph, float, { images, onProgress }, controller.signal),
    /^Error: enough$/,
  );
  images.dispose();
  assert.equal(memory().tensors, before);
  graph.dispose();
  model.dispose();
  await settled();
});

/** Functions of one's own as files of ONNX's, operation by operation. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportOnnx, memory, tf, type GraphFunction } from "../../src";
import { skip } from "../python";
import { temporaryFolder } from "../temporary";
import { assertSame, onnxInput, runInNode, runInPython, type OnnxCase } from "./onnxrun";

const root = temporaryFolder("onnxops");

type Named = Readonly<Record<string, tf.Tensor>>;

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, "float32", seed);
const as4 = (x: tf.Tensor): tf.Tensor4D => x.as4D(x.shape[0] ?? 0, x.shape[1] ?? 0, x.shape[2] ?? 0, x.shape[3] ?? 0); // prettier-ignore

const filter = tf.tidy(() => tf.keep(random([3, 3, 4, 6], 1).as4D(3, 3, 4, 6)));
const depthwise = tf.tidy(() => tf.keep(random([3, 3, 4, 2], 2).as4D(3, 3, 4, 2)));
const matrix = tf.tidy(() => tf.keep(random([6, 4], 3).as2D(6, 4)));
const channels = tf.tidy(() => tf.keep(tf.tensor1d([1, -2, 3, -4])));

/** Functions of x [batch, 9, 7, 4], positive p alike, v [batch, 6] and i int32 [batch]. */
const functions: Readonly<Record<string, (given: Named) => Named>> = {
  numbers: ({ x = channels, p = channels }) => ({
    ...{ relu6: tf.relu6(x.mul(4)), leaky: tf.leakyRelu(x, 0.3), elu: tf.elu(x), selu: tf.selu(x) },
    ...{ softplus: tf.softplus(x), erf: tf.erf(x), tanh: tf.tanh(x), sigmoid: tf.sigmoid(x) },
    ...{ log: tf.log(p), rsqrt: tf.rsqrt(p), sqrt: tf.sqrt(p), exp: tf.exp(x), square: tf.square(x) },
    ...{ floor: tf.floor(x), ceil: tf.ceil(x), round: tf.round(x.mul(2)), sign: tf.sign(x), abs: tf.abs(x) },
    ...{ sin: tf.sin(x), atan: tf.atan(x), inverse: tf.reciprocal(p), clipped: tf.clipByValue(x, -1, 0.5) },
  }),
  pairs: ({ x = channels, p = channels }) => ({
    ...{ sum: x.add(p), difference: x.sub(channels), product: channels.mul(x), quotient: x.div(p) },
    ...{
      most: tf.maximum(x, p),
      least: tf.minimum(x, 0.1),
      power: tf.pow(p, x),
      far: tf.squaredDifference(x, p),
    },
    ...{ rest: tf.mod(x, p), chosen: tf.where(tf.greater(x, p), x, p), added: tf.addN([x, p, x]) },
    ...{ same: tf.equal(x, x).toFloat(), other: tf.notEqual(x.round(), p.round()).toInt() },
    both: tf.logicalAnd(tf.less(x, 1), tf.logicalNot(tf.lessEqual(x, -1))).toFloat(),
    either: tf.logicalOr(tf.greaterEqual(x, 1), tf.less(x, -1)).toFloat(),
    image: tf.conv2d(as4(x), filter, 1, "same").slice([0, 0, 0, 0], [-1, -1, -1, 4]).mul(channels).add(x),
  }),
  windows: ({ x = channels }) => ({
    same: tf.conv2d(as4(x), filter, 2, "same"),
    valid: tf.conv2d(as4(x), filter, [2, 1], "valid"),
    dilated: tf.conv2d(as4(x), filter, 1, "same", "NHWC", 2),
    depthwise: tf.depthwiseConv2d(as4(x), depthwise, 2, "same"),
    back: tf.conv2dTranspose(tf.conv2d(as4(x), filter, 2, "same"), filter, [x.shape[0] ?? 0, 9, 7, 4], 2, "same"), // prettier-ignore
    most: tf.maxPool(as4(x), 3, 2, "same"),
    mean: tf.avgPool(as4(x), [3, 2], 2, "same"),
    padded: tf.maxPool(tf.pad(as4(x), [[0, 0], [1, 1], [0, 1], [0, 0]], -Infinity), 3, 2, "valid"), // prettier-ignore
    relu: tf.maxPool(tf.pad(tf.relu(as4(x)), [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "valid"), // prettier-ignore
    zeros: tf.maxPool(tf.pad(as4(x), [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "valid"), // prettier-ignore
  }),
  sizes: ({ x = channels }) => ({
    bilinear: tf.image.resizeBilinear(as4(x), [5, 15]),
    half: tf.image.resizeBilinear(as4(x), [20, 4], false, true),
    corners: tf.image.resizeBilinear(as4(x), [17, 5], true),
    nearest: tf.image.resizeNearestNeighbor(as4(x), [4, 16]),
    nearestHalf: tf.image.resizeNearestNeighbor(as4(x), [20, 5], false, true),
    nearestCorners: tf.image.resizeNearestNeighbor(as4(x), [18, 5], true),
    large: tf.image.resizeBilinear(as4(x), [342, 301]).slice([0, 0, 0, 0], [-1, 342, 5, 4]),
  }),
  axes: ({ x = channels, v = channels, i = channels }) => {
    const image = tf.conv2d(as4(x), filter, 1, "same");
    const { values, indices } = tf.topk(v, 3);
    return {
      ...{ mean: tf.mean(image, [1, 2]), kept: tf.mean(image, [1, 2], true), channel: tf.sum(image, 3) },
      ...{
        height: tf.max(image, 1),
        batchless: tf.min(image, [1, 2, 3]),
        prod: tf.prod(v, 1),
        ...{ values, indices },
      },
      ...{ soft: tf.softmax(image), log: tf.logSoftmax(v), place: tf.argMax(v, 1), least: tf.argMin(v, -1) },
      ...{
        hot: tf.oneHot(i.toInt(), 5),
        joined: tf.concat([image, image.relu()], 3),
        wide: tf.concat([image, image], 2),
      },
      ...{ rows: tf.gather(matrix, i.abs().toInt()), dense: tf.matMul(v.as2D(-1, 6), matrix).add(channels) },
      ...{
        turned: tf.matMul(v.as2D(-1, 6), matrix, false, false).relu(),
        batches: tf.matMul(x, x, false, true),
      },
    };
  },
  moves: ({ x = channels, v = channels }) => {
    const image = tf.conv2d(as4(x), filter, 1, "same");
    const [first, second] = tf.split(image, [2, 4], 3);
    return {
      ...{
        first: first ?? x,
        second: second ?? x,
        sides: tf.transpose(image, [0, 2, 1, 3]),
        flat: image.reshape([-1, 9 * 7 * 6]),
      },
      ...{
        cut: tf.slice(image, [0, 2, 1, 1], [-1, 3, -1, 4]),
        tiled: tf.tile(image, [1, 2, 1, 3]),
        stacked: tf.stack([v, v], 1),
      },
      mirrored: tf.mirrorPad(image, [[0, 0], [1, 2], [2, 0], [0, 0]], "reflect"), // prettier-ignore
      filled: tf.pad(image, [[0, 0], [1, 2], [0, 3], [2, 1]], 0.5), // prettier-ignore
      small: tf.mean(image, [1, 2], true).reshape([-1, 6]).reshape([-1, 1, 1, 6]).mul(image),
    };
  },
};

for (const [name, fn] of Object.entries(functions))
  test(`${name}: what operations give is the same in ONNX's runtimes`, { skip }, async () => {
    const x = random([2, 9, 7, 4], 5);
    const example: Named = { x, p: tf.tidy(() => x.abs().add(0.5)), v: random([2, 6], 6), i: tf.tensor1d([-1, 4], "int32") }; // prettier-ignore
    const before = memory().tensors;
    const own: GraphFunction = { fn, example };
    const cases: OnnxCase[] = [];
    for (const layout of ["NHWC", "NCHW"] as const) {
      const file = await exportOnnx(own, join(root, name, `${layout}.onnx`), { layout });
      const feed = Object.fromEntries(Object.entries(example).map(([key, tensor]) => [key, onnxInput(root, tensor, layout)])); // prettier-ignore
      cases.push({ file, feeds: [feed] });
    }
    assert.equal(memory().tensors, before);
    tf.tidy(() => {
      const expected = fn(example);
      const moved = Object.entries(expected).map(([key, tensor]) => [key, tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor] as const); // prettier-ignore
      for (const answers of [runInPython(root, cases), runInNode(root, cases)])
        answers.forEach(({ results: [result] }, i) => {
          assertSame(result, i === 0 ? expected : Object.fromEntries(moved), () => 1e-5);
        });
    });
    tf.dispose({ ...example });
  });

test("what ONNX lacks is refused by its name, and nothing is written", async () => {
  const x = tf.ones([2, 6]);
  const dir = join(root, "refused");
  const refused = async (fn: (x: tf.Tensor) => tf.Tensor, error: RegExp): Promise<void> => {
    const own: GraphFunction = { fn: (given) => ({ y: fn(given["x"] ?? x) }), example: { x } };
    await assert.rejects(exportOnnx(own, join(dir, "no.onnx")), error);
  };
  await refused(
    (given) => tf.cumsum(given, 1),
    /operations that ONNX has, too, got "Cumsum" of ".*Cumsum.*"/,
  );
  await refused((given) => tf.floorDiv(given.toInt(), tf.scalar(2, "int32")), /float32.*\(FloorDiv\)/);
  const sameName: GraphFunction = { fn: ({ x: given = x }) => ({ x: given.add(1) }), example: { x } };
  await assert.rejects(exportOnnx(sameName, join(dir, "no.onnx")), /names of their own, got "x"/);
  assert.throws(() => readdirSync(dir), /ENOENT/);
  x.dispose();
});

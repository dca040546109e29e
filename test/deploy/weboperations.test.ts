/** Functions of one's own for the web: what TensorFlow.js computes as TensorFlow does, and what is refused by name. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { attr, execute, exportWeb, memory, tf } from "../../src";
import { WEB_OPERATIONS } from "../../src/deploy/web/operations";
import { temporaryFolder } from "../temporary";
import { differenceFrom, plainTfjs, sent } from "./plaintfjs";

const image = (side: number): tf.Tensor4D =>
  tf.randomNormal<tf.Rank.R4>([2, side, side, 3], 0, 1, "float32", 4);
const kernels = [0, 1, 2, 3].map((size) => tf.randomNormal<tf.Rank.R4>([size, size, 3, 3], 0, 1, "float32", 5)); // prettier-ignore
const kernel = (size: number): tf.Tensor4D => kernels[size] ?? tf.zeros([1, 1, 3, 3]);

/** What WASM would compute otherwise if it were written as it is. */
const adapted: Readonly<Record<string, (x: tf.Tensor4D) => tf.Tensor>> = {
  "a stride greater than the kernel": (x) => tf.conv2d(x, kernel(2), 3, "same"),
  "a cast to bool": (x) => x.mul(3).round().toBool().toFloat(),
  "a transposed convolution of any batch": (x) => tf.conv2dTranspose(x, kernel(3), [x.shape[0], 18, 18, 3], 2, "same"), // prettier-ignore
  "a bias and an activation": (x) =>
    tf
      .conv2d(x, kernel(3), 1, "same")
      .add(tf.tensor1d([1, -1, 0.5]))
      .relu6(),
  "a bias that is taken twice": (x) => {
    const sum = tf.conv2d(x, kernel(3), 1, "same").add(tf.tensor1d([1, -1, 0.5]));
    return sum.relu().add(sum);
  },
};

for (const [name, fn] of Object.entries(adapted))
  test(`${name} is computed as TensorFlow does, by WASM and cpu`, async () => {
    const before = memory().tensors;
    const dir = join(temporaryFolder("web"), "own");
    const example = image(9);
    const own = ({ x }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => ({
      y: fn(four(x)),
    });
    await exportWeb({ fn: own, example: { x: example } }, dir);
    const expected = tf.tidy(() => fn(example));
    for (const backend of ["wasm", "cpu"] as const) {
      const [answer] = await plainTfjs({ dir, backend, calls: [{ inputs: { x: sent(example) } }] });
      assert.ok(differenceFrom(expected, answer?.["predicted"]) < 1e-4, backend);
    }
    tf.dispose([example, expected]);
    assert.equal(memory().tensors, before);
  });

const refused: Readonly<Record<string, readonly [(x: tf.Tensor4D) => tf.Tensor, RegExp]>> = {
  "an operation that it lacks": [(x) => only(execute("Cross", [x, x], { T: attr.type("float32") })), /\(Cross\).*TensorFlow\.js has on all backends, got Cross/],
  "what WASM lacks": [(x) => only(execute("Einsum", [x, x], { N: attr.int(2), equation: attr.string("abcd,abcd->abc"), T: attr.type("float32") })), /got Einsum/],
  "pooling with paddings of its own": [(x) => only(execute("MaxPool", [x], { T: attr.type("float32"), ksize: attr.ints([1, 2, 2, 1]), strides: attr.ints([1, 2, 2, 1]), padding: attr.string("EXPLICIT"), explicit_paddings: attr.ints([0, 0, 1, 1, 1, 1, 0, 0]) })), /\(MaxPool\) for the web: expected padding "SAME" or "VALID", got "EXPLICIT"/],
  "whole numbers that are divided": [(x) => only(execute("Div", [x.toInt(), tf.scalar(2, "int32")], { T: attr.type("int32") })).toFloat(), /\(Div\).*numbers of float32, got int32/],
  "floats of one hot": [(x) => only(execute("OneHot", [x.mean([1, 2, 3]).toInt(), tf.scalar(3, "int32"), tf.scalar(1), tf.scalar(0)], { T: attr.type("float32"), TI: attr.type("int32"), axis: attr.int(-1) })), /\(OneHot\).*int32, of which floats can be made, got float32/],
}; // prettier-ignore

for (const [name, [fn, by]] of Object.entries(refused))
  test(`${name} is refused by name, before anything is written`, async () => {
    const dir = join(temporaryFolder("web"), "own");
    const before = memory().tensors;
    const example = image(8);
    const own = ({ x }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => ({
      y: fn(four(x)),
    });
    await assert.rejects(exportWeb({ fn: own, example: { x: example } }, dir), by);
    example.dispose();
    assert.equal(memory().tensors, before);
    assert.ok(!existsSync(dir));
  });

test("operations that are let through are those of TensorFlow.js's own lists", () => {
  const lists = join(dirname(require.resolve("@tensorflow/tfjs-converter")), "operations/op_list");
  const theirs = readdirSync(lists).filter((file) => file.endsWith(".js")).flatMap((file) => {
    return [...readFileSync(join(lists, file), "utf8").matchAll(/'tfOpName': '(\w+)'/g)].map(([, name]) => name);
  }); // prettier-ignore
  assert.ok(theirs.length > 200);
  assert.deepEqual([...WEB_OPERATIONS].filter((name) => !theirs.includes(name)), []); // prettier-ignore
});

test("a function of several outputs gives them by name, one that gives its input too", async () => {
  const dir = join(temporaryFolder("web"), "own");
  const example = { x: tf.tensor2d([[1, 2], [3, 4]]), n: tf.tensor1d([5, 6], "int32") }; // prettier-ignore
  await exportWeb({ fn: ({ x = tf.scalar(0), n = tf.scalar(0) }) => ({ double: x.mul(2), same: x, sum: x.sum(1).add(n.toFloat()) }), example }, dir); // prettier-ignore
  const [answer] = await plainTfjs({ dir, backend: "wasm", calls: [{ inputs: { x: sent(example.x), n: sent(example.n) } }] }); // prettier-ignore
  assert.deepEqual(Object.fromEntries(Object.entries(answer ?? {}).map(([name, { values }]) => [name, values])), { double: [2, 4, 6, 8], same: [1, 2, 3, 4], sum: [8, 13] }); // prettier-ignore
  tf.dispose(example);
});

function four(x: tf.Tensor | undefined): tf.Tensor4D {
  const [batch = 0, height = 0, width = 0, channels = 0] = x?.shape ?? [];
  return (x ?? tf.scalar(0)).as4D(batch, height, width, channels);
}

function only([tensor]: readonly tf.Tensor[]): tf.Tensor {
  return tensor ?? tf.scalar(NaN);
}

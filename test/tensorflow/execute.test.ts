import assert from "node:assert/strict";
import test from "node:test";
import {
  attr,
  bytesOf,
  castTo,
  constant,
  dataType,
  device,
  execute,
  executeAsync,
  executeOne,
  memory,
  recordFunction,
  tf,
  trace,
  version,
  TensorFlowError,
} from "../../src/tensorflow";
import { settleBeforeEach, settled } from "../settled";

settleBeforeEach();

test("version() and device() tell of the TensorFlow in use", () => {
  assert.match(version(), /^2\.\d+\.\d+/);
  assert.match(device().name, /device:(CPU|GPU):0$/);
});

test("constant() keeps the true data type, castTo() changes it", () => {
  for (const [values, dtype] of [
    [[1, 2], "int64"],
    [[1, 255], "uint8"],
    [[1.5, 2], "float64"],
    [[1, 0], "bool"],
    [["a", "ß"], "string"],
  ] as const) {
    assert.equal(dataType(constant(values, [2], dtype)), dtype);
  }
  const cast = castTo(constant([7, -1], [2], "int64"), "int32");
  assert.equal(dataType(cast), "int32");
  assert.deepEqual([...cast.dataSync()], [7, -1]);
  assert.deepEqual([...castTo(constant([255], [1], "uint8"), "float32").dataSync()], [255]);
});

test("constant() refuses values that don't fill the shape, and types without JavaScript values", () => {
  assert.throws(() => constant([1], [2], "int32"), /expected 8 bytes, got 4/);
  assert.throws(() => constant([1], [1], "bfloat16"), /Cannot create constant: expected .*, got "bfloat16"/);
  assert.throws(() => constant(["a"], [2], "string"), /expected 2 values, got 1/);
});

test("bytesOf() gives the bytes of strings, whatever they are", () => {
  const bytes = new Uint8Array([0, 255, 10, 0]);
  const joined = executeOne(
    "StringJoin",
    [constant([bytes], [1], "string"), constant(["é"], [1], "string")],
    {
      N: attr.int(2),
    },
  );
  assert.deepEqual(bytesOf(joined).map((one) => [...one]), [[0, 255, 10, 0, 0xc3, 0xa9]]); // prettier-ignore
  assert.throws(() => bytesOf(tf.scalar(1)), /Cannot read strings: expected a string tensor, got float32/);
});

test("an operation that fails throws TensorFlow's message and code, ours and tfjs's alike", async () => {
  const x = tf.ones([3]);
  const refused = (run: () => unknown): TensorFlowError => {
    try {
      run();
    } catch (error) {
      if (error instanceof TensorFlowError) return error;
    }
    return assert.fail("expected a TensorFlowError");
  };
  const missing = refused(() => execute("NoSuchOp", []));
  assert.equal(missing.code, "NOT_FOUND");
  const shapes = refused(() => executeOne("Reshape", [x, tf.tensor1d([7], "int32")]));
  assert.equal(shapes.code, "INVALID_ARGUMENT");
  assert.match(shapes.message, /^Cannot execute "Reshape": INVALID_ARGUMENT: .*3 values.*7/);
  const gather = refused(() => tf.gatherND(x, tf.tensor2d([[9]], [1, 1], "int32")));
  assert.equal(gather.code, "INVALID_ARGUMENT");
  await assert.rejects(executeAsync("Reshape", [x, tf.tensor1d([7], "int32")]), {
    code: "INVALID_ARGUMENT",
    op: "Reshape",
  });
});

test("a disposed input is refused, not used", () => {
  const x = tf.ones([3]);
  const twice = trace((a: tf.Tensor) => a.mul(2));
  twice.sync(x).dispose();
  x.dispose();
  assert.throws(() => twice.sync(x), /disposed|not registered|undefined/i);
});

test("strings shared with another tensor survive the disposal of one of them", () => {
  const words = constant(["a long string that does not fit inline in its header ........"], [1], "string");
  const same = executeOne("Identity", [words]);
  words.dispose();
  assert.match(Buffer.from(bytesOf(same)[0] ?? []).toString(), /^a long string/);
});

test("executeAsync() may have its inputs disposed meanwhile, and leaks nothing", async () => {
  await settled();
  const before = memory();
  for (let i = 0; i < 50; i++) {
    const x = tf.fill([64, 64], i);
    const running = executeAsync("MatMul", [x, x]);
    x.dispose();
    const [product] = await running;
    assert.equal(product?.dataSync()[0], 64 * i * i);
    product?.dispose();
  }
  assert.deepEqual(memory(), before);
});

test("recordFunction() makes an operation with captures as further arguments, gone after dispose()", () => {
  const before = memory().functions;
  const offset = tf.scalar(10);
  const recorded = recordFunction((x) => [x === undefined ? offset : x.add(offset)], [tf.scalar(1)], "shift");
  assert.deepEqual(recorded.outputTypes, ["float32"]);
  assert.deepEqual(recorded.captures, [offset]);
  const [sum] = execute(recorded.name, [tf.scalar(5), ...recorded.captures]);
  assert.deepEqual([...(sum?.dataSync() ?? [])], [15]);
  recorded.dispose();
  recorded.dispose();
  assert.equal(memory().functions, before);
  assert.throws(() => execute(recorded.name, [tf.scalar(5), offset]), { code: "NOT_FOUND" });
});

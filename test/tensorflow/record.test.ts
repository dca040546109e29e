import assert from "node:assert/strict";
import test from "node:test";
import {
  attr,
  castTo,
  constant,
  dataType,
  executeOne,
  memory,
  random,
  recordFunction,
  tf,
  trace,
  unrecorded,
} from "../../src/tensorflow";
import { settleBeforeEach, settled } from "../settled";

settleBeforeEach();

const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
/** int64 [places, rank], as many places as are true. */
const where = (x: tf.Tensor): tf.Tensor => executeOne("Where", [x], { T: attr.type("bool") });

test("a recording computes nothing: what takes more memory than there is can be recorded", async () => {
  const before = await settled().then(memory);
  const x = tf.zeros<tf.Rank.R1>([2 ** 20]);
  const recorded = recordFunction(
    (row) => {
      const table = tf.outerProduct(row as tf.Tensor1D, row as tf.Tensor1D); // 4 TiB
      return [tf.matMul(table, table).relu().max(), row.mul(2)];
    },
    [x],
  );
  assert.deepEqual(recorded.outputShapes, [[], [2 ** 20]]);
  assert.equal(recorded.computedCount, 0);
  recorded.dispose();
  x.dispose();
  assert.deepEqual(memory(), before);
});

test("what shapes follow from is computed at the recording where it is data, and signatures() says so", async () => {
  const before = await settled().then(memory);
  let runs = 0;
  const rows: (number | undefined)[] = [];
  const brightest = trace((x: tf.Tensor) => {
    runs++;
    const table = tf.matMul(tf.outerProduct(x.as1D(), x.as1D()), tf.ones([4, 4])); // which no shape follows from
    const places = castTo(where(x.greater(2)), "int32");
    rows.push(places.shape[0]);
    return [places.add(1), places.mul(places.shape[0] ?? 0), table.sum()];
  });
  const x = tf.tensor1d([1, 3, 2, 5]);
  for (let call = 0; call < 2; call++) {
    const results = await brightest(x);
    assert.deepEqual(results.map(values), [[2, 4], [2, 6], [484]]); // prettier-ignore
    tf.dispose(results);
  }
  assert.deepEqual([runs, rows], [1, [2]]);
  assert.deepEqual(brightest.signatures().map(({ computed }) => computed), [2]); // prettier-ignore
  x.dispose();
  brightest.dispose();
  assert.deepEqual(memory(), before);
});

test("shapes computed in the graph are known without computing", () => {
  const x = tf.zeros([6, 4]);
  const shape = recordFunction(
    (y) => {
      const size = executeOne("Shape", [y], { T: attr.type("float32"), out_type: attr.type("int32") });
      const halved = executeOne("FloorDiv", [size, tf.tensor1d([2, 1], "int32")], { T: attr.type("int32") });
      const filled = executeOne("Fill", [halved, tf.scalar(7)], {
        T: attr.type("float32"),
        index_type: attr.type("int32"),
      });
      return [filled];
    },
    [x],
  );
  assert.deepEqual([shape.outputShapes, shape.computedCount], [[[3, 4]], 0]);
  shape.dispose();
  x.dispose();
});

test("a tensor kept inside a traced function has its value afterwards, a variable made there its first", async () => {
  const before = await settled().then(memory);
  const made: { kept?: tf.Tensor; input?: tf.Tensor; start?: tf.Variable } = {};
  const traced = trace((x: tf.Tensor) => {
    made.kept ??= tf.keep(x.mul(3).add(tf.range(0, 2)));
    made.input ??= tf.keep(x.clone());
    made.start ??= tf.variable(x.square());
    return made.kept.add(made.start).add(made.input);
  });
  const x = tf.tensor1d([1, 2]);
  const [first, second] = [await traced(x), await traced(x)];
  const { kept, input, start } = made;
  assert.ok(kept && input && start);
  assert.deepEqual([kept, input, start].map(values), [[3, 7], [1, 2], [1, 4]]); // prettier-ignore
  assert.deepEqual([first, second].map(values), [[5, 13], [5, 13]]); // prettier-ignore
  tf.dispose([x, first, second, kept, input, start]);
  traced.dispose();
  assert.deepEqual(memory(), before);
});

test("a variable made in a function that fails has its value, and serves when the function is called again", async () => {
  const made: { start?: tf.Variable; one?: tf.Tensor; sum?: tf.Tensor } = {};
  let fails = true;
  const traced = trace((x: tf.Tensor) => {
    made.start ??= tf.variable(x.square());
    made.one ??= tf.keep(tf.ones([2]).reshape([2]));
    made.sum ??= tf.keep(x.add(1));
    if (fails) throw new RangeError("not now");
    return made.start.add(x);
  });
  const x = tf.tensor1d([1, 2]);
  await assert.rejects(traced(x), /^RangeError: not now/);
  fails = false;
  const { start, sum } = made;
  assert.ok(start && sum);
  assert.deepEqual(values(start), [1, 4]);
  assert.throws(() => sum.dataSync(), /^Error: Cannot use a tensor: expected one with a value/);
  assert.deepEqual(values(await traced(x)), [2, 6]);
  traced.dispose();
});

test("a traced function called in another takes what the other has recorded, also what it closes over", async () => {
  const before = await settled().then(memory);
  const outer = trace((x: tf.Tensor) => {
    const scale = x.sum();
    const inner = trace((y: tf.Tensor) => y.mul(scale).add(tf.tensor1d([1])), { name: "inner" });
    const grown = trace((y: tf.Tensor) => tf.concat([y, y.mean().reshape([1])]), {
      name: "grown",
      batch: "any",
    });
    const places = trace((y: tf.Tensor) => castTo(where(y.greater(0)), "int32"), { name: "places" });
    return [grown.sync(grown.sync(inner.sync(x))), places.sync(x)];
  });
  const x = tf.tensor1d([1, 0, 2]);
  for (let call = 0; call < 2; call++) {
    const results = await outer(x);
    assert.deepEqual(results.map(values), [[4, 1, 7, 4, 4], [0, 2]]); // prettier-ignore
    tf.dispose(results);
  }
  x.dispose();
  outer.dispose();
  await new Promise(setImmediate);
  assert.equal(memory().tensors, before.tensors);
});

test("unrecorded() work takes what the function has made, and computes it", () => {
  let seen: number[] = [];
  const traced = trace((x: tf.Tensor) => {
    const [sum, own] = [x.add(1), tf.tensor1d([4, 5])];
    seen = unrecorded(() => values(sum.add(own)));
    return sum.add(own);
  });
  const result = traced.sync(tf.scalar(1));
  assert.deepEqual([seen, values(result)], [[6, 7], [6, 7]]); // prettier-ignore
});

for (const [what, fn, message] of [
  [
    "inputs that don't fit",
    (x: tf.Tensor) => executeOne("MatMul", [x, tf.ones([3, 3])]),
    /^Cannot execute "MatMul": INVALID_ARGUMENT: .*2 and 3/,
  ],
  [
    "an attribute of the wrong kind",
    (x: tf.Tensor) => executeOne("MatMul", [x, x], { transpose_a: attr.int(1) }),
    /^Cannot execute "MatMul": INVALID_ARGUMENT: [^]*transpose_a/,
  ],
  [
    "values that don't fill a shape",
    () => constant([1, 2], [3], "float32"),
    /^Cannot create tensor: expected 12 bytes, got 8/,
  ],
] as const) {
  test(`a recording refuses ${what}, naming the operation and the line`, async () => {
    const before = memory();
    const x = tf.ones([2, 2]);
    const traced = trace(fn);
    await assert.rejects(traced(x), (error: Error) => {
      assert.match(error.message, message);
      return /record\.test/.test(error.stack ?? "");
    });
    x.dispose();
    assert.deepEqual(memory(), before);
  });
}

test("what fails only when it is computed says which operation it was", async () => {
  const pick = trace((x: tf.Tensor1D, at: tf.Tensor1D) => tf.gather(x, at), { name: "_pick" });
  await assert.rejects(
    pick(tf.tensor1d([1, 2]), tf.tensor1d([5], "int32")),
    /^TensorFlowError: Cannot execute "_pick_\d+": INVALID_ARGUMENT: .*5 is not in \[0, 2\)[^]*GatherV2/,
  );
  pick.dispose();
});

test("true types and random numbers are in a recording what they are at once", async () => {
  const seed = random.seed(3);
  const draw = (x: tf.Tensor): tf.Tensor[] => [
    castTo(x, "int64"),
    castTo(x, "uint8"),
    random.truncatedNormal([2, 3], seed),
    tf.topk(x, 2).indices,
  ];
  const traced = trace(draw);
  const x = tf.tensor1d([3, 1, 2], "int32");
  const [recorded, eager] = [await traced(x), draw(x)];
  assert.deepEqual(recorded.map(dataType), ["int64", "uint8", "float32", "int32"]);
  const read = (all: readonly tf.Tensor[]): number[][] =>
    all.map((one) => values(dataType(one) === "float32" ? one : castTo(one, "int32")));
  assert.deepEqual(read(recorded), read(eager));
  traced.dispose();
});

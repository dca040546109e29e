/** Precision "auto": each call is computed once, the faster of both stays, and later functions know of it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { convolve, memory, random, tf, trace, type Traced } from "../../src/tensorflow";
import { hasBfloat16 } from "../../src/tensorflow/trace/remembered";
import { pattern } from "../patterns";
import { temporaryFolder } from "../temporary";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const skip = !hasBfloat16() && "this processor has no instructions for bfloat16";
const CALLS = 8;
let file = "";
let filter: tf.Tensor;

beforeEach(() => {
  filter = tf.tensor(pattern("measured/filter", [3, 3, 16, 16]), [3, 3, 16, 16]);
  process.env["SLIMLAB_CACHE"] = join(temporaryFolder("cache"), "made");
  file = join(process.env["SLIMLAB_CACHE"], "precision.json");
});

const images = (batch = 2): tf.Tensor4D =>
  tf.tensor4d(pattern("measured/x", [batch, 9, 9, 16]), [batch, 9, 9, 16]);
type Sum = Traced<[tf.Tensor4D], tf.Tensor>;
const sumOf = (options = {}): Sum =>
  trace((x: tf.Tensor4D) => convolve(x, filter).square().sum(), {
    name: "sum",
    precision: "auto",
    ...options,
  });

async function call(traced: Sum, times = 1, x = images()): Promise<number> {
  let value = NaN;
  for (let i = 0; i < times; i++) {
    const sum = await traced(x);
    [value = NaN] = sum.dataSync();
    sum.dispose();
  }
  x.dispose();
  return value;
}

const chosen = (traced: Sum): string[] => traced.signatures().map(({ precision }) => precision);

test("each call is computed, assigned and drawn once, and the faster recording stays", { skip }, async () => {
  const before = memory();
  const [zero, own] = [tf.scalar(0), tf.ones([3, 3, 16, 16])];
  const counter = tf.variable(zero);
  const traced = trace(
    (x: tf.Tensor4D, seed: tf.Tensor1D) => {
      counter.assign(counter.add(1));
      const drawn = random.uniform([], seed);
      return { drawn, y: convolve(x, own) };
    },
    { name: "counted", precision: "auto" },
  );
  const x = images();
  for (let i = 0; i < CALLS + 2; i++) {
    const seed = random.seed(1, i);
    const { drawn, y } = await traced(x, seed);
    const expected = random.uniform([], seed);
    assert.equal(drawn.dataSync()[0], expected.dataSync()[0]);
    assert.equal(counter.dataSync()[0], i + 1);
    assert.equal(traced.signatures().length, i === 0 ? 1 : i < CALLS - 1 ? 2 : 1);
    tf.dispose([seed, drawn, y, expected]);
  }
  const [{ precision, measured } = {}] = traced.signatures();
  assert.ok(measured !== undefined && measured.float32 > 0 && measured.bfloat16 > 0);
  assert.equal(precision, measured.bfloat16 < 0.95 * measured.float32 ? "bfloat16" : "float32");
  traced.dispose();
  tf.dispose([x, zero, own, counter]);
  assert.deepEqual(memory(), before);
}); // prettier-ignore

test("what was measured is known to later functions of the same operations and shapes, and to no others", { skip }, async () => {
  const first = sumOf();
  await call(first, CALLS);
  const [known] = first.signatures();
  const again = sumOf();
  await call(again);
  assert.deepEqual(again.signatures(), [known]);
  const others = [sumOf(), trace((x: tf.Tensor4D) => convolve(x, filter).sum(), { precision: "auto" })];
  for (const [i, other] of others.entries()) {
    await call(other, 1, images(i === 0 ? 3 : 2));
    assert.equal(other.signatures()[0]?.measured, undefined);
    other.dispose();
  }
  for (const one of [first, again]) one.dispose();
}); // prettier-ignore

test("bfloat16 is kept if it saves a twentieth", { skip }, async () => {
  const first = sumOf();
  await call(first, CALLS);
  first.dispose();
  const [key = ""] = Object.keys(JSON.parse(readFileSync(file, "utf8")) as object);
  for (const [bfloat16, expected] of [[0.5, "bfloat16"], [0.94, "bfloat16"], [0.96, "float32"], [2, "float32"]] as const) {
    writeFileSync(file, JSON.stringify({ [key]: { float32: 1, bfloat16 } }));
    const traced = sumOf();
    await call(traced);
    assert.deepEqual(chosen(traced), [expected]);
    assert.deepEqual(traced.signatures()[0]?.measured, { float32: 1, bfloat16 });
    traced.dispose();
  }
}); // prettier-ignore

test("a file that is spoilt, and a folder that can't be made, only mean that it is measured again", { skip }, async () => {
  mkdirSync(join(file, ".."));
  for (const spoilt of ["", "null", "[1", '{"a": 1}']) {
    writeFileSync(file, spoilt);
    const traced = sumOf();
    await call(traced, CALLS);
    assert.equal(traced.signatures()[0]?.measured === undefined, false, spoilt);
    traced.dispose();
  }
  process.env["SLIMLAB_CACHE"] = join(file, "in-a-file");
  const traced = sumOf();
  await call(traced, CALLS);
  assert.ok(traced.signatures()[0]?.measured !== undefined && !existsSync(join(file, "in-a-file")));
  traced.dispose();
}); // prettier-ignore

test("of an open batch one size is measured, and the others follow", { skip }, async () => {
  const traced = sumOf({ batch: "any" });
  for (let i = 0; i < CALLS - 1; i++) {
    await call(traced);
    await call(traced, 1, images(5));
  }
  assert.deepEqual(chosen(traced).sort(), ["bfloat16", "float32"]);
  const sum = traced.sync(images());
  const [kept] = traced.signatures();
  assert.ok(kept?.measured !== undefined && traced.signatures().length === 1);
  await call(traced, 1, images(5));
  assert.deepEqual(traced.signatures(), [kept]);
  sum.dispose();
  traced.dispose();
});

test("inside another function it is float32 until it is chosen", { skip }, async () => {
  const inner = sumOf();
  const outer = trace((x: tf.Tensor4D) => inner.sync(x).mul(2), { name: "outer" });
  const x = images();
  const doubled = await outer(x);
  assert.deepEqual(chosen(inner), ["float32"]);
  const value = await call(inner, CALLS);
  const later = await outer(x); // its recording lives on, whichever was forgotten
  assert.equal(later.dataSync()[0], doubled.dataSync()[0]);
  assert.ok(Math.abs(2 * value - (later.dataSync()[0] ?? NaN)) < 1e-2 * value);
  tf.dispose([x, doubled, later]);
  for (const one of [inner, outer]) one.dispose();
});

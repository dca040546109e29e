import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test, type TestContext } from "node:test";
import { readEvents, readScalars, SummaryWriter, type EventPoint } from "../../src/summary";
import { constant, memory, tf, trace } from "../../src/tensorflow";
import { skip } from "../python";
import { readWithPython } from "./python";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "slimlab-summary-"));
  t.after(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

interface PythonHistogram {
  readonly bucket: readonly number[];
  readonly bucket_limit: readonly number[];
}

function histogramIn(value: unknown): PythonHistogram {
  assert.ok(typeof value === "object" && value !== null);
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- readWithPython's script makes it
  return value as PythonHistogram;
}

async function all(path: string): Promise<EventPoint[]> {
  const points: EventPoint[] = [];
  for await (const point of readEvents(path)) points.push(point);
  return points;
}

test("Python TensorFlow reads what SummaryWriter has written, and nothing else", { skip }, async (t) => {
  const before = memory();
  const writer = new SummaryWriter(folder(t), { filenameSuffix: ".mine" });
  assert.match(basename(writer.path), /^events\.out\.tfevents\.\d{10}\..+\.mine$/);
  for (let step = 0; step < 25; step++) writer.scalar("loss", 1 / (step + 1), step);
  writer.scalar("bad", NaN, 2 ** 40);
  const values = tf.tensor2d([-2, 0, 0.5, 1e-7, 1e9, 0.5], [2, 3]);
  const histogram = writer.histogram("weights", values, 3);
  values.dispose();
  const pixels = constant(new Uint8Array(Array.from({ length: 24 }, (_, i) => i)), [2, 2, 2, 3], "uint8");
  const floats = tf.tensor3d([0, 0.5, 1, 2], [2, 2, 1]);
  const images = [writer.image("bytes", pixels, 4, { maxOutputs: 2 }), writer.image("floats", floats, 4)];
  tf.dispose([pixels, floats]);
  writer.text("note", "**größer**", 5);
  await Promise.all([histogram, ...images]);
  await writer.close();
  assert.deepEqual(memory(), before);

  const { versions, starts, values: read } = await readWithPython(writer.path);
  assert.deepEqual({ versions, starts }, { versions: ["brain.Event:2"], starts: [] });
  const loss = read.filter(({ tag }) => tag === "loss");
  assert.deepEqual(
    loss.map(({ step, value }) => ({ step, value })),
    Array.from({ length: 25 }, (_, step) => ({ step, value: Math.fround(1 / (step + 1)) })),
  );
  assert.deepEqual(
    read.slice(25).map(({ step, tag, plugin }) => ({ step, tag, plugin })),
    [
      { step: 2 ** 40, tag: "bad", plugin: "" },
      { step: 3, tag: "weights", plugin: "" },
      { step: 4, tag: "bytes", plugin: "images" },
      { step: 4, tag: "floats", plugin: "images" },
      { step: 5, tag: "note", plugin: "text" },
    ],
  );
  const { bucket, bucket_limit, ...moments } = histogramIn(read[26]?.value);
  assert.deepEqual(moments, {
    min: -2,
    max: 1e9,
    num: 6,
    sum: 1e9 - 1 + Math.fround(1e-7),
    sum_squares: 1e18,
  });
  assert.deepEqual(
    bucket.filter((n) => n > 0),
    [1, 1, 1, 2, 1],
  ); // the two 0.5 lie in one
  const top = bucket_limit.findIndex((limit) => limit > 0.5);
  assert.ok(Math.abs((bucket_limit[top] ?? 0) / (bucket_limit[top - 1] ?? 1) - 1.1) < 1e-9);
  const rows = (from: number): number[][][] =>
    [0, 1].map((y) => [0, 1].map((x) => [0, 1, 2].map((c) => from + 6 * y + 3 * x + c)));
  assert.deepEqual(read[27]?.value, ["2", "2", rows(0), rows(12)]);
  assert.deepEqual(read[28]?.value, [
    "2",
    "2",
    [
      [[0], [128]],
      [[255], [255]],
    ],
  ]);
  assert.deepEqual(read[29]?.value, ["**größer**"]);
});

test("readEvents() gives back what SummaryWriter has written", async (t) => {
  const writer = new SummaryWriter(folder(t));
  const started = Date.now() / 1000;
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 10 ** ((i % 13) - 9));
  const histograms = [writer.histogram("h", values, 1), writer.histogram("h", [1, 2, 2, 3], 2)];
  writer.scalar("s", 0.1, 2);
  writer.text("t", "a", 3);
  writer.hparams({ learningRate: 0.1, optimizer: "momentum", nesterov: true }, ["s"]);
  await Promise.all(histograms);
  await writer.close();
  const points = await all(writer.logDir);
  assert.deepEqual(
    points.map(({ kind, tag, step, run, file }) => ({ kind, tag, step, run, file })),
    [
      { kind: "histogram", tag: "h", step: 1 },
      { kind: "histogram", tag: "h", step: 2 },
      { kind: "scalar", tag: "s", step: 2 },
      { kind: "text", tag: "t", step: 3 },
    ].map((point) => ({ ...point, run: ".", file: writer.path })),
  );
  assert.ok(points.every(({ wallTime }) => Math.abs(wallTime - started) < 60));
  const [first] = points;
  assert.ok(first?.kind === "histogram");
  const { min, max, count, buckets } = first.value;
  assert.deepEqual({ min, max, count }, { min: Math.min(...values), max: Math.max(...values), count: 1000 });
  for (const { left, right, count: inside } of buckets) {
    const isLast = right === max;
    const expected = values.filter(
      (value) => value >= left && (value < right || (isLast && value === right)),
    );
    assert.equal(inside, expected.length, `${left} … ${right}`);
  }
});

test("a resumed run's points take the place of those that it writes again", { skip }, async (t) => {
  const dir = folder(t);
  const first = new SummaryWriter(dir);
  for (let step = 1; step <= 10; step++) first.scalar("loss", step, step);
  await first.flush(); // and the process ends here, after a checkpoint at step 6
  const second = new SummaryWriter(dir, { purgeStep: 7 });
  for (let step = 7; step <= 12; step++) second.scalar("loss", 100 + step, step);
  await Promise.all([first.close(), second.close()]);
  assert.ok(readdirSync(dir).sort()[1] === basename(second.path), "readers go by the order of names");
  assert.deepEqual((await readWithPython(second.path)).starts, [7, 7]);
  const [series, ...others] = await readScalars(dir);
  assert.deepEqual(others, []);
  assert.deepEqual(series?.steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.deepEqual(series.values, [1, 2, 3, 4, 5, 6, 107, 108, 109, 110, 111, 112]);
  const everything = await readScalars(dir, { includePurged: true });
  assert.equal(everything[0]?.steps.length, 16);
});

test("graph() keeps a traced function's operations in the layers of their variables", { skip }, async (t) => {
  const weights = tf.variable(tf.ones([3, 2]), true, "net/layer1/weights");
  const dense = trace(
    (x: tf.Tensor) => {
      const y = tf.relu(tf.matMul(x, weights));
      weights.assign(tf.mul(weights, 0.5));
      return y;
    },
    { name: "dense" },
  );
  t.after(() => {
    dense.dispose();
    weights.dispose();
  });
  const writer = new SummaryWriter(folder(t));
  assert.throws(() => {
    writer.graph(dense);
  }, /^Error: Cannot draw "dense": expected a recording, got a function that was never called$/);
  tf.dispose(await dense(tf.ones([4, 3])));
  writer.graph(dense);
  await writer.close();
  const { nodes } = await readWithPython(writer.path);
  const byName = new Map(nodes.map(([name, op, inputs]) => [name, { op, inputs }]));
  assert.deepEqual(byName.get("net/layer1/BatchMatMulV2"), {
    op: "BatchMatMulV2",
    inputs: ["argument_0", "net/layer1/weights"],
  });
  assert.deepEqual(byName.get("output_0"), { op: "Identity", inputs: ["net/layer1/Relu"] });
  assert.deepEqual(byName.get("updates/net/layer1/weights"), { op: "Identity", inputs: ["net/layer1/Mul"] });
  const missing = nodes.flatMap(([, , inputs]) =>
    inputs.filter((input) => !byName.has(input.split(":")[0] ?? "")),
  );
  assert.deepEqual(missing, []);
});

test("SummaryWriter writes by itself when maxQueue events wait or flushSecs are over", async (t) => {
  const writer = new SummaryWriter(folder(t), { maxQueue: 3, flushSecs: 0.2 });
  const size = (): number => statSync(writer.path).size;
  const empty = size();
  const grows = async (ms: number): Promise<number> => {
    const [before, end] = [size(), Date.now() + ms];
    while (size() === before && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    return size() - before;
  };
  for (let step = 0; step < 3; step++) writer.scalar("a", 1, step);
  assert.equal(size(), empty);
  writer.scalar("a", 1, 3);
  assert.ok((await grows(5000)) > 0, "the queue was full");
  writer.scalar("a", 1, 4);
  assert.ok((await grows(5000)) > 0, "the time was over");
  await writer.close();
  await writer.close();
  assert.equal((await all(writer.path)).length, 5);
});

test("SummaryWriter refuses what it cannot write", async (t) => {
  const dir = folder(t);
  const writer = new SummaryWriter(dir);
  await assert.rejects(writer.histogram("h", [1, NaN], 1), {
    name: "RangeError",
    message: 'Cannot write histogram "h": expected finite values, got others',
  });
  assert.throws(
    () => writer.image("i", tf.zeros([2, 2]), 1),
    /Cannot write image "i": expected \[height, .* got \[2,2\]$/,
  );
  assert.throws(() => {
    writer.scalar("s", 1, 0.5);
  }, /^RangeError: Cannot write "s": expected a whole step of 0 or more, got 0.5$/);
  writer.scalar("s", 1, 1);
  await writer.close();
  assert.deepEqual(
    (await all(dir)).map(({ tag }) => tag),
    ["s"],
  );
  assert.throws(() => {
    writer.scalar("s", 1, 2);
  }, /^Error: Cannot write events to ".*": expected an open writer, got one that is closed$/);
  assert.throws(
    () => new SummaryWriter(writer.path),
    /^Error: Cannot write events to ".*": expected a folder to write to, got /,
  );
  assert.throws(
    () => new SummaryWriter(dir, { flushSecs: 0 }),
    /^RangeError: Cannot create summary writer: expected flushSecs above 0, got 0$/,
  );
});

test("a file that can grow no more is an error, and ends with its last whole record", async (t) => {
  const dir = folder(t);
  const program = `
    const { SummaryWriter } = require(${JSON.stringify(join(__dirname, "../../src/summary"))});
    const writer = new SummaryWriter(${JSON.stringify(dir)}, { maxQueue: 1000 });
    const said = [];
    const write = async (from, to) => {
      for (let step = from; step < to; step++) writer.scalar("loss", step, step);
      await writer.flush();
    };
    write(0, 5)
      .then(() => write(5, 100))
      .catch((error) => said.push(error.message))
      .then(() => writer.scalar("loss", 1, 100))
      .catch((error) => said.push(error.message))
      .then(() => writer.close())
      .catch((error) => said.push(error.message))
      .then(() => console.log(JSON.stringify(said)));`;
  const limited = `trap "" XFSZ; ulimit -f 1; exec "$0" -e "$1"`; // blocks of 1024 bytes
  const output = execFileSync("bash", ["-c", limited, process.execPath, program], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const said: unknown = JSON.parse(output);
  assert.ok(Array.isArray(said) && said.length === 3, output);
  for (const message of said) {
    assert.match(String(message), /^Cannot write events to ".*": expected a file that can grow, got EFBIG/);
  }
  assert.deepEqual((await readScalars(dir))[0]?.steps, [0, 1, 2, 3, 4]);
});

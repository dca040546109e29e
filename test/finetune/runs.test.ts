import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { compareRuns, fineTune, type ComparedRuns } from "../../src/finetune";
import { createSeries } from "../../src/finetune/runs/series";
import { Dataset } from "../../src/input";
import { SummaryWriter } from "../../src/summary";
import { createTrainStep, csvLog, adamOptimizer, tensorboard, train, type Batch } from "../../src/training";
import { fixturePath, readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";
import { patternBatch, thinModel } from "../training/thin";

/** By folder, then tag: what TensorBoard's Python reads, which keeps steps that came again. */
type Fixture = Readonly<
  Record<string, Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>>
>;

const expected = readFixture<Fixture>("runs");

/** The points of a curve. */
function curve(runs: ComparedRuns, run: string, metric: string, isTrain: boolean): unknown {
  const { data, layout } = runs.figure();
  const axis = Object.entries(layout).find(([, value]) =>
    JSON.stringify(value)?.includes(`{"text":"${metric}"}`),
  );
  const y = axis?.[0].replace("yaxis", "y");
  const found = data.find((trace) => trace["name"] === run && (trace["yaxis"] ?? "y") === y && (trace["mode"] === "lines") === isTrain); // prettier-ignore
  assert.ok(found !== undefined, `${run} ${metric}`);
  const [x, values] = [found["x"], found["y"]].map((all): unknown[] => (Array.isArray(all) ? all : []));
  return x?.map((step, i) => [step, values?.[i]]);
}

test("compareRuns() reads what Keras, PyTorch and TensorFlow write as TensorBoard does", async () => {
  const runs = await compareRuns(fixturePath("runs"), { smoothing: 0 });
  assert.deepEqual(runs.runs.map(({ run, steps }) => [run, steps]), [["keras", 8], ["tensorflow", 8], ["torch", 5]]); // prettier-ignore
  for (const [folder, tag, ...[run, metric, isTrain]] of [
    ["keras/train", "epoch_loss", "keras", "loss", true],
    ["keras/validation", "epoch_loss", "keras", "loss", false],
    ["keras/validation", "epoch_mae", "keras", "mae", false],
    ["torch", "Loss/train", "torch", "Loss", true],
    ["torch", "Loss/val", "torch", "Loss", false],
    ["torch/accuracy_train", "accuracy", "torch", "accuracy", true],
    ["torch/accuracy_val", "accuracy", "torch", "accuracy", false],
  ] as const) {
    const points = expected[folder]?.[tag]?.map(([step, value]) => [step, Math.fround(value)]);
    assert.deepEqual(curve(runs, run, metric, isTrain), points, `${folder} ${tag}`);
  }
  // Of the steps that the resumed run has written again its values stand, as on TensorBoard's default page.
  const loss = expected["tensorflow"]?.["loss"] ?? [];
  const standing = [...loss.slice(0, 4), ...loss.slice(6)].map(([step, value]) => [step, Math.fround(value)]);
  assert.deepEqual(curve(runs, "tensorflow", "loss", true), standing);
  const [keras, , torch] = runs.runs;
  assert.deepEqual(keras?.hyperparameters, { rate: 0.1, optimizer: "sgd" });
  assert.deepEqual(torch?.hyperparameters, { rate: 0.001, optimizer: "adam" });
  const { validation } = torch.metrics["Loss"] ?? {};
  assert.deepEqual(validation, {
    best: { value: Math.fround(0.675), step: 3 },
    last: { value: 0.75, step: 5 },
  });
});

test("compareRuns() tells what of fineTune() and train() differs, by step, epoch and time", async () => {
  const folder = temporaryFolder("runs");
  const data = (name: string, count: number): Dataset<Batch> => {
    const [{ image }, label] = patternBatch(name, count);
    return Dataset.fromTensorSlices([{ image }, label] as const).batch(4);
  };
  const told = (name: string) => {
    const path = join(folder, name);
    return [
      tensorboard(path, { everySteps: 1, hyperparameters: { augment: name } }),
      csvLog(join(path, "epochs.csv")),
    ];
  };
  const model = thinModel({ architecture: "resnet_v1_14" });
  const shared = { train: data("photos", 12), validation: data("held back", 8), epochs: 1 };
  const { epochs } = await fineTune(model, { ...shared, learningRate: 1e-5, callbacks: told("first") });
  const [last] = epochs.slice(-1);
  await fineTune(model, { ...shared, optimizer: adamOptimizer(), callbacks: told("second") });
  const step = createTrainStep(model, {
    learningRate: 1e-4,
    scopesToFreeze: "resnet_v1_14/block1",
    globalStep: 0,
  });
  await train(step, data("photos", 12), { callbacks: told("third") });
  step.dispose();
  model.dispose();
  const runs = await compareRuns(folder, { x: "epoch" });
  const rows = runs.table().rows.map(({ run, optimizer, learningRate, scopesToFreeze, batchSize, augment, steps }) => ({ run, optimizer, learningRate, scopesToFreeze, batchSize, augment, steps })); // prettier-ignore
  const freeze = undefined;
  assert.deepEqual(rows, [
    { run: "first", optimizer: "Momentum", learningRate: 1e-5, scopesToFreeze: freeze, batchSize: undefined, augment: "first", steps: 6 },
    { run: "second", optimizer: "Adam beta1 one cycle 0.95, 0.85, 0.95", learningRate: 0.01, scopesToFreeze: freeze, batchSize: undefined, augment: "second", steps: 12 },
    { run: "third", optimizer: "Momentum", learningRate: 1e-4, scopesToFreeze: "resnet_v1_14/block1", batchSize: undefined, augment: "third", steps: 3 },
  ]); // prettier-ignore
  assert.ok(!runs.table().columns.includes("batchSize"), "what is the same in all is not told");
  assert.equal(runs.runs[0]?.hyperparameters["batchSize"], 4);
  const { validation } = runs.runs[0].metrics["crossEntropy"] ?? {};
  assert.equal(validation?.last.value, Math.fround(last?.validationLoss ?? NaN));
  assert.deepEqual(curve(runs, "third", "crossEntropy", true), curve(await compareRuns(join(folder, "third"), { x: "epoch" }), "third", "crossEntropy", true)); // prettier-ignore
  assert.deepEqual(
    runs.figure().data[0]?.["x"],
    [1 / 3, 2 / 3, 1, 1 + 1 / 3, 1 + 2 / 3, 2],
    "steps between the epochs' ends",
  );
  const times = (await compareRuns(folder, { x: "time" })).figure().data[0]?.["x"];
  assert.ok(
    Array.isArray(times) && times[0] === 0 && times.every((time, i) => i === 0 || time >= times[i - 1]),
  );
  const bundle = bundleOf(runs);
  assert.match(String(bundle["text/html"]), /^<div style="overflow:auto"><table>.*<div id="slimlab-/s);
  assert.match(bundle["text/plain"], /^run +optimizer +learningRate +augment +scopesToFreeze|^run +/);
});

test("compareRuns() reads runs that go on: half-written files, a resumed log, unequal tags, metrics that are no number", async () => {
  const folder = temporaryFolder("runs");
  const write = async (name: string, values: readonly number[], from = 0): Promise<string> => {
    const writer = new SummaryWriter(join(folder, name));
    values.forEach((value, i) => writer.scalar("loss", value, from + i));
    await writer.close();
    return writer.path;
  };
  await write("one", [3, 2, 1, 0]);
  const path = await write("one", [2.5, NaN, 2.25], 1);
  appendFileSync(path, readFileSync(path).subarray(0, 20)); // a record that is still being written
  const other = new SummaryWriter(join(folder, "two"));
  other.scalar("top5", 0.5, 7);
  other.scalar("speed", 3, 7);
  await other.flush();
  const runs = await compareRuns([join(folder, "one"), join(folder, "two")]);
  assert.deepEqual(runs.runs.map(({ metrics }) => metrics), [
    { loss: { train: { last: { value: 2.25, step: 3 }, best: { value: 2.25, step: 3 } } } },
    { top5: { train: { last: { value: 0.5, step: 7 }, best: { value: 0.5, step: 7 } } } },
  ]); // prettier-ignore
  await other.close();
  const speed = await compareRuns(folder, { metrics: ["speed"], modes: { speed: "max" } });
  assert.deepEqual(speed.table().rows, [
    { run: "one", steps: 3, seconds: speed.table().rows[0]?.["seconds"], "train speed": undefined, "best train speed": undefined },
    { run: "two", steps: 7, seconds: 0, "train speed": 3, "best train speed": "3 at 7" },
  ]); // prettier-ignore
  const bare = await compareRuns(folder, { metrics: /^speed$/ });
  assert.deepEqual(bare.table().columns, ["run", "steps", "seconds", "train speed"]);
});

test("compareRuns() takes what csvLog() has written alone, its last line half written, an epoch twice", async () => {
  const folder = temporaryFolder("runs");
  const header = 'epoch;globalStep;trainLoss;seconds;validationLoss;a;"b;c"\n';
  writeFileSync(
    join(folder, "log.csv"),
    `${header}1;10;0.5;2;0.75;1;1\n2;20;0.25;2;0.5;1;1\n${header}2;20;0.125;3;NaN;1;1\n3;3`,
  );
  writeFileSync(join(folder, "other.csv"), "name,value\na,1\n");
  const { runs } = await compareRuns(folder, { metrics: ["crossEntropy", "b;c"] });
  assert.deepEqual(runs[0], {
    ...{ run: runs[0]?.run, folder, hyperparameters: {}, steps: 20, seconds: 5 },
    metrics: {
      crossEntropy: {
        train: { last: { value: 0.125, step: 20 }, best: { value: 0.125, step: 20 } },
        validation: { last: { value: NaN, step: 20 }, best: { value: 0.75, step: 10 } },
      },
      "b;c": { train: { last: { value: 1, step: 20 }, best: undefined } },
    },
  });
  cpSync(fixturePath("runs/keras/log.csv"), join(folder, "log.csv"));
  const keras = await compareRuns(folder, { smoothing: 0 });
  const points = expected["keras/validation"]?.["epoch_loss"] ?? [];
  assert.deepEqual(String(curve(keras, keras.runs[0]?.run ?? "", "loss", false)), points.map(([step], i) => [step, [1.0508458614349365, 0.6260138750076294, 0.4336260259151459, 0.33682188391685486][i]]).toString()); // prettier-ignore
});

test("compareRuns() refuses folders that are missing or have no runs, and options that are none", async () => {
  const folder = temporaryFolder("runs");
  mkdirSync(join(folder, "empty"));
  const cannot = "Cannot compare runs: expected";
  const files = (path: string): string => `${cannot} event files, or what csvLog() wrote, in "${path}", got`;
  const none = join(folder, "none");
  for (const [folders, options, message] of [
    [none, {}, `${files(none)} nothing there`],
    [[fixturePath("runs"), folder], {}, `${files(folder)} none`],
    [[], {}, `${cannot} a folder or more, got none`],
    [fixturePath("runs"), { smoothing: 1 }, `${cannot} smoothing in 0 … 1, but not 1, got 1`],
    [fixturePath("runs"), { metrics: ["lost"] }, `${cannot} metrics lost, got none`],
    [
      fixturePath("runs/torch"),
      { x: "epoch" },
      /^Cannot compare runs by epoch: expected the epochs of ".*torch", as tensorboard\(\) or csvLog\(\) writes them, got none$/,
    ],
  ] as const)
    // prettier-ignore
    await assert.rejects(compareRuns(folders, options), { name: "RangeError", message });
});

test("of a long series so many points are kept as a figure shows, the best and the last exactly", () => {
  const series = createSeries("min", 0);
  const value = (step: number): number => (step === 77_777 ? -1 : Math.sin(step));
  for (let step = 0; step < 100_001; step++) series.add({ step, wallTime: step, value: value(step) });
  const { points, best, last, count } = series;
  assert.ok(points.length > 1000 && points.length <= 2001, String(points.length));
  const gaps = new Set(points.slice(1, -1).map(({ step }, i) => step - (points[i]?.step ?? NaN)));
  assert.equal(gaps.size, 1);
  assert.deepEqual([points[0]?.step, best?.step, last?.step, count], [0, 77_777, 100_000, 100_001]);
});

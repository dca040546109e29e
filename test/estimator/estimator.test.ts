import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  Estimator,
  FinalExporter,
  ModeKeys,
  trainAndEvaluate,
  type ModelFn,
  type Predict,
  type RunHook,
} from "../../src/estimator";
import { createPredictInputFn, loadSavedModel } from "../../src/export";
import { readEvents } from "../../src/summary";
import { Dataset, TFRecordDataset } from "../../src/input";
import { bytesOf, decodeEvent, memory, tf } from "../../src/tensorflow";
import { CLASSES, SIDE, temporaryFolder, thinInput, thinModelFn } from "./thin";

const folder = temporaryFolder();

async function tagsIn(path: string): Promise<Record<string, number[]>> {
  const tags: Record<string, number[]> = {};
  for await (const { run, tag, step } of readEvents(path)) if (run === ".") (tags[tag] ??= []).push(step);
  return tags;
}

/** How many graphs the event files of a folder hold. */
async function graphsIn(path: string): Promise<number> {
  const files = readdirSync(path).filter((name) => name.includes("tfevents"));
  let graphs = 0;
  for await (const record of TFRecordDataset(files.map((name) => join(path, name)))) {
    const [bytes = new Uint8Array()] = bytesOf(record);
    if (decodeEvent(bytes).graph !== undefined) graphs++;
  }
  return graphs;
}

test("trainAndEvaluate() trains, evaluates at each checkpoint, exports, and has nothing left to do", async () => {
  const before = memory();
  const modelDir = join(folder, "whole");
  const [training, evaluating] = [thinInput("train", "train"), thinInput("eval", "evaluate", 10)];
  const modelFn = thinModelFn();
  const modes: string[] = [];
  const counting: typeof modelFn = Object.assign((...args: Parameters<typeof modelFn>) => {
    modes.push(args[2]);
    return modelFn(...args);
  }, modelFn);
  const config = { saveCheckpointsSteps: 4, saveSummarySteps: 5, logStepCountSteps: 5, keepCheckpointMax: 2 };
  const estimator = new Estimator({ modelFn: counting, modelDir, config });
  const happened: string[] = [];
  const hook: RunHook = {
    begin: () => void happened.push("begin"),
    afterCreateSession: ({ globalStep }) => void happened.push(`created ${globalStep}`),
    checkpointSaved: ({ globalStep }) => void happened.push(`saved ${globalStep}`),
    end: ({ globalStep }) => void happened.push(`end ${globalStep}`),
  };
  const trainSpec = { inputFn: training.inputFn, maxSteps: 10, hooks: [hook] };
  const evalSpec = {
    inputFn: evaluating.inputFn,
    steps: null,
    throttleSecs: 0,
    hooks: [
      { end: ({ globalStep }: { globalStep: number }) => void happened.push(`evaluated ${globalStep}`) },
    ],
    exporters: new FinalExporter({ name: "servo", labels: ["dark", "grey", "light"] }),
  };
  const { metrics, exports } = await trainAndEvaluate(estimator, trainSpec, evalSpec);
  const order =
    "begin, saved 0, created 0, saved 4, evaluated 4, saved 8, evaluated 8, saved 10, evaluated 10, end 10";
  assert.deepEqual(happened, order.split(", "));
  assert.deepEqual(Object.keys(metrics ?? {}).sort(), ["accuracy", "crossEntropy", "global_step", "loss"]);
  assert.equal(metrics?.global_step, 10);
  const { "global_step/sec": speed, loss, accuracy, learning_rate } = await tagsIn(modelDir);
  assert.deepEqual({ speed, loss, accuracy, learning_rate }, { speed: [6], loss: [1, 6], accuracy: [1, 6], learning_rate: [1, 6] }); // prettier-ignore
  assert.deepEqual(await tagsIn(join(modelDir, "eval")), {
    accuracy: [4, 8, 10],
    crossEntropy: [4, 8, 10],
    loss: [4, 8, 10],
    checkpoint_path: [4, 8, 10],
  });
  assert.equal(await graphsIn(modelDir), 1);
  const checkpoints = readdirSync(modelDir).filter((name) => name.endsWith(".index"));
  assert.deepEqual(checkpoints, ["model.ckpt-10.index", "model.ckpt-8.index"]);
  assert.equal(estimator.latestCheckpoint(), join(modelDir, "model.ckpt-10"));
  const [servo] = exports;
  assert.equal(servo?.startsWith(join(modelDir, "export/servo/")), true);
  const served = loadSavedModel(servo ?? "");
  assert.ok("examples" in served.signature.inputs);
  served.dispose();

  assert.deepEqual(await trainAndEvaluate(estimator, trainSpec, evalSpec), {
    metrics: undefined,
    exports: [],
  });
  const again = await estimator.evaluate({ inputFn: evalSpec.inputFn });
  assert.deepEqual(again, metrics);

  const predictions = [];
  for await (const one of estimator.predict({ inputFn: evalSpec.inputFn })) predictions.push(one);
  assert.equal(predictions.length, 10);
  const labels = await evaluating.label.data();
  const hits = predictions.filter(({ classes }, i) => classes === labels[i]).length;
  assert.equal(hits / 10, metrics?.["accuracy"]);
  assert.deepEqual(predictions.map(({ probabilities }) => [probabilities].flat().length), Array(10).fill(CLASSES)); // prettier-ignore

  assert.ok(estimator.getVariableNames().includes("Predict/logits/biases/Momentum"));
  const biases = estimator.getVariableValue("Predict/logits/biases");
  assert.deepEqual(biases.shape, [CLASSES]);
  biases.dispose();
  assert.deepEqual(modes, ["train", "eval", "infer"]); // so nothing is compiled twice
  await estimator.dispose();
  modelFn.dispose();
  for (const input of [training, evaluating]) input.dispose();
  assert.deepEqual(memory(), before);
});

test("a model function of one's own exports its own signatures, and predicts from features alone", async () => {
  const before = memory();
  const training = thinInput("train", "train");
  const classifier = thinModelFn();
  const modelFn: ModelFn<{ scale: number }> = (features, labels, mode, params, config) => {
    const spec = classifier(features, labels, mode, params, config);
    if (mode !== ModeKeys.PREDICT) return spec;
    const predictions: Predict = (given) => {
      const image = given instanceof tf.Tensor ? given : given["image"];
      return { brightness: (image ?? tf.zeros([1])).mean([1, 2, 3]).mul(params.scale) };
    };
    return { ...spec, predictions, exportOutputs: { brightness: predictions } };
  };
  const estimator = new Estimator({ modelFn, params: { scale: 2 }, modelDir: join(folder, "own") });
  const image = tf.fill([3, SIDE, SIDE, 3], 50);
  const images = Dataset.fromTensorSlices(image).batch(2);
  await assert.rejects(
    estimator.predict({ inputFn: () => images }).next(),
    /Cannot predict: expected a checkpoint/,
  );
  assert.equal((await estimator.train({ inputFn: training.inputFn, steps: 1 }))?.globalStep, 1);
  const predictions = [];
  for await (const one of estimator.predict({ inputFn: () => images })) predictions.push(one);
  assert.deepEqual(predictions, Array(3).fill({ brightness: 100 }));
  const receiver = createPredictInputFn({ receive: "images", side: SIDE });
  const version = await estimator.exportSavedModel(join(folder, "own/export"), { receiver });
  const served = loadSavedModel(version, { signature: "brightness" });
  const answer = served.predict({ image });
  assert.deepEqual([...(answer["brightness"]?.dataSync() ?? [])], [100, 100, 100]);
  served.dispose();
  await estimator.dispose();
  [classifier, training, images].forEach((one) => one.dispose());
  tf.dispose([image, ...Object.values(answer)]);
  assert.deepEqual(memory(), before);
});

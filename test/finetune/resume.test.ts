import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, type FineTuned, type FineTuneOptions } from "../../src/finetune";
import { stepsInEpoch } from "../../src/finetune/length";
import { createInputFn, mixBatches, preprocessForEval } from "../../src/input";
import type { tf } from "../../src/tensorflow";
import { csvLog, earlyStopping, keepBest, type Callback } from "../../src/training";
import { temporaryFolder } from "../temporary";
import { photos, records, trunkModel } from "../training/trunk";
import { heldBack, inputs, made, numbersOf, trainInput, weightsOf } from "./small";

/** A signal that is aborted when it has been asked so often whether it is. */
function abortedAt(question: number): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  let asked = 0;
  const isAborted = (): boolean => {
    if (++asked === question) controller.abort("Enough");
    return Reflect.get(AbortSignal.prototype, "aborted", signal) === true;
  };
  return Object.defineProperty(signal, "aborted", { get: isAborted });
}

test("fineTune() interrupted while the trunk is run goes on there, to the same numbers", async () => {
  const options = { epochs: 0, freezeEpochs: 1, cacheFrozen: true, seed: 1 };
  const transform = (image: tf.Tensor): tf.Tensor3D => preprocessForEval(image, { size: 40 });
  const held = createInputFn(records, { batchSize: 16, numEpochs: 1, transform });
  const data = (): Pick<FineTuneOptions, "train" | "validation"> => ({
    train: photos({ numEpochs: 0 }),
    validation: held(),
  });
  const whole = trunkModel();
  const expected = numbersOf(await fineTune(whole, { ...data(), ...options }));
  const model = trunkModel();
  let [found, question]: [FineTuned | undefined, number] = [undefined, 1];
  while (found === undefined) {
    const signal = abortedAt((question *= 2));
    found = await fineTune(model, { ...data(), ...options, signal }).catch((error: unknown) => {
      if (error !== "Enough" && !(error instanceof Error && error.cause === "Enough")) throw error;
      return undefined;
    });
  }
  assert.ok(question > 4, `${question} questions`);
  assert.deepEqual(numbersOf(found), expected);
  assert.deepEqual(weightsOf(model), weightsOf(whole));
  model.dispose();
  whole.dispose();
});

test("fineTune() tells an epoch's steps of batches that are mixed, cut short or put together", async () => {
  const model = made();
  const endless = trainInput().repeat();
  for (const [train, steps] of [
    [endless.take(4), 4],
    [trainInput().skip(4), 2],
    [trainInput().shard(4, 1), 2],
    [trainInput().concatenate(trainInput().take(1)), 7],
  ] as const) {
    const found = await fineTune(model, { train, validation: heldBack(), epochs: 1, freezeEpochs: 0 });
    assert.equal(found.steps.length, steps);
  }
  for (const numEpochs of [0, 1])
    assert.equal(stepsInEpoch(mixBatches(photos({ numEpochs }), { numClasses: 2 })), 9, `${numEpochs} epochs`); // prettier-ignore
  model.dispose();
});

test("fineTune() tells what it is given wrongly before it trains, and keeps what an interrupt has left", async () => {
  const model = made();
  const stop = new AbortController();
  const options = { ...inputs(), epochs: 1, freezeEpochs: 0 };
  const interrupting: Callback = { onStep: () => stop.abort(new Error("Enough")) };
  await assert.rejects(fineTune(model, { ...options, callbacks: [interrupting], signal: stop.signal }), { message: "Enough" }); // prettier-ignore
  const cannot = "Cannot fine-tune: expected";
  const hooks =
    "Cannot train: expected callbacks with one of onTrainBegin, onStep, onEpochEnd, onTrainEnd, got for";
  const { valley }: { readonly valley?: number } = {};
  for (const [given, message] of [
    [{ train: trainInput }, `${cannot} train to be a dataset, got a function; call it for its dataset`],
    [{ validation: undefined }, `${cannot} validation to be a dataset, got undefined`],
    [{ validation: heldBack().repeat() }, `${cannot} a validation that ends, got one without an end: give createInputFn() numEpochs: 1`], // prettier-ignore
    [{ validation: heldBack().take(0) }, `${cannot} batches in the validation, got an empty dataset`],
    [{ monitor: "valLoss" }, `${cannot} monitor one of "validationLoss", "validationAccuracy", "trainLoss", "trainAccuracy", got 'valLoss'`], // prettier-ignore
    [{ callbacks: [{}, csvLog] }, `${hooks} callbacks[0] {}`],
    [{ callbacks: [earlyStopping(), csvLog] }, `${hooks} callbacks[1] a function; call csvLog()`],
    [{ callbacks: earlyStopping() }, "Cannot train: expected callbacks in a list, got object"],
    [{ learningRate: "0.01" }, `${cannot} learningRate above 0, got '0.01'`],
    [{ epochs: valley }, `${cannot} epochs a whole number from 0 on, got undefined`],
  ] as const)
    await assert.rejects(
      async () => void (await Reflect.apply(fineTune, undefined, [model, { ...options, ...given }])),
      { message },
    );
  const found = await fineTune(model, options);
  assert.equal(found.resumedAt, 1);
  model.dispose();
});

test("fineTune() that a callback has thrown out of goes on, and callbacks made anew know the epochs before", async () => {
  const file = join(temporaryFolder("epochs"), "epochs.csv");
  const options = { epochs: 3, freezeEpochs: 1, learningRate: 0.05 };
  const whole = made();
  const expected = numbersOf(await fineTune(whole, { ...inputs(), ...options }));
  const model = made();
  const thrown = new Set(["step 6", "epoch 2", "step 13"]);
  const fail = (at: string): void => {
    if (thrown.delete(at)) throw new Error(at);
  };
  const failing: Callback = {
    onStep: ({ globalStep }) => fail(`step ${globalStep}`),
    onEpochEnd: ({ epoch }) => fail(`epoch ${epoch}`),
  };
  const messages: string[] = [];
  const best: (number | undefined)[] = [];
  let found: FineTuned | undefined;
  while (found === undefined) {
    const own = keepBest();
    found = await fineTune(model, { ...inputs(), ...options, callbacks: [failing, csvLog(file), own] }).catch(
      (error: unknown) => void messages.push(String(error)),
    );
    best.push(own.bestEpoch);
  }
  assert.deepEqual(messages, ["Error: step 6", "Error: epoch 2", "Error: step 13"]);
  assert.deepEqual(numbersOf(found), expected);
  assert.deepEqual(weightsOf(model), weightsOf(whole));
  assert.equal(best.at(-1), found.bestEpoch);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  assert.deepEqual(lines.map((line) => line.split(",")[0]), ["epoch", "1", "2", "3", "4"]); // prettier-ignore
  model.dispose();
  whole.dispose();
});

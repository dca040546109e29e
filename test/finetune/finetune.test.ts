import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf, type MimeBundle } from "../../src/display/bundle";
import { fineTune, trainingView, type FineTuned, type FineTuneOptions } from "../../src/finetune";
import type { Model } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  createTrainStep,
  evaluate,
  keepBest,
  oneCycle,
  slice,
  train,
  type Callback,
} from "../../src/training";
import { photos, trunkModel } from "../training/trunk";
import { heldBack, inputs, made, numbersOf, sliced, trainInput, weightsOf } from "./small";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

test("fineTune() is the head's cycle, then all by a slice: what createTrainStep() and train() give by hand", async () => {
  const model = made();
  const found = await fineTune(model, { ...inputs(), epochs: 2, freezeEpochs: 1, learningRate: 0.02 });
  const other = made();
  const batches = trainInput().repeat().iterator();
  const head = createTrainStep(other, { ...oneCycle({ learningRate: 0.02, steps: 6, pctStart: 0.99 }), trainableScopes: "Predict" }); // prettier-ignore
  const expected = await train(head, batches, { steps: 6 });
  const cycle = oneCycle({ learningRate: slice(1e-4, 1e-2), steps: 12, firstStep: 6, pctStart: 0.3, div: 5 });
  const all = createTrainStep(other, { ...cycle });
  expected.push(...(await train(all, batches, { steps: 12 })));
  assert.deepEqual(found.steps, expected);
  assert.deepEqual(found.epochs.map(({ epoch, globalStep }) => [epoch, globalStep]), [[1, 6], [2, 12], [3, 18]]); // prettier-ignore
  const losses = found.epochs.map(({ validationLoss }) => validationLoss ?? NaN);
  assert.equal(
    (await evaluate(model, heldBack())).crossEntropy,
    Math.min(...losses),
    "the best weights are back",
  );
  assert.equal(found.bestEpoch, losses.indexOf(Math.min(...losses)) + 1);
  head.dispose();
  all.dispose();
  batches.dispose();
  other.dispose();
  model.dispose();
});

test("fineTune() interrupted anywhere, looked at and gone on with: the same numbers and weights", async () => {
  const options = { epochs: 2, freezeEpochs: 1, patience: 1, learningRate: 0.05 };
  const whole = made();
  const expected = numbersOf(await fineTune(whole, { ...inputs(), ...options }));
  const model = made();
  const data = inputs();
  let controller = new AbortController();
  const left = new Set(["begin", "step 2", "step 6", "epoch 1", "step 7", "step 12", "epoch 2"]);
  const stop = (at: string): void => void (left.delete(at) && controller.abort(new Error(at)));
  const stopping: Callback = {
    onTrainBegin: () => stop("begin"),
    onStep: ({ globalStep }) => stop(`step ${globalStep}`),
    onEpochEnd: ({ epoch }) => stop(`epoch ${epoch}`),
  };
  let [found, calls]: [FineTuned | undefined, number] = [undefined, 0];
  while (found === undefined) {
    const own = calls++ % 2 === 0 ? data : inputs(); // the cell makes its datasets anew
    const call = fineTune(model, { ...own, ...options, callbacks: [stopping], signal: controller.signal });
    found = await call.catch((error: unknown) => {
      assert.equal(error, controller.signal.reason);
      return undefined;
    });
    controller = new AbortController();
    await evaluate(model, heldBack()); // a look
  }
  assert.ok(calls > 4, `${calls} calls`);
  assert.ok(found.resumedAt !== undefined);
  assert.deepEqual(numbersOf(found), expected);
  assert.deepEqual(weightsOf(model), weightsOf(whole));
  model.dispose();
  whole.dispose();
});

test("fineTune() begins anew with other options, other data, or a model that was changed", async () => {
  const options = { epochs: 1, freezeEpochs: 0, stepsPerEpoch: 4 };
  const interrupted = async (model: Model): Promise<void> => {
    const stop = new AbortController();
    const callbacks: Callback[] = [{ onStep: () => stop.abort(new Error("Enough")) }];
    await assert.rejects(fineTune(model, { ...inputs(), ...options, callbacks, signal: stop.signal }), { message: "Enough" }); // prettier-ignore
  };
  const model = made();
  const bias = model.variables.expect("Predict/logits/biases");
  const changes: readonly (() => Partial<FineTuneOptions>)[] = [
    () => ({}),
    () => ({ learningRate: 0.02 }),
    () => ({ train: trainInput().take(5) }),
    () => tf.tidy(() => (bias.assign(bias.add(1)), {})),
  ];
  const resumed: boolean[] = [];
  for (const change of changes) {
    await interrupted(model);
    const { resumedAt } = await fineTune(model, { ...inputs(), ...options, ...change() });
    resumed.push(resumedAt !== undefined);
  }
  assert.deepEqual(resumed, [true, false, false, false]);
  model.dispose();
});

test("fineTune() stops early, by patience or a callback, and leaks nothing", async () => {
  const model = made();
  const data = inputs();
  const first = await fineTune(model, { ...data, epochs: 1, freezeEpochs: 0 });
  assert.equal(first.isStopped, false);
  const tensors = memory().tensors;
  const ended: string[] = [];
  const callbacks: Callback[] = [{ onTrainEnd: ({ step }) => void ended.push(`end ${step.globalStep}`) }];
  const early = await fineTune(model, { ...data, epochs: 9, freezeEpochs: 0, learningRate: 3, patience: 1, callbacks }); // prettier-ignore
  assert.equal(early.isStopped, true);
  assert.ok(early.epochs.length < 9);
  assert.deepEqual(ended, [`end ${early.steps.at(-1)?.globalStep}`]);
  const asked: Callback = { onStep: ({ globalStep }, { requestStop }) => void (globalStep % 3 === 0 && requestStop()) }; // prettier-ignore
  const { steps } = await fineTune(model, {
    ...data,
    epochs: 2,
    optimizer: adamOptimizer(),
    callbacks: [asked],
  });
  assert.ok(steps.length <= 3);
  assert.equal(memory().tensors, tensors);
  model.dispose();
});

test("fineTune() and train() with keepBest() that diverge end with the best weights, and say so", async () => {
  const model = made();
  const data = inputs();
  const tensors = memory().tensors;
  const best: unknown[] = [];
  const breaking: Callback = {
    onEpochEnd: ({ epoch }) => {
      if (epoch === 1) best.push(weightsOf(model));
      // The next step's loss is no number.
      const weights = model.variables.expect("Predict/logits/weights");
      if (epoch === 2) tf.tidy(() => weights.assign(tf.fill(weights.shape, NaN)));
    },
  };
  const rate = { learningRate: 1e-5 };
  const found = await fineTune(model, {
    ...data,
    ...rate,
    mode: "max",
    epochs: 3,
    freezeEpochs: 1,
    callbacks: [breaking],
  });
  assert.equal(found.divergedAt, 13);
  assert.deepEqual([found.isStopped, found.steps.length], [true, 13]);
  assert.match(bundleOf(found)["text/plain"], /then stopped at step 13, where the loss was no longer finite; the weights are those of epoch \d/); // prettier-ignore
  if (found.bestEpoch === 1) assert.deepEqual(weightsOf(model), best[0]);
  assert.equal(memory().tensors, tensors);
  assert.ok(Number.isFinite((await evaluate(model, heldBack())).crossEntropy));

  const step = createTrainStep(model, { ...rate, globalStep: 0 });
  const kept = keepBest();
  const options = { steps: 24, stepsPerEpoch: 6, validation: heldBack(), callbacks: [kept, breaking] };
  const results = await train(step, trainInput().repeat(), options);
  assert.deepEqual([results.length, kept.divergedAt], [13, 13]);
  assert.ok(Number.isFinite((await evaluate(model, heldBack())).crossEntropy));
  step.dispose();
  const at = { ...rate, globalStep: 0 };
  const broken = createTrainStep(model, at);
  tf.tidy(() => model.variables.expect("Predict/logits/weights").assign(tf.fill(model.variables.expect("Predict/logits/weights").shape, NaN))); // prettier-ignore
  await assert.rejects(train(broken, trainInput(), { callbacks: [keepBest()] }), /^RangeError: Cannot go on training: expected a finite loss, got NaN at step 1/); // prettier-ignore
  broken.dispose();
  model.dispose();
});

test("fineTune() with the trunk run once: the head learns from features, each epoch's validation from its own", async () => {
  const model = trunkModel();
  const options = {
    train: photos({ numEpochs: 0 }),
    validation: photos({ seed: 9 }),
    epochs: 1,
    freezeEpochs: 3,
  };
  const found = await fineTune(model, { ...options, cacheFrozen: { storage: "float32" } });
  assert.deepEqual(found.epochs.map(({ globalStep }) => globalStep), [9, 18, 27, 36]); // prettier-ignore
  const other = trunkModel();
  const plain = await fineTune(other, options);
  assert.deepEqual(plain.epochs.map(({ globalStep }) => globalStep), [9, 18, 27, 36]); // prettier-ignore
  other.dispose();
  model.dispose();
});

test("trainingView() shows the time to go, the epochs and the curve, and catches up", async () => {
  const model = made();
  const view = trainingView({ title: "Hats and shoes" });
  const stop = new AbortController();
  const interrupting: Callback = { onStep: ({ globalStep }) => void (globalStep === 8 && stop.abort(new Error("Enough"))) }; // prettier-ignore
  const data = inputs();
  const options = { ...data, epochs: 1 };
  await assert.rejects(fineTune(model, { ...options, callbacks: [view, interrupting], signal: stop.signal }));
  assert.match(bundleOf(view)["text/plain"], /^Hats and shoes: step 8 of 12, \d+\.\d s, about \d+ s to go\nepoch  step  train loss  validation loss /); // prettier-ignore
  const second = trainingView();
  const found = await fineTune(model, { ...options, callbacks: [second] });
  assert.match(bundleOf(second)["text/plain"], /^Training: step 12 of 12, \d+\.\d s\nepoch .*\n +1 +6 .*\n +2 +12 /); // prettier-ignore
  const { data: traces } = second.figure();
  assert.deepEqual(traces.map(({ name, x }) => [name, Array.isArray(x) ? x.length : 0]), [["training, smoothed", 12], ["validation", 2], ["validation accuracy", 2]]); // prettier-ignore
  assert.deepEqual(found.figure().data, traces);
  assert.equal(String(found), String(second.table()));
  assert.match(
    bundleOf(found)["text/plain"],
    /^Fine-tuned for 2 epochs; the weights are those of epoch \d\nepoch /,
  );
  model.dispose();
});

test("trainingView() has plotly.js shown once, before it, and a bar while there are steps to go", async () => {
  const model = made();
  const view = trainingView({ refreshMs: 0 });
  const [once, shown]: [string[], string[]] = [[], []];
  const html = (bundle: MimeBundle): string => String(bundle["text/html"]);
  const first = bundleOf(view, {
    publish: () => undefined,
    publishOnce: (key) => void once.push(key),
    update: (bundle) => void shown.push(html(bundle)),
  });
  assert.deepEqual(once, ["plotly.js"]);
  assert.equal(html(first), "<div>Training: step 0, 0.0 s</div>");
  await fineTune(model, { ...inputs(), epochs: 1, callbacks: [view] });
  assert.match(shown[0] ?? "", /^<div>Training: step 1 of 12, [^]*<progress [^>]*max="12" value="1">/);
  assert.doesNotMatch(shown.at(-1) ?? "", /<progress/);
  for (const one of shown) {
    assert.equal(one.match(/slimlabDraw\(/g)?.length, 1);
    assert.ok(one.length < 10_000, "without plotly.js");
  }
  model.dispose();
});

test("trainingView() smooths a short training over few steps", async () => {
  const model = made();
  const { steps, figure } = await fineTune(model, { ...inputs(), epochs: 1, freezeEpochs: 0 });
  const [train] = figure().data;
  assert.deepEqual(train?.["y"], steps.map(({ crossEntropy }) => crossEntropy)); // prettier-ignore
  model.dispose();
});

test("fineTune() refuses numbers that are none, and data of unknown length", async () => {
  const model = made();
  const cannot = "Cannot fine-tune: expected";
  for (const [options, message] of [
    [{ epochs: -1 }, `${cannot} epochs a whole number from 0 on, got -1`],
    [{ epochs: 0, freezeEpochs: 0 }, `${cannot} epochs and freezeEpochs together 1 or more, got 0`],
    [{ epochs: 1, learningRate: 0 }, `${cannot} learningRate above 0, got 0`],
    [{ epochs: 1, lrMult: 0 }, `${cannot} lrMult 1 or more, got 0`],
    [{ epochs: 1, stepsPerEpoch: 0 }, `${cannot} stepsPerEpoch a whole number from 1 on, got 0`],
    [
      { epochs: 1, train: trainInput().filter(([, label]) => label.max().less(9)) },
      `${cannot} stepsPerEpoch, since it can't be told how many batches the dataset has before it is read, got undefined`,
    ],
    [
      { epochs: 1, train: trainInput().take(0) },
      `${cannot} a dataset of at least a whole batch, got an empty one`,
    ],
    [
      { epochs: 1, train: sliced(7).batch(8, { dropRemainder: true }) },
      `${cannot} a dataset of at least a whole batch, got 7 photos, fewer than a batch of 8`,
    ],
  ] as const)
    // prettier-ignore
    await assert.rejects(fineTune(model, { ...inputs(), ...options }), { name: "RangeError", message });
  model.dispose();
});

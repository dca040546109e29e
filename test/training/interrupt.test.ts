import assert from "node:assert/strict";
import { test } from "node:test";
import { Dataset } from "../../src/input";
import { cellSignal, finishFirst } from "../../src/interrupt";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, evaluate, train, type Batch, type StepResult } from "../../src/training";
import { patternBatch, thinModel } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const signalSymbol = Symbol.for("Jupyter.signal");

/** Does as a kernel does: offers a cell's signal, lets go of it when the cell ends. */
async function inCell(run: (stop: () => void) => Promise<unknown>): Promise<"done" | "interrupted"> {
  const controller = new AbortController();
  const finishing: Promise<unknown>[] = [];
  const signal = Object.assign(controller.signal, {
    waitUntil: (work: Promise<unknown>) => finishing.push(work),
  });
  Reflect.set(globalThis, signalSymbol, signal);
  const interrupted = new Error("The cell was interrupted");
  try {
    await run(() => controller.abort(interrupted));
    return "done";
  } catch (error) {
    if (error !== interrupted) throw error;
    await Promise.allSettled(finishing);
    return "interrupted";
  } finally {
    Reflect.deleteProperty(globalThis, signalSymbol);
  }
}

/** Endless shuffled batches. */
function endless(): Dataset<Batch> {
  const [{ image }, label] = patternBatch("photos", 24);
  const photos: Dataset<Batch> = Dataset.fromTensorSlices([{ image }, label] as const)
    .shuffle(24, { seed: 3 })
    .repeat()
    .batch(4);
  return photos;
}

function losses(results: readonly StepResult[]): readonly [number, number][] {
  return results.map(({ globalStep, loss }) => [globalStep, loss]);
}

async function uninterrupted(steps: number): Promise<readonly [number, number][]> {
  const model = thinModel({ seed: 1 });
  const step = createTrainStep(model);
  const curve = losses(await train(step, endless(), { steps }));
  step.dispose();
  model.dispose();
  return curve;
}

test("an interrupt in the middle of a step, then a look, then on: the curve is that of an uninterrupted run", async () => {
  const expected = await uninterrupted(12);
  const model = thinModel({ seed: 1 });
  const step = createTrainStep(model);
  const batches = endless().iterator();
  const results: StepResult[] = [];
  const onStep = (result: StepResult): void => void results.push(result);
  for (const stopAfterMs of [30, 45, 5]) {
    const ended = await inCell(async (stop) => {
      setTimeout(stop, stopAfterMs);
      await train(step, batches, { steps: 1000, onStep });
    });
    assert.equal(ended, "interrupted");
    assert.equal(step.globalStep, results.length, "a step that was under way is finished and told");
    const count = (await evaluate(model, endless(), { steps: 1 })).count; // a look at the model
    assert.equal(count, 4);
  }
  const left = Math.max(0, 12 - step.globalStep);
  assert.equal(await inCell(() => train(step, batches, { steps: left, onStep })), "done");
  assert.deepEqual(losses(results).slice(0, 12), expected);
  batches.dispose();
  step.dispose();
  model.dispose();
});

test("the steps of a loop in a cell go on where they were interrupted", async () => {
  const expected = await uninterrupted(8);
  const model = thinModel({ seed: 1 });
  const step = createTrainStep(model);
  const batches = endless().iterator();
  const curve: [number, number][] = [];
  const loop = async (stop: () => void): Promise<void> => {
    for await (const [{ image }, label] of batches) {
      if (curve.length === 2 || curve.length === 5) setTimeout(stop); // while the step is under way
      const { globalStep, loss } = await step(image, label);
      curve.push([globalStep, loss]);
      if (curve.length === 8) return;
    }
  };
  assert.equal(await inCell(loop), "interrupted");
  assert.equal(curve.length, 3);
  assert.equal(await inCell(loop), "interrupted");
  assert.equal(curve.length, 6);
  assert.equal(await inCell(loop), "done");
  assert.deepEqual(curve, expected);
  step.dispose();
  model.dispose();
});

test("an interrupted read waits for the next call, and nothing leaks", async () => {
  const kernel = tf.ones<tf.Rank.R4>([31, 31, 3, 64]);
  const slow = (): Dataset<Batch> =>
    endless().map(([{ image }, label]) => [{ image: image.conv2d(kernel, 1, "same") }, label]);
  const [whole, halves] = [slow().iterator(), slow().iterator()];
  const labels = async (from: typeof whole): Promise<number[]> => {
    const next = await from.next();
    return next.done === true ? [] : [...next.value[1].dataSync()];
  };
  const expected = [await labels(whole), await labels(whole), await labels(whole)];
  const before = memory();
  const read = [await labels(halves)];
  const ended = await inCell(async (stop) => {
    const reading = labels(halves);
    for (let i = 0; i < 10; i++) await Promise.resolve(); // it has begun; its end is a task of its own
    stop();
    await reading;
  });
  assert.equal(ended, "interrupted");
  read.push(await labels(halves), await labels(halves));
  assert.deepEqual(read, expected);
  const tensors = memory().tensors;
  assert.ok(tensors <= before.tensors + 2, "the element that was read last is all that is left");
  halves.dispose();
  whole.dispose();
  kernel.dispose();
});

test("outside of a cell nothing interrupts", async () => {
  assert.equal(cellSignal(), undefined);
  assert.equal(await finishFirst(() => Promise.resolve(3)), 3);
});

/**
 * Training end to end, from records over steps to checkpoints and summaries: the bare compiled step on one batch, ours by an
 * Estimator, Keras's model.fit and PyTorch.
 *
 * All train ResNet-50 by momentum with weight decay on random crops of the same JPEGs, save the whole state once a round in the
 * midst of it, and write the loss for TensorBoard at the same steps.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createModelFn, Estimator } from "../src/estimator";
import { createInputFn, preprocessForTrain, type LabeledBatch, type Dataset } from "../src/input";
import { Model } from "../src/model";
import { memory, type Memory } from "../src/tensorflow";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, format, pythonPeer, timed, type Contender, type Result } from "./contest";
import { inFolder } from "./folder";
import { peersPython } from "./peers";
import { renderRecords, type Photographs } from "./records";
import type { StepBench } from "./step";
import { trainInTurns } from "./turns";

/** Steps of a contender in a round, and from one checkpoint to the next. */
const STEPS = 8;
/** Steps before the first round, so that each checkpoint falls into the midst of one. */
const LEAD = STEPS / 2;
const SUMMARY_STEPS = 4;
const PHOTOS_PER_CLASS = 32;
const LEARNING_RATE = 0.01;

/** What this process held at some moment. */
export interface Held extends Memory {
  readonly rssMegabytes: number;
}

/** How fast each contender trains. */
export interface TrainBench {
  /** Seconds a step: the bare step, ours end to end, then the peers. */
  readonly results: readonly Result[];
  /** Images a second of ours end to end over those of the bare step, of the minima. */
  readonly ratio: number;
  /** Images a second of ours end to end over those of each peer, of the minima. */
  readonly peers: Readonly<Record<string, number>>;
  /** After our first and last round. */
  readonly held: { readonly first: Held; readonly last: Held };
}

/** Measures all contenders in turn. */
export async function benchTrain({ rounds, batch, side }: StepBench): Promise<TrainBench> {
  const python = peersPython();
  return inFolder(async (folder) => {
    const photographs = await renderRecords(folder, PHOTOS_PER_CLASS);
    const held: Held[] = [];
    const ours = await estimatorContender({ batch, side }, photographs, path.join(folder, "slimlab"));
    const run = async (): Promise<number> => {
      const seconds = await ours.run();
      held.push(heldNow());
      return seconds;
    };
    const contenders = [await bareContender({ batch, side }), { ...ours, run }];
    for (const [name, script, data] of [
      ["Keras model.fit", "train_keras.py", photographs.records],
      ["PyTorch", "train_torch.py", [photographs.photos]],
    ] as const) {
      const own = path.join(folder, script);
      mkdirSync(own);
      const words = [batch, side, LEAD, STEPS, SUMMARY_STEPS, own, ...data].map(String);
      const { ask, close } = await pythonPeer(script, words, python);
      contenders.push({ name, isPeer: true, run: async () => (await ask(String(STEPS))) / STEPS, close });
    }
    return resultOf(await contest(contenders, rounds, 0), held);
  });
}

function resultOf(results: readonly Result[], held: readonly Held[]): TrainBench {
  const [bare, ours, ...peers] = results;
  const [first, last] = [held[0], held.at(-1)];
  if (bare === undefined || ours === undefined || first === undefined || last === undefined)
    throw new RangeError(`Cannot measure training: expected rounds, got ${held.length}`);
  const ratios = peers.map(({ name, min }) => [name, min / ours.min] as const);
  const ratio = bare.min / ours.min;
  return { results, ratio, peers: Object.fromEntries(ratios), held: { first, last } };
}

type Shape = Pick<StepBench, "batch" | "side">;

async function bareContender({ batch, side }: Shape): Promise<Contender> {
  const { images, labels } = trainingBatch({ batch, side });
  const model = new Model({ isTraining: true, defaultImageSize: side, fixedResizeSide: side });
  const step = createTrainStep(model, { learningRate: LEARNING_RATE });
  const take = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) await step(images, labels);
  };
  await take(LEAD);
  return { name: "slimlab, bare step", run: async () => (await timed(() => take(STEPS))) / STEPS };
}

async function estimatorContender(
  shape: Shape,
  photographs: Photographs,
  modelDir: string,
): Promise<Contender> {
  const job = trainingJob(shape, photographs, modelDir);
  const losses: number[] = [];
  const logging = {
    afterRun: ({ results }: { results: { loss: number } }) => void losses.push(results.loss),
  };
  const turns = await trainInTurns((hook, signal) =>
    job.estimator.train({ inputFn: job.inputFn, hooks: [hook, logging], signal }),
  );
  await turns.take(LEAD);
  return {
    name: "slimlab, end to end",
    run: async () => (await timed(() => turns.take(STEPS))) / STEPS,
    async close() {
      await turns.end();
      await job.dispose();
    },
  };
}

/** The whole job as a user writes it. */
function trainingJob(
  { batch, side }: Shape,
  { records }: Photographs,
  modelDir: string,
): { estimator: Estimator; inputFn: () => Dataset<LabeledBatch>; dispose(): Promise<void> } {
  const modelFn = createModelFn({
    model: { defaultImageSize: side, fixedResizeSide: side },
    learningRate: LEARNING_RATE,
    summarizeGradients: false, // the peers write no histograms; npm run bench -- summaries says what they cost
  });
  const config = { saveCheckpointsSteps: STEPS, saveSummarySteps: SUMMARY_STEPS, keepCheckpointMax: 2 };
  const estimator = new Estimator({ modelFn, modelDir, config });
  const inputFn = createInputFn(records, {
    batchSize: batch,
    numReaders: 2,
    shuffle: true,
    seed: 1,
    // The model takes off the means and mirrors.
    transform: (image, seed) => preprocessForTrain(image, { seed, size: side, crop: "box", flip: false }),
  });
  const dispose = async (): Promise<void> => {
    await estimator.dispose();
    modelFn.dispose();
  };
  return { estimator, inputFn, dispose };
}

/** What the training job holds after ten parts of its steps: flat if it leaks nothing. */
export async function benchHeld({ batch, side, steps }: Shape & { readonly steps: number }): Promise<Held[]> {
  return inFolder(async (folder) => {
    const photographs = await renderRecords(folder, PHOTOS_PER_CLASS);
    const { estimator, inputFn, dispose } = trainingJob({ batch, side }, photographs, path.join(folder, "slimlab")); // prettier-ignore
    const held: Held[] = [];
    const every = Math.max(1, Math.floor(steps / 10));
    const watching = {
      afterRun: ({ globalStep }: { globalStep: number }) => {
        if (globalStep % every === 0) held.push(heldNow());
      },
      checkpointSaved: async ({ saved }: { saved: Promise<string> }) => void (await saved), // which holds a copy meanwhile
    };
    await estimator.train({ inputFn, maxSteps: steps, hooks: [watching] });
    await dispose();
    return held;
  });
}

const heldNow = (): Held => ({ rssMegabytes: Math.round(process.memoryUsage().rss / 2 ** 20), ...memory() });

/** The result as text. */
export function formatTrain({ results, ratio, peers, held }: TrainBench, batch: number): string {
  const images = { unit: "images/s", of: (seconds: number): number => batch / seconds };
  const { first, last } = held;
  return [
    format(results, undefined, images),
    "",
    `end to end / bare step: ${ratio.toFixed(3)} (images a second, of the minima)`,
    ...Object.entries(peers).map(([name, times]) => `end to end / ${name}: ${times.toFixed(2)}`),
    `memory after our first and last round: ${first.rssMegabytes} and ${last.rssMegabytes} MB, ${first.handles} and ${last.handles} handles`,
  ].join("\n");
}

/** What was held, a line for each moment. */
export function formatHeld(held: readonly Held[], steps: number): string {
  const every = Math.max(1, Math.floor(steps / 10));
  return held
    .map(
      ({ rssMegabytes, tensors, handles, functions }, i) =>
        `after ${every * (i + 1)} steps: ${rssMegabytes} MB, ${tensors} tensors, ${handles} handles, ${functions} functions`,
    )
    .join("\n");
}

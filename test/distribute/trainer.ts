/** A process that trains with others: node trainer.js <job as JSON>. Prints lines of JSON. */
import { joinCluster, type Cluster } from "../../src/distribute";
import { createInputFn } from "../../src/input";
import type { Model } from "../../src/model/model";
import { memory, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  createTrainStep,
  latestCheckpoint,
  Saver,
  train,
  type TrainStep,
} from "../../src/training";
import { digestOf } from "../training/digests";
import { batchesOf, patternBatch, thinModel } from "../training/thin";

/** What is trained. */
export interface Job {
  /**
   * "batches" by name; "records" with checkpoints; "check": a batch that is not finite comes between; "follow": as many batches
   * as the chief takes.
   */
  readonly kind: "batches" | "records" | "check" | "follow" | "waiting";
  /** Where the weights, or the checkpoints, are written. */
  readonly folder: string;
  readonly steps: number;
  /** Of records. */
  readonly pattern?: string;
  readonly gradientAccumulation?: number;
  readonly clipGlobalNorm?: number;
  readonly learningRate?: number;
  readonly adam?: boolean;
  /** Whether batch norms stand still; else each process has its own batch statistics. */
  readonly isFrozen?: boolean;
}

/** The batches of one process in one step. */
export const batchName = (step: number, rank: number): string => `step${step}/rank${rank}`;

/** The model and its step. @param rank  that its first weights are drawn from */
export function createParts(job: Job, rank: number, cluster?: Cluster): { model: Model; step: TrainStep } {
  const model = thinModel({
    isTraining: false,
    architecture: "resnet_v1_14",
    width: 1 / 8,
    seed: 100 + rank,
  });
  const names = model.variables.all().map(({ name }) => name);
  const norms = [...new Set(names.flatMap((name) => /^.*\/BatchNorm(?=\/)/.exec(name) ?? []))];
  const { gradientAccumulation = 1, clipGlobalNorm = 0 } = job;
  const step = createTrainStep(model, {
    learningRate: job.learningRate ?? 0.02,
    gradientAccumulation,
    clipGlobalNorm,
    gradientNorms: true,
    checkNumerics: true,
    ...(job.adam === true && { optimizer: adamOptimizer({ epsilon: 0.1 }) }),
    ...(job.isFrozen === true && { scopesToFreeze: norms }),
    ...(cluster && { cluster }),
  });
  return { model, step };
}

/** Trains on batches by name, of each rank in `ranks`, put together. */
export async function trainOnBatches(
  step: TrainStep,
  job: Job,
  ranks: readonly number[],
): Promise<unknown[]> {
  const told: unknown[] = [];
  for (let i = 0; i < job.steps; i++) {
    const parts = ranks.map((rank) => patternBatch(batchName(i, rank)));
    const image = tf.concat4d(
      parts.map(([one]) => one.image),
      0,
    );
    const label = tf.concat1d(parts.map(([, one]) => one));
    try {
      const { loss, accuracy, globalStep, gradientNorms = {} } = await step(image, label);
      told.push({ loss, accuracy, globalStep, norms: Object.values(gradientNorms).slice(0, 3) });
    } finally {
      tf.dispose([image, label, ...parts.flatMap(([one, labels]) => [one.image, labels])]);
    }
  }
  return told;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function digestsOf(model: Model, step: TrainStep): Record<string, string> {
  const named = model.variables.all().map(({ name, variable }) => [name, variable] as const);
  const all = [...named, ...Object.entries({ ...step.slots, ...step.gathered?.sums })];
  return Object.fromEntries(all.map(([name, variable]) => [name, digestOf(variable)]));
}

async function batchesJob(job: Job, cluster: Cluster): Promise<void> {
  const { model, step } = createParts(job, cluster.rank, cluster);
  await step.synchronize();
  const told = await trainOnBatches(step, job, [cluster.rank]);
  await new Saver().save(`${job.folder}/rank${cluster.rank}.ckpt`, model, { globalStep: 0 });
  const { gradients, loss } = await once(step, batchName(99, cluster.rank));
  const [sample] = Object.values(gradients).map((gradient) => digestOf(gradient));
  tf.dispose(gradients);
  const again = async (i: number): Promise<void> =>
    tf.dispose((await once(step, batchName(i, cluster.rank))).gradients);
  await again(0); // where gradients are accumulated, another function than the call before
  const before = memory();
  for (const i of [1, 2]) await again(i);
  print({ told, gradient: sample, loss, digests: digestsOf(model, step), left: memory().handles - before.handles }); // prettier-ignore
}

async function once(step: TrainStep, name: string): ReturnType<TrainStep["withGradients"]> {
  const [{ image }, label] = patternBatch(name);
  try {
    return await step.withGradients(image, label);
  } finally {
    tf.dispose([image, label]);
  }
}

/** Rank 1's second batch is not finite: both refuse it, and go on with the next. */
async function checkJob(job: Job, cluster: Cluster): Promise<void> {
  const { model, step } = createParts(job, cluster.rank, cluster);
  await step.synchronize();
  await trainOnBatches(step, job, [cluster.rank]);
  const before = digestsOf(model, step);
  const [{ image }, label] = patternBatch("bad");
  const bad = cluster.rank === 1 ? image.div<tf.Tensor4D>(0) : image;
  const error = await step(bad, label).then(String, (thrown: unknown) => String(thrown));
  const unchanged = JSON.stringify(digestsOf(model, step)) === JSON.stringify(before);
  const told = await trainOnBatches(step, job, [cluster.rank]);
  print({ error, unchanged, told });
}

/** Trains on records, from the chief's latest checkpoint on; the chief saves each second step. */
async function recordsJob({ folder, steps, pattern = "", ...job }: Job, cluster: Cluster): Promise<void> {
  const { model, step } = createParts({ folder, steps, ...job }, cluster.rank, cluster);
  const transform = (image: tf.Tensor3D): tf.Tensor3D => image.slice([0, 0, 0], [32, 32, 3]);
  const inputFn = createInputFn(pattern, { batchSize: 4, shuffle: true, shuffleBufferSize: 9, seed: 3, transform, shard: cluster }); // prettier-ignore
  const batches = inputFn().iterator();
  const saver = new Saver();
  if (cluster.isChief && latestCheckpoint(folder) !== undefined) saver.restore(folder, model, step, batches);
  await step.synchronize(batches);
  print({ from: step.globalStep });
  await train(step, batches, {
    steps: steps - step.globalStep,
    onStep: async ({ globalStep, loss }) => {
      if (cluster.isChief && globalStep % 2 === 0)
        await saver.save(`${folder}/`, model, { step, iterator: batches });
      print({ globalStep, loss });
    },
  });
  print({ digests: digestsOf(model, step) });
}

/** In the midst of an accumulation: what a save says, and whether one after shareGathered() goes on to the same bits. */
async function waitingJob(job: Job, cluster: Cluster): Promise<void> {
  const { model, step } = createParts(job, cluster.rank, cluster);
  await step.synchronize();
  await trainOnBatches(step, job, [cluster.rank]);
  const own = digestsOf(model, step);
  const saver = new Saver();
  const save = (): Promise<string> => saver.save(`${job.folder}/`, model, { step });
  const error = await Promise.resolve().then(save).catch(String);
  await step.shareGathered();
  if (cluster.isChief) await save();
  const goOn = async (parts: ReturnType<typeof createParts>): Promise<Record<string, string>> => {
    tf.dispose((await once(parts.step, batchName(9, cluster.rank))).gradients);
    return digestsOf(parts.model, parts.step);
  };
  const whole = await goOn({ model, step });
  const resumed = createParts(job, cluster.rank + 7, cluster);
  if (cluster.isChief) saver.restore(job.folder, resumed.model, resumed.step);
  await resumed.step.synchronize();
  print({ error, own, whole, resumed: await goOn(resumed) });
}

/** Trains as long as the chief does. */
async function followJob(job: Job, cluster: Cluster): Promise<void> {
  const { model, step } = createParts(job, cluster.rank, cluster);
  await step.synchronize();
  const results = await train(step, batchesOf(...Array.from({ length: 1000 }, (_, i) => `follow${i}`)));
  const [last] = results.slice(-1);
  print({ steps: results.length, globalStep: last?.globalStep, loss: last?.loss });
  step.dispose();
  model.dispose();
}

async function main(): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- training.test.ts wrote it
  const job = JSON.parse(process.argv[2] ?? "") as Job;
  const cluster = await joinCluster({ timeoutSecs: 6 });
  const jobs = {
    batches: batchesJob,
    records: recordsJob,
    check: checkJob,
    follow: followJob,
    waiting: waitingJob,
  };
  await jobs[job.kind](job, cluster);
  await cluster.close();
}

if (require.main === module)
  main().catch((error: unknown) => {
    print({ error: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });

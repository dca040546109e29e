/** A training that resume.test.ts interrupts and kills; run again on its folder, it goes on from the checkpoint there. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInputFn, distortColor, distortedBoundingBoxCrop } from "../../src/input";
import { Model } from "../../src/model/model";
import { memory } from "../../src/tensorflow";
import {
  adamOptimizer,
  configureLearningRate,
  createTrainStep,
  latestCheckpoint,
  momentumOptimizer,
  Saver,
  train,
  type Batch,
  type StepResult,
  type TrainStep,
} from "../../src/training";
import { digestOf } from "./digests";

/** What a training is. */
export interface Job {
  /** Of its checkpoints, log.txt and result.json. */
  readonly folder: string;
  /** Pattern of the records' files. */
  readonly records: string;
  readonly calls: number;
  readonly saveEvery: number;
  readonly gradientAccumulation: number;
  readonly optimizer: "momentum" | "adam";
  /** Undefined: each process draws one. */
  readonly seed?: number;
  /** Interrupts the cell, as a notebook's kernel does, so many times while it trains. */
  readonly interrupts?: number;
}

/** Random crops and colours by the input's seeds; the model crops and mirrors again by the step's. */
function createDataset({ records, seed }: Job): ReturnType<ReturnType<typeof createInputFn>> {
  return createInputFn(records, {
    batchSize: 4,
    shuffle: true,
    shuffleBufferSize: 13,
    numReaders: 3,
    readBlockLength: 2,
    transform: (image, own) =>
      distortColor(distortedBoundingBoxCrop(image, own, { height: 64, width: 64 }), own),
    ...(seed !== undefined && { seed }),
  })();
}

function createParts(job: Job): { model: Model; step: TrainStep } {
  const sizes = { fixedResizeSide: 56, defaultImageSize: 48, width: 0.25 };
  const model = new Model({
    isTraining: true,
    numClasses: 2,
    architecture: "resnet_v1_14",
    ...sizes,
    seed: 5,
  });
  const { gradientAccumulation } = job;
  const learningRate = configureLearningRate({ learningRate: 0.02, decaySteps: 3, staircase: false });
  const optimizer = job.optimizer === "adam" ? adamOptimizer() : momentumOptimizer();
  return { model, step: createTrainStep(model, { learningRate, optimizer, gradientAccumulation, seed: 9 }) };
}

const signalSymbol = Symbol.for("Jupyter.signal");

/** Trains to the end of the job, or to SIGTERM: then it saves and leaves with 143, as a shell would say it. */
async function runJob(job: Job): Promise<void> {
  const { model, step } = createParts(job);
  const dataset = createDataset(job);
  const batches = dataset.iterator();
  const saver = new Saver({ maxToKeep: 3 });
  const { globalStep = 0 } =
    latestCheckpoint(job.folder) === undefined ? {} : saver.restore(job.folder, model, step, batches);
  const { gradientAccumulation: accumulation } = job;
  const done = (): number => step.globalStep * accumulation + (step.gathered?.count ?? 0);
  const save = (): Promise<string> =>
    saver.save(join(job.folder, "model.ckpt"), model, { step, iterator: batches });
  const log = (text: string): void => appendFileSync(join(job.folder, "log.txt"), `${text}\n`);
  log(`from ${done()} of update ${globalStep}`);
  const watched = watch(batches, (seen) => log(`${done()} ${seen}`));
  let saving: Promise<void> = Promise.resolve();
  const onStep = async (result: StepResult): Promise<void> => {
    log(`${done()} trained, loss ${result.loss}, rate ${result.learningRate}`);
    process.stdout.write(`${done()}\n`);
    if (done() % job.saveEvery !== 0) return;
    await saving; // of the last time: at most one goes on while the next steps are taken
    const saved = done();
    saving = save().then(() => log(`saved ${saved}`));
  };
  let interrupts = job.interrupts ?? 0;
  while (done() < job.calls) {
    const cell = new AbortController();
    Reflect.set(globalThis, signalSymbol, cell.signal);
    const isTerminated = (): void => cell.abort(new Error("SIGTERM"));
    process.once("SIGTERM", isTerminated);
    if (interrupts-- > 0) setTimeout(() => cell.abort(new Error("interrupt")), 20 + 300 * Math.random());
    try {
      await train(step, watched, { steps: job.calls - done(), onStep });
    } catch (error) {
      if (error !== cell.signal.reason) throw error;
      log(`stopped by ${String(cell.signal.reason)} at ${done()}`);
    }
    process.off("SIGTERM", isTerminated);
    Reflect.deleteProperty(globalThis, signalSymbol);
    if (String(cell.signal.reason).includes("SIGTERM")) {
      await save();
      await saver.flush();
      log(`saved ${done()}`);
      process.exit(143);
    }
  }
  await saver.flush();
  const named = model.variables.all().map(({ name, variable }) => [name, variable] as const);
  const all = [...named, ...Object.entries({ ...step.slots, ...step.gathered?.sums })];
  const digests = Object.fromEntries(all.map(([name, variable]) => [name, digestOf(variable)]));
  batches.dispose();
  dataset.dispose();
  step.dispose();
  model.dispose();
  writeFileSync(join(job.folder, "result.json"), JSON.stringify({ digests, left: memory() }));
}

/** The same iterator to train(), which leaves it open; each batch's labels and a digest of its images are told. */
function watch(
  batches: AsyncIterableIterator<Batch>,
  see: (text: string) => void,
): AsyncIterableIterator<Batch> {
  const watched: AsyncIterableIterator<Batch> = {
    next: async () => {
      const result = await batches.next();
      if (result.done !== true) {
        const [{ image }, label] = result.value;
        see(`labels ${label.dataSync().join("")}, images ${digestOf(image)}`);
      }
      return result;
    },
    [Symbol.asyncIterator]: () => watched,
  };
  return watched;
}

if (require.main === module) {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- resume.test.ts wrote it
  const job = JSON.parse(process.argv[2] ?? "") as Job;
  void runJob(job);
}

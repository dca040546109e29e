/** A training that killed.test.ts stops; run again on its folder, it goes on from the checkpoint there. */
import { createModelFn, Estimator } from "../../src/estimator";
import { createInputFn, distortColor, distortedBoundingBoxCrop } from "../../src/input";
import { thin } from "./thin";

/** What a training is. */
export interface Job {
  readonly modelDir: string;
  /** Pattern of the records' files. */
  readonly records: string;
  readonly maxSteps: number;
  readonly saveCheckpointsSteps: number;
  readonly keepCheckpointMax: number;
}

/** Trains, with shuffled records and random crops and colours by the input's seed; tells the number of each step. */
async function runJob({ modelDir, records, maxSteps, ...config }: Job): Promise<void> {
  const inputFn = createInputFn(records, {
    batchSize: 4,
    shuffle: true,
    shuffleBufferSize: 13,
    seed: 3,
    transform: (image, seed) =>
      distortColor(distortedBoundingBoxCrop(image, seed, { height: 48, width: 48 }), seed),
  });
  const model = { ...thin, numClasses: 2, fixedResizeSide: 40 };
  const estimator = new Estimator({
    modelFn: createModelFn({ model, learningRate: 0.02 }),
    modelDir,
    config: { ...config, saveSummarySteps: 1, logStepCountSteps: 0 },
  });
  const hook = { afterRun: ({ globalStep }: { globalStep: number }) => void process.stdout.write(`${globalStep}\n`) }; // prettier-ignore
  await estimator.train({ inputFn, maxSteps, hooks: [hook] });
}

if (require.main === module) {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- killed.test.ts wrote it
  const job = JSON.parse(process.argv[2] ?? "") as Job;
  // A training that SIGTERM ends rejects too; the process then ends by the signal.
  runJob(job).catch((error: unknown) => {
    if (!String(error).includes("SIGTERM")) throw error;
  });
}

/** What summaries cost a training job: scalars every step, histograms of all weights and gradients every so many. */
import { Model } from "../src/model";
import { SummaryWriter } from "../src/summary";
import { tf } from "../src/tensorflow";
import { createTrainStep, summarizeGradients, type StepResult } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, timed, type Result } from "./contest";
import { inFolder } from "./folder";
import type { StepBench } from "./step";

/** Steps from one set of histograms to the next. */
const EVERY = 100;

/**
 * Seconds a step: without summaries, with scalars, and with scalars and all histograms until they are in the file; then those of
 * a step of the whole job, in which one in a hundred has histograms.
 */
export function benchSummaries(options: StepBench): Promise<Result[]> {
  return inFolder((folder) => measure(options, folder));
}

async function measure({ rounds, batch, side }: StepBench, folder: string): Promise<Result[]> {
  const { images, labels } = trainingBatch({ batch, side });
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const step = createTrainStep(model, { learningRate: 0.001 });
  const writer = new SummaryWriter(folder);
  const scalars = ({ loss, crossEntropy, accuracy, learningRate, globalStep }: StepResult): void => {
    for (const [tag, value] of Object.entries({ loss, crossEntropy, accuracy, learningRate }))
      writer.scalar(tag, value, globalStep);
  };
  const histograms = async (): Promise<void> => {
    const { gradients, ...result } = await step.withGradients(images, labels);
    scalars(result);
    const weights = model.variables.all().map(({ name, variable }) => writer.histogram(name, variable, result.globalStep)); // prettier-ignore
    await Promise.all([summarizeGradients(writer, gradients, result.globalStep), ...weights]);
    tf.dispose(gradients);
    await writer.flush();
  };
  const bare = { name: "step", run: () => timed(() => step(images, labels)) };
  const told = { name: "with scalars", run: () => timed(async () => scalars(await step(images, labels))) };
  const drawn = { name: "with scalars and histograms", run: () => timed(histograms) };
  const results = await contest([bare, told, drawn], rounds, 1);
  await writer.close();
  const [plain, some, all] = results;
  if (plain === undefined || some === undefined || all === undefined) return results;
  const mean = (of: (result: Result) => number): number => (of(some) * (EVERY - 1) + of(all)) / EVERY;
  const job = {
    name: `with scalars, and histograms every ${EVERY} steps`,
    isPeer: false,
    min: mean(({ min }) => min),
    median: mean(({ median }) => median),
  };
  return [job, ...results];
}

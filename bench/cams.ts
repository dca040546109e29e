/** What looking at photos costs a training: heat maps of eight, drawn and written to event files, every fifty steps. */
import { showCamEvery } from "../src/finetune";
import { Model } from "../src/model";
import { random, type tf } from "../src/tensorflow";
import { createTrainStep, type Training } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, timed, type Result } from "./contest";
import { inFolder } from "./folder";
import type { StepBench } from "./step";

/** Steps from one look to the next, and photos that are looked at. */
const [EVERY, PHOTOS] = [50, 8];

/** Seconds of a step, of a look, and of a step of the whole training, in which one in fifty is followed by a look. */
export function benchCams(options: StepBench): Promise<Result[]> {
  return inFolder((folder) => measure(options, folder));
}

async function measure({ rounds, batch, side }: StepBench, folder: string): Promise<Result[]> {
  const { images, labels } = trainingBatch({ batch, side });
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const step = createTrainStep(model, { learningRate: 0.001 });
  const photos = random.uniform<tf.Tensor4D>([PHOTOS, side, side, 3], random.seed(2), 0, 255);
  const cams = showCamEvery(photos, { logDir: folder });
  const training: Training = { step, model, requestStop: () => undefined };
  const bare = { name: "step", run: () => timed(() => step(images, labels)) };
  const look = { name: "look", run: () => timed(async () => cams.onTrainBegin?.(training)) };
  const results = await contest([bare, look], rounds, 2);
  cams.dispose();
  const [plain, looked] = results;
  if (plain === undefined || looked === undefined) return results;
  const job = {
    name: `step, with a look every ${EVERY}`,
    isPeer: false,
    min: plain.min + looked.min / EVERY,
    median: plain.median + looked.median / EVERY,
  };
  return [job, ...results];
}

/** One of the processes of the scaling bench: node scalingworker.js <batch> <side> <rounds>. Prints its measurements as JSON. */
import { agree, joinCluster } from "../src/distribute";
import { Model } from "../src/model";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";
import { timed } from "./contest";
import type { Measured } from "./scaling";

const PINGS = 20;

async function main(): Promise<void> {
  const [batch = 16, side = 224, rounds = 5] = process.argv.slice(2).map(Number);
  const cluster = await joinCluster();
  const { images, labels } = trainingBatch({ batch, side });
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const alone = createTrainStep(model, { learningRate: 0.01 });
  const together = createTrainStep(model, { learningRate: 0.01, cluster });
  await together.synchronize();
  const measured: Measured = { alone: [], together: [], meeting: [], bytes: 0 };
  for (let round = -2; round < rounds; round++) {
    for (const kind of ["alone", "together"] as const) {
      await agree(cluster, true); // both processes load the machine at the same time
      const step = kind === "alone" ? alone : together;
      const seconds = await timed(() => step(images, labels));
      if (round >= 0) measured[kind].push(seconds);
    }
  }
  for (let i = 0; i < PINGS; i++) measured.meeting.push(await timed(() => agree(cluster, true)));
  const bytes = together.trained.reduce((sum, { variable }) => sum + 4 * variable.size, 0);
  process.stdout.write(`${JSON.stringify({ ...measured, bytes })}\n`);
  await cluster.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);

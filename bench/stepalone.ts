/** Our training step in a process of its own: node dist/bench/stepalone.js BATCH SIDE; answers each line with a step's seconds. */
import { createInterface } from "node:readline";
import { Model } from "../src/model";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";

const [batch = 16, side = 224] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const step = createTrainStep(model, { learningRate: 0.01 });
  const { images, labels } = trainingBatch({ batch, side });
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = process.hrtime.bigint();
    await step(images, labels);
    console.log(Number(process.hrtime.bigint() - started) / 1e9);
  }
}

void main();

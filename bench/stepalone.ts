/** Our training step in a process of its own: node dist/bench/stepalone.js BATCH SIDE; answers each line with a step's seconds. */
import { createInterface } from "node:readline";
import { Model } from "../src/model";
import { random, tf } from "../src/tensorflow";
import { createTrainStep } from "../src/training";

const [batch = 16, side = 224] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const step = createTrainStep(model, { learningRate: 0.01 });
  const images = random.uniform<tf.Tensor4D>([batch, side, side, 3], random.seed(1), 0, 255);
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 2), "int32"); // prettier-ignore
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    const started = process.hrtime.bigint();
    await step(images, labels);
    console.log(Number(process.hrtime.bigint() - started) / 1e9);
  }
}

void main();

/**
 * A model fine-tuned by fineTune() as it is by default: node dist/bench/transferalone.js PHOTOS CHECKPOINT FOLDER SEED EPOCHS BATCH SIDE
 * PRECISION, the first of the epochs with the head alone. Photos become records on the way. Says "ready" when trained, then answers
 * "validation" and "test" with accuracies.
 */
import { createInterface } from "node:readline";
import * as slim from "../src";

const [photos = "", checkpoint = "", folder = "", ...rest] = process.argv.slice(2);
const [seed = 1, epochs = 3, batchSize = 16, size = 224] = rest.map(Number);
const precision = rest[4] === "bfloat16" ? "bfloat16" : "float32";

async function read(split: string, options: slim.InputFnOptions): Promise<slim.Dataset<slim.LabeledBatch>> {
  await slim.writeRecords(`${photos}/${split}`, folder, { split });
  return slim.createInputFn(`${folder}/${split}_${split}_*`, { batchSize, decode: "scaled", ...options })();
}

const readWhole = (split: string): Promise<slim.Dataset<slim.LabeledBatch>> =>
  read(split, { numEpochs: 1, transform: (image) => slim.preprocessForEval(image, { size }) });

async function main(): Promise<void> {
  const train = await read("train", {
    ...{ shuffle: true, seed },
    transform: (image, drawn) => slim.preprocessForTrain(image, { seed: drawn, size, crop: "box", flip: false }), // the model mirrors
  }); // prettier-ignore
  const validation = await readWhole("validation");
  const shape = { defaultImageSize: size, fixedResizeSide: Math.round((size * 256) / 224) };
  const model = new slim.Model({ isTraining: true, strides: "torchvision", seed, ...shape });
  slim.initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
  const tuned = await slim.fineTune(model, {
    ...{ train, validation, precision, seed },
    ...{ freezeEpochs: 1, epochs: epochs - 1 },
  });
  console.log("ready");
  const best = tuned.epochs[(tuned.bestEpoch ?? 0) - 1]?.validationAccuracy ?? NaN;
  for await (const word of createInterface({ input: process.stdin }))
    console.log(word === "validation" ? best : (await slim.evaluate(model, await readWhole("test"))).accuracy); // prettier-ignore
}

void main();

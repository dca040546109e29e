/**
 * A head fine-tuned as a user writes it: node dist/bench/finetunealone.js PHOTOS CHECKPOINT FOLDER SEED GOAL PRECISION.
 *
 * It learns from each batch of features as that is computed. The validation photos' features are computed first, so that how the head
 * does on them costs milliseconds and is asked every fourth step. Says "ready" when that is the goal, then answers "photos" (how many
 * it has learned from), "validation" and "test" with numbers.
 */
import { createInterface } from "node:readline";
import * as slim from "../src";

const [photos = "", checkpoint = "", folder = "", seedText = "1", goal = "0.95", asked] = process.argv.slice(2); // prettier-ignore
const seed = Number(seedText);
const precision = asked === "bfloat16" ? asked : "float32";
const BATCH = 16;
const MOST_STEPS = 1000;

const write = (split: string): Promise<unknown> => slim.writeRecords(`${photos}/${split}`, folder, { split });

function read(split: string, options: slim.InputFnOptions = {}): slim.Dataset<slim.LabeledBatch> {
  const given = { batchSize: BATCH, numEpochs: 1, decode: "scaled", ...options } as const;
  return slim.createInputFn(`${folder}/${split}_${split}_*`, given)();
}

async function main(): Promise<void> {
  const written = write("train").then(() => write("validation"));
  const model = new slim.Model({ isTraining: true, strides: "torchvision", seed });
  slim.initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
  await written;

  const trunk = { scopesToFreeze: "resnet_v1_50", precision, seed } as const;
  const held = await slim.features(model, read("validation"), { ...trunk, isTraining: false });
  const evalStep = slim.createEvalStep(model, { features: held });
  const step = slim.createTrainStep(model, {
    scopesToFreeze: "resnet_v1_50",
    optimizer: slim.adamOptimizer(),
    learningRate: 0.01,
  });
  const take = step.from(held.endpoint);
  const enough = new AbortController();
  let accuracy = 0;
  const validate = async (): Promise<void> => {
    if (step.globalStep % 4 !== 0) return;
    ({ accuracy } = await slim.evaluate(model, held, { evalStep }));
    if (accuracy >= Number(goal)) enough.abort();
  };
  const onBatch = async ([{ features }, label]: slim.FeatureBatch): Promise<void> => {
    await take(features, label);
    await validate();
  };
  const { signal } = enough;
  try {
    const seen = await slim.features(model, read("train", { shuffle: true, seed }), { ...trunk, onBatch, signal }); // prettier-ignore
    await slim.train(step, seen, { steps: MOST_STEPS, onStep: validate, signal });
    throw new RangeError(`Cannot reach ${goal}: got ${accuracy} after ${step.globalStep} steps`);
  } catch (error) {
    if (error !== signal.reason) throw error;
  }

  console.log("ready");
  for await (const word of createInterface({ input: process.stdin }))
    console.log(word === "photos" ? step.globalStep * BATCH : word === "test" ? await test(model) : accuracy);
}

async function test(model: slim.Model): Promise<number> {
  await write("test");
  return (await slim.evaluate(model, read("test"))).accuracy;
}

void main();

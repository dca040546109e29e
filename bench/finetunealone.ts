/**
 * A head fine-tuned as a user writes it: node dist/bench/finetunealone.js PHOTOS CHECKPOINT FOLDER SEED GOAL PRECISION.
 *
 * It learns from each batch of features as that is computed, and in further epochs from those that are kept; it is validated after each
 * epoch. Says "ready" when that gives the goal, then answers "photos" (how many it has learned from), "validation" and "test" with
 * numbers.
 */
import { createInterface } from "node:readline";
import * as slim from "../src";

const [photos = "", checkpoint = "", folder = "", seedText = "1", goal = "0.95", asked] = process.argv.slice(2); // prettier-ignore
const seed = Number(seedText);
const precision = asked === "bfloat16" ? asked : "float32";
const BATCH = 16;
const MOST_EPOCHS = 50;

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
  let photos = 0;
  const seen = await slim.features(model, read("train", { shuffle: true, seed }), {
    ...trunk,
    onBatch: async ([{ features }, label]) => {
      await take(features, label);
      photos += label.size;
    },
  });
  const epoch = step.globalStep;
  let { accuracy } = await slim.evaluate(model, held, { evalStep });
  if (accuracy < Number(goal)) {
    const enough = new AbortController();
    const onStep = async ({ globalStep }: slim.StepResult): Promise<void> => {
      photos += BATCH;
      if (globalStep % epoch !== 0) return;
      ({ accuracy } = await slim.evaluate(model, held, { evalStep }));
      if (accuracy >= Number(goal)) enough.abort();
    };
    const { signal } = enough;
    await slim.train(step, seen, { steps: MOST_EPOCHS * epoch, onStep, signal }).catch((error: unknown) => {
      if (error !== signal.reason) throw error;
    });
    if (!signal.aborted) throw new RangeError(`Cannot reach ${goal}: got ${accuracy} after ${MOST_EPOCHS} epochs`); // prettier-ignore
  }

  console.log("ready");
  for await (const word of createInterface({ input: process.stdin }))
    console.log(word === "photos" ? photos : word === "test" ? await test(model) : accuracy);
}

async function test(model: slim.Model): Promise<number> {
  await write("test");
  return (await slim.evaluate(model, read("test"))).accuracy;
}

void main();

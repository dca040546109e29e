/** Going on with another optimizer, other frozen scopes, another step, or another saver. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import {
  createTrainStep,
  latestCheckpoint,
  Saver,
  type TrainStep,
  type TrainStepOptions,
} from "../../src/training";
import { adamOptimizer, adamWOptimizer, rmsPropOptimizer, sgdOptimizer } from "../../src/training";
import { Estimator, type ModelFnOptions } from "../../src/estimator";
import type { Model } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import { thinInput, thinModelFn } from "../estimator/thin";
import { patternBatch, thinModel } from "../training/thin";
import { testSituations } from "./table";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const head: TrainStepOptions = { trainableScopes: "Predict" };
const more: TrainStepOptions = { trainableScopes: ["Predict", "resnet_v1_50/block4/unit_3"] };

/** Takes so many steps. */
async function take(step: TrainStep, count: number): Promise<void> {
  const [{ image }, labels] = patternBatch("resuming", 2);
  for (let i = 0; i < count; i++) await step(image, labels);
  tf.dispose([image, labels]);
}

/** Trains with one step and saves it, then restores into another of a new model. */
async function resume<T>(
  folder: string,
  [before, after]: readonly [TrainStepOptions, TrainStepOptions],
  look: (model: Model, step: TrainStep, restore: (saver: Saver) => readonly string[]) => T | Promise<T>,
  saver = new Saver(),
): Promise<T> {
  const model = thinModel();
  const step = createTrainStep(model, before);
  await take(step, 2);
  await saver.save(`${folder}/`, model, { step });
  const next = thinModel();
  const resumed = createTrainStep(next, after);
  try {
    return await look(next, resumed, (other) => other.restore(folder, next, resumed).newSlots);
  } finally {
    for (const one of [step, resumed, model, next]) one.dispose();
  }
}

const initial = (): Saver => new Saver({ newSlots: "initial" });

/** What the slots of a resumed step begin with, each once, by the ends of their names. */
function begun({ slots }: TrainStep, names: readonly string[]): Readonly<Record<string, readonly number[]>> {
  const values = names.map((name) => {
    const all = new Set([...(slots[name]?.dataSync() ?? [])].map((one) => Number(one.toPrecision(5))));
    return [basename(name), [...all]] as const;
  });
  return Object.fromEntries(values);
}

/** Trains an estimator's model to a step. */
async function train(
  modelDir: string,
  options: ModelFnOptions,
  maxSteps: number,
): Promise<number | undefined> {
  const input = thinInput("resuming", "train");
  const modelFn = thinModelFn(options);
  const estimator = new Estimator({ modelFn, modelDir });
  try {
    return (await estimator.train({ inputFn: input.inputFn, maxSteps }))?.globalStep;
  } finally {
    await estimator.dispose();
    modelFn.dispose();
    input.dispose();
  }
}

/** Two savers, which save each its own series in a folder at once. */
async function saveAtOnce(folder: string): Promise<readonly unknown[]> {
  const before = memory();
  const variables = ["a", "b"].map((name) => ({
    name,
    value: tf.tensor1d([1, 2, 3]),
    saver: new Saver({ maxToKeep: 2 }),
  }));
  const saves = [1, 2, 3].flatMap((globalStep) =>
    variables.map(({ name, value, saver }) => saver.save(join(folder, name), { value }, { globalStep })),
  );
  await Promise.all(saves);
  tf.dispose(variables.map(({ value }) => value));
  const checkpoints = readdirSync(folder).flatMap((file) =>
    file.endsWith(".index") ? [basename(file, ".index")] : [],
  );
  const newest = basename(latestCheckpoint(folder) ?? "");
  return [checkpoints.sort(), /-3$/.test(newest), memory().tensors === before.tensors];
}

testSituations([
  {
    name: "scopes that were frozen lack the optimizer's variables alone, and the error says what to do",
    situation: (folder) => resume(folder, [head, more], (_model, _step, restore) => restore(new Saver())),
    expected:
      /^Cannot restore ".*model.ckpt-2": expected all of the optimizer's variables in it, got 9 missing, of a model that is all there: "resnet_v1_50\/block4\/unit_3.*\/Momentum", .*, …; for another optimizer, or scopes that were frozen, a Saver with newSlots: "initial" lets these begin anew$/,
  },
  {
    name: 'with newSlots: "initial" the momenta of what was frozen are 0, and the others as they were',
    situation: (folder) =>
      resume(folder, [head, more], async (_model, step, restore) => {
        await take(step, 1); // so that they are not as at first
        const names = restore(initial());
        const values = Object.values(begun(step, names));
        const kept = step.slots["Predict/logits/weights/Momentum"]?.dataSync() ?? [];
        return [names.length, values, kept.some((value) => value !== 0), step.globalStep];
      }),
    expected: [9, [[0]], true, 2],
  },
  {
    name: "RMSProp's mean squares begin with 1 after another optimizer",
    situation: (folder) =>
      resume(folder, [head, { ...head, optimizer: rmsPropOptimizer() }], async (_model, step, restore) => {
        await take(step, 1);
        return begun(step, restore(initial()));
      }),
    expected: { RMSProp: [1], RMSProp_1: [0] },
  },
  {
    name: "AdamW's powers begin with its betas after Adam, whose powers have the same names",
    situation: (folder) => {
      const options = [adamOptimizer(), adamWOptimizer()].map((optimizer) => ({ ...head, optimizer }));
      const [before = {}, after = {}] = options;
      return resume(folder, [before, after], async (_model, step, restore) => {
        await take(step, 1);
        return begun(step, restore(initial()));
      });
    },
    expected: { AdamW: [0], AdamW_1: [0], beta1_power: [0.9], beta2_power: [0.999] },
  },
  {
    name: "an optimizer that keeps nothing goes on after any other",
    situation: (folder) =>
      resume(folder, [head, { ...more, optimizer: sgdOptimizer() }], (_model, step, restore) => [
        restore(new Saver()),
        step.globalStep,
      ]),
    expected: [[], 2],
  },
  {
    name: "a modelDir with another optimizer says what to do",
    situation: async (folder) => {
      await train(folder, { trainableScopes: "Predict" }, 1);
      return train(folder, { trainableScopes: "Predict", optimizer: adamOptimizer() }, 2);
    },
    expected:
      /^Cannot train: expected in .* a checkpoint of this model and input, .*newSlots: "initial" lets these begin anew$/,
  },
  {
    name: "a modelDir goes on with another optimizer if the saver is told to",
    situation: async (folder) => {
      await train(folder, { trainableScopes: "Predict" }, 1);
      const optimizer = adamOptimizer();
      return train(folder, { trainableScopes: "Predict", optimizer, saver: { newSlots: "initial" } }, 2);
    },
    expected: 2,
  },
  {
    name: "a second step of a model goes on counting, and so does the first after it",
    situation: async (folder) => {
      const model = thinModel();
      const steps = [createTrainStep(model, head)];
      for (const step of steps) await take(step, 2);
      steps.push(createTrainStep(model, more));
      for (const step of steps) await take(step, 1);
      const saved = await Promise.all(steps.map((step) => new Saver().save(`${folder}/`, model, { step })));
      const anew = createTrainStep(model, { ...head, globalStep: 0 });
      const counts = [...saved.map((path) => basename(path)), anew.globalStep];
      for (const one of [...steps, anew, model]) one.dispose();
      return counts;
    },
    expected: ["model.ckpt-4", "model.ckpt-4", 0],
  },
  {
    name: "a tfjs optimizer, whose variables a Saver can't save, is refused when it saves",
    situation: (folder) =>
      resume(folder, [{ ...head, optimizer: tf.train.adam(0.01) }, head], () => undefined),
    expected:
      /^Cannot save ".*": expected an optimizer whose variables a checkpoint can hold, such as momentumOptimizer\(\), got tfjs's Adam; a Saver with newSlots: "initial" does without them$/,
  },
  {
    name: "a tfjs optimizer is refused where it would go on without its variables",
    situation: (folder) =>
      resume(folder, [head, { ...head, optimizer: tf.train.momentum(0.01, 0.9) }], (_model, _step, restore) =>
        restore(new Saver()),
      ),
    expected:
      /^Cannot restore ".*": expected an optimizer whose variables .*, got tfjs's Momentum; a Saver .*$/,
  },
  {
    name: "a tfjs optimizer that keeps nothing, or whose saver does without, is saved and goes on",
    situation: (folder) => {
      const adam = { ...head, optimizer: tf.train.adam(0.01) };
      return resume(
        folder,
        [adam, { ...head, optimizer: tf.train.sgd(0.01) }],
        (_model, step, restore) => [restore(new Saver()), step.globalStep],
        initial(),
      );
    },
    expected: [[], 2],
  },
  {
    name: "nothing to save is not the disk's fault",
    situation: (folder) => new Saver().save(join(folder, "none"), {}),
    expected: /^Cannot save: expected a model or tensors, got none$/,
  },
  {
    name: "a disposed tensor among those to save is called so, by its name",
    situation: (folder) => {
      const one = tf.scalar(1);
      one.dispose();
      return new Saver().save(join(folder, "none"), { one });
    },
    expected: /^Cannot save "one": expected a tensor that lives, got a disposed one$/,
  },
  {
    name: "a step that is disposed is called so, also of an optimizer that keeps nothing",
    situation: async () => {
      const model = thinModel();
      const step = createTrainStep(model, { ...head, optimizer: sgdOptimizer() });
      step.dispose();
      try {
        await take(step, 1);
      } finally {
        model.dispose();
      }
    },
    expected: /^Cannot train: expected a step that lives, got a disposed one$/,
  },
  {
    name: "two savers save in one folder at once, and none deletes or forgets what is the other's",
    situation: saveAtOnce,
    expected: [["a-2", "a-3", "b-2", "b-3"], true, true],
  },
]);

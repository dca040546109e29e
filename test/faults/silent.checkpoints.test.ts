/** Checkpoints of which less, or something else, was loaded than the user believed. */
import { join } from "node:path";

import { Model, type ModelOptions } from "../../src/model";
import { createModelFn, ModeKeys } from "../../src/estimator";
import { resolveConfig } from "../../src/estimator/config";
import { saveCheckpoint, tf } from "../../src/tensorflow";
import {
  createTrainStep,
  getTrainableVariables,
  initVariablesFromCheckpoint,
  Saver,
} from "../../src/training";
import { testSituations } from "./table";

function using<T>(options: ModelOptions, work: (model: Model) => T): T {
  const small = { architecture: "resnet_v1_14", width: 1 / 16, defaultImageSize: 32 } as const;
  const model = new Model({ ...small, ...options });
  try {
    return work(model);
  } finally {
    model.dispose();
  }
}

/** A checkpoint of a small network's variables, in a scope if need be. */
function saved(folder: string, options: ModelOptions = {}, scope = ""): string {
  const prefix = join(folder, "model.ckpt");
  using(options, ({ variables }) =>
    saveCheckpoint(
      prefix,
      Object.fromEntries(variables.all().map(({ name, variable }) => [scope + name, variable])),
    ),
  );
  return prefix;
}

const load = (prefix: string, options: Parameters<typeof initVariablesFromCheckpoint>[2]): unknown =>
  using({}, (model) => initVariablesFromCheckpoint(model, prefix, options).loaded.length);

testSituations([
  {
    name: "a checkpoint of other names loads nothing with ignoreMissing: its names and a map are told",
    situation: (folder) => load(saved(folder, {}, "tower_0/"), { ignoreMissing: true }),
    expected:
      /expected variables of the model in it, such as "resnet_v1_14\/conv1\/weights", got none of them; the nearest there are "tower_0\/resnet_v1_14\/conv1\/weights".*assignmentMap: \{ "tower_0": "" \}$/,
  },
  {
    name: "the same checkpoint loads with that map",
    situation: (folder) => load(saved(folder, {}, "tower_0/"), { assignmentMap: { tower_0: "" } }),
    expected: 87,
  },
  {
    name: "a checkpoint of which all is excluded loads nothing",
    situation: (folder) => load(saved(folder), { excludeScopes: ["resnet_v1_14", "Predict"] }),
    expected: /expected variables that are not excluded, got all 87 of the model excluded$/,
  },
  {
    name: "a checkpoint loads nothing into a disposed model",
    situation: (folder) => {
      const model = using({}, (one) => one);
      return initVariablesFromCheckpoint(model, saved(folder));
    },
    expected: /^Cannot load ".*": expected a model with its variables, got a disposed one$/,
  },
  {
    name: "a Saver saves nothing of a disposed model",
    situation: (folder) => new Saver().save(folder, using({}, (one) => one)), // prettier-ignore
    expected: /^Cannot save ".*": expected a model with its variables, got a disposed one$/,
  },
  {
    name: "a Saver restores nothing into a disposed model",
    situation: (folder) => new Saver().restore(saved(folder), using({}, (one) => one)), // prettier-ignore
    expected: /^Cannot restore ".*": expected a model with its variables, got a disposed one$/,
  },
  {
    name: "a Saver restores nothing into no variables",
    situation: (folder) => new Saver().restore(saved(folder), {}),
    expected: /expected variables to restore, got none$/,
  },
  {
    name: "a disposed model is not one of which all is frozen",
    situation: () => createTrainStep(using({}, (one) => one)), // prettier-ignore
    expected: /expected a model with its variables, got a disposed one$/,
  },
  {
    name: "freezing a scope without its network's name freezes nothing",
    situation: () => using({}, (model) => getTrainableVariables(model, { scopesToFreeze: "block1" })),
    expected:
      /^Cannot freeze: expected a scope of the network, such as "resnet_v1_14\/block1", .*, got "block1"$/,
  },
  {
    name: "excluding a scope without its network's name excludes nothing",
    situation: (folder) => load(saved(folder), { excludeScopes: "logits" }),
    expected:
      /^Cannot leave out: expected a scope of the network, such as "Predict\/logits", .*, got "logits"$/,
  },
  {
    name: "an empty list of what to train trains everything",
    situation: () => using({}, (model) => getTrainableVariables(model, { trainableScopes: [] })),
    expected: /expected scopes of the network, or no trainableScopes for all of it, got an empty list$/,
  },
  {
    name: "multiplying gradients of a scope that matches nothing multiplies none",
    situation: () => using({}, (model) => createTrainStep(model, { gradientMultipliers: { block4: 2 } })),
    expected: /^Cannot multiply gradients: expected a scope of the network, such as "resnet_v1_14\/block4"/,
  },
  {
    name: "the checkpoint of another version's network is none of this one",
    situation: (folder) => load(saved(folder, { architecture: "resnet_v2_14" }), {}),
    expected: /; it is a checkpoint of "resnet_v2_14", not of "resnet_v1_14"$/,
  },
  {
    name: "an Estimator's training begins with the head of a checkpoint, by a map, and not with a new one",
    situation: async (folder) => {
      const model = { architecture: "resnet_v1_14", width: 1 / 16, defaultImageSize: 32, seed: 5 } as const;
      const modelFn = createModelFn({
        model,
        checkpointPath: saved(folder, { seed: 3 }, "tower_0/"),
        checkpointAssignmentMap: { tower_0: "" },
      });
      const spec = modelFn(tf.scalar(0), undefined, ModeKeys.TRAIN, {}, resolveConfig());
      const head = (): number[] => [...spec.model.variables.expect("Predict/logits/weights").dataSync()];
      const before = head();
      await spec.scaffold?.init?.();
      const expected = using({ seed: 3 }, ({ variables }) => [
        ...variables.expect("Predict/logits/weights").dataSync(),
      ]);
      const after = head();
      spec.trainOp?.dispose();
      modelFn.dispose();
      return [after.join() === expected.join(), after.join() === before.join()];
    },
    expected: [true, false],
  },
  {
    name: "a variable of another type in a checkpoint is not made one of this type, and nothing is loaded",
    situation: (folder) =>
      using({}, (model) => {
        const prefix = saved(folder, { seed: 3 });
        const all = model.variables.all();
        const [first = "", ...others] = all.map(({ name }) => name);
        const kernel = tf.zeros([7, 7, 3, 4], "int32");
        const wide = Object.fromEntries(
          others.map((name) => [name, tf.ones(model.variables.expect(name).shape)]),
        );
        saveCheckpoint(prefix, { ...wide, [first]: kernel });
        tf.dispose([wide, kernel]);
        const before = all.map(({ variable }) => variable.dataSync().join());
        try {
          return initVariablesFromCheckpoint(model, prefix);
        } catch (error) {
          const isSame = all.every(({ variable }, i) => variable.dataSync().join() === before[i]);
          throw new Error(`${isSame ? "none" : "some"} loaded: ${String(error)}`, { cause: error });
        }
      }),
    expected:
      /^none loaded: .*conv1\/weights" \(expected float32 \[7, 7, 3, 4\], got int32 \[7, 7, 3, 4\]\)$/,
  },
]);

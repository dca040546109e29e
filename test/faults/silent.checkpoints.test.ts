/** Checkpoints of which less, or something else, was loaded than the user believed. */
import { join } from "node:path";
import { Model, type ModelOptions } from "../../src/model";
import { saveCheckpoint } from "../../src/tensorflow";
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
]);

import type { Model } from "../../model/model";
import type { ModelVariable } from "../../model/variables";
import {
  openCheckpoint,
  quoteNearest,
  tf,
  type CheckpointReader,
  type CheckpointVariable,
} from "../../tensorflow";
import { hintOf, namesInCheckpoint, type AssignmentOptions } from "./assignment";
import { findCheckpoint } from "./checkpoint";
import { firstOf, initReport, type InitReport } from "./report";
import { expectScopes, isInScopes, type Scopes } from "../../model/scopes";

/** Options of initVariablesFromCheckpoint(). */
export interface InitOptions extends AssignmentOptions {
  /** Variables in these scopes keep their values, e.g. a head for other classes. @default none */
  readonly excludeScopes?: Scopes;
  /** Whether variables that the checkpoint lacks keep their values, rather than stop the loading. @default false */
  readonly ignoreMissing?: boolean;
}

/**
 * Gives a model's variables the values that a checkpoint has for them. Either all are loaded or, at an error, none.
 *
 * A matrix also takes the kernel of a 1 x 1 convolution, as TF-Slim's logits are.
 * @param path  a V1 or V2 checkpoint, or a folder whose latest is taken; see findCheckpoint()
 * @returns     what was loaded, left out, missing, of other shape, and unused
 * @throws {RangeError} if a scope is unknown to model and checkpoint, or a variable is missing or has another shape or type
 * @throws {RangeError} if nothing would be loaded at all
 * @throws {Error} that quotes the path, if there is no checkpoint or it is damaged
 * @throws {Error} if the model is disposed
 * @example
 * initVariablesFromCheckpoint(model, "resnet_v1_50.ckpt", { excludeScopes: "Predict/logits" });
 * @example
 * initVariablesFromCheckpoint(model, "resnet_v1_50.ckpt", { assignmentMap: { "resnet_v1_50/logits": "Predict/logits" } });
 */
export function initVariablesFromCheckpoint(
  model: Model,
  path: string,
  options: InitOptions = {},
): InitReport {
  const { ignoreMissing = false } = options;
  const variables = model.variables.expectAll(`load "${path}"`);
  const checkpoint = findCheckpoint(path);
  const reader = openCheckpoint(checkpoint);
  try {
    const plan = planLoading(variables, reader, options);
    if (!ignoreMissing) expectNone(checkpoint, plan.missing, "has none of these names", plan.hint());
    expectNone(checkpoint, plan.wrong, "has another shape or type");
    expectSome(plan, reader);
    tf.tidy(() => {
      const values = plan.loaded.map(({ variable: { variable }, source }) => ({
        variable,
        value: shapedLike(variable, reader.read(source)),
      }));
      for (const { variable, value } of values) variable.assign(value);
    });
    const { excluded, missing, shapeMismatch, unused } = plan;
    const renamed = plan.loaded.filter(({ variable: { name }, source }) => name !== source);
    return initReport({
      checkpoint,
      loaded: plan.loaded.map(({ variable: { name } }) => name),
      mapped: Object.fromEntries(renamed.map(({ variable: { name }, source }) => [name, source])),
      ...{ excluded, missing, shapeMismatch, unused },
    });
  } finally {
    reader.close();
  }
}

/** A variable, and what its values are called in the checkpoint. */
interface Loading {
  readonly variable: ModelVariable;
  readonly source: string;
  /** undefined: it has none of that name. */
  readonly entry: CheckpointVariable | undefined;
}

interface LoadingPlan {
  readonly loaded: readonly Loading[];
  readonly excluded: readonly string[];
  readonly missing: readonly string[];
  readonly shapeMismatch: readonly string[];
  readonly unused: readonly string[];
  /** Descriptions of what can't be loaded. */
  readonly wrong: readonly string[];
  /** Where the missing ones may be. */
  hint(): string;
}

function planLoading(
  variables: readonly ModelVariable[],
  reader: CheckpointReader,
  options: InitOptions,
): LoadingPlan {
  const entries = new Map(reader.variables.map((entry) => [entry.name, entry]));
  const own = variables.map(({ name }) => name);
  const scopes = expectScopes(options.excludeScopes, [...own, ...entries.keys()], "leave out");
  const sourceOf = namesInCheckpoint(own, new Set(entries.keys()), options);
  const all = variables.map((variable): Loading => {
    const source = sourceOf(variable.name);
    return { variable, source, entry: entries.get(source) };
  });
  const isExcluded = ({ variable: { name } }: Loading): boolean => isInScopes(name, scopes);
  const excluded = all.filter(isExcluded);
  const wanted = all.filter((one) => !isExcluded(one));
  const loaded = wanted.filter(({ entry }) => entry !== undefined);
  const missing = wanted.filter(({ entry }) => entry === undefined);
  const used = new Set(loaded.map(({ source }) => source));
  const nameOf = ({ variable: { name } }: Loading): string => name;
  return {
    loaded,
    excluded: excluded.map(nameOf),
    missing: missing.map(nameOf),
    shapeMismatch: excluded.filter((one) => one.entry !== undefined && !isFitting(one)).map(nameOf),
    unused: [...entries.keys()].filter((name) => !used.has(name)),
    wrong: loaded.filter((one) => !isFitting(one) || one.entry?.dtype !== "float32").map(describe),
    hint: () =>
      hintOf(
        missing.map(({ source, variable: { variable } }) => ({ name: source, shape: variable.shape })),
        reader.variables,
      ),
  };
}

/** Whether a variable can take the values: they are of its shape, or a 1 x 1 convolution's for a matrix. */
function isFitting({ variable: { variable }, entry }: Loading): boolean {
  const shape = entry?.shape.join();
  return (
    shape === variable.shape.join() || (variable.rank === 2 && shape === [1, 1, ...variable.shape].join())
  );
}

function shapedLike(variable: tf.Variable, value: tf.Tensor): tf.Tensor {
  return value.rank === variable.rank ? value : value.reshape(variable.shape);
}

function describe({ variable: { name, variable }, source, entry }: Loading): string {
  const { dtype = "", shape = [] } = entry ?? {};
  const from = source === name ? "" : ` as "${source}"`;
  return `"${name}" (expected float32 [${variable.shape.join(", ")}], got ${dtype} [${shape.join(", ")}]${from})`;
}

function expectNone(checkpoint: string, names: readonly string[], what: string, hint = ""): void {
  if (names.length === 0) return;
  throw new RangeError(
    `Cannot load "${checkpoint}": expected every variable that is not excluded in it, got ${names.length} for which it ${what}: ${firstOf(names, 8)}${hint}`,
  );
}

/** Who loads a checkpoint means to have something of it. */
function expectSome({ loaded, excluded, missing, hint }: LoadingPlan, reader: CheckpointReader): void {
  if (loaded.length > 0) return;
  const [first] = missing;
  if (first === undefined)
    throw new RangeError(
      `Cannot load "${reader.prefix}": expected variables that are not excluded, got all ${excluded.length} of the model excluded`,
    );
  const near = quoteNearest(first, reader.variables.map(({ name }) => name)); // prettier-ignore
  throw new RangeError(
    `Cannot load "${reader.prefix}": expected variables of the model in it, such as "${first}", got none of them; the nearest there are ${near}${hint()}`,
  );
}

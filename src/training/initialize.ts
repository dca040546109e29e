import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { table, type TableRow } from "../display/table";
import type { Model } from "../model/model";
import type { ModelVariable } from "../model/variables";
import { openCheckpoint, tf, type CheckpointReader } from "../tensorflow";
import { findCheckpoint } from "./checkpoint";
import { expectScopes, isInScopes, type Scopes } from "./scopes";

/** Options of initVariablesFromCheckpoint(). */
export interface InitOptions {
  /** Variables in these scopes keep their values, e.g. a head for other classes. @default none */
  readonly excludeScopes?: Scopes;
  /** Whether variables that the checkpoint lacks keep their values, rather than stop the loading. @default false */
  readonly ignoreMissing?: boolean;
}

/** What was done with each variable, by name; shows itself as a table. */
export interface InitReport extends Displayable {
  /** What was read, as findCheckpoint() found it. */
  readonly checkpoint: string;
  readonly loaded: readonly string[];
  /** Left out because of `excludeScopes`. */
  readonly excluded: readonly string[];
  /** Not in the checkpoint; only with `ignoreMissing`. */
  readonly missing: readonly string[];
  /** The excluded ones that have another shape in the checkpoint, such as a head for other classes. */
  readonly shapeMismatch: readonly string[];
  /** Entries of the checkpoint that nothing was loaded from, such as global_step or an optimizer's. */
  readonly unused: readonly string[];
  toString(): string;
}

/**
 * Gives a model's variables the values of the same names in a checkpoint. Either all are loaded or, at an error, none.
 * @param path  a V1 or V2 checkpoint, or a folder whose latest is taken; see findCheckpoint()
 * @returns     what was loaded, left out, missing, of other shape, and unused
 * @throws {RangeError} if a scope is unknown to model and checkpoint, or a variable is missing or has another shape or type
 * @throws {Error} that quotes the path, if there is no checkpoint or it is damaged
 * @example
 * initVariablesFromCheckpoint(model, "resnet_v1_50.ckpt", { excludeScopes: "Predict/logits" });
 */
export function initVariablesFromCheckpoint(
  model: Model,
  path: string,
  options: InitOptions = {},
): InitReport {
  const { excludeScopes, ignoreMissing = false } = options;
  const checkpoint = findCheckpoint(path);
  const reader = openCheckpoint(checkpoint);
  try {
    const plan = planLoading(model.variables.all(), reader, excludeScopes);
    if (!ignoreMissing) expectNone(checkpoint, plan.missing, "has none of these names");
    expectNone(checkpoint, plan.wrong, "has another shape or type");
    tf.tidy(() => {
      const values = plan.loaded.map(({ name, variable }) => ({ variable, value: reader.read(name) }));
      for (const { variable, value } of values) variable.assign(value);
    });
    const { excluded, missing, shapeMismatch, unused } = plan;
    const loaded = plan.loaded.map(({ name }) => name);
    return report({ checkpoint, loaded, excluded, missing, shapeMismatch, unused });
  } finally {
    reader.close();
  }
}

interface LoadingPlan {
  readonly loaded: readonly ModelVariable[];
  readonly excluded: readonly string[];
  readonly missing: readonly string[];
  readonly shapeMismatch: readonly string[];
  readonly unused: readonly string[];
  /** Descriptions of what can't be loaded. */
  readonly wrong: readonly string[];
}

function planLoading(
  variables: readonly ModelVariable[],
  reader: CheckpointReader,
  excludeScopes: Scopes | undefined,
): LoadingPlan {
  const entries = new Map(reader.variables.map((entry) => [entry.name, entry]));
  const names = [...variables.map(({ name }) => name), ...entries.keys()];
  const scopes = expectScopes(excludeScopes, names, "leave out");
  const isOther = ({ name, variable }: ModelVariable): boolean => {
    const entry = entries.get(name);
    return entry !== undefined && entry.shape.join() !== variable.shape.join();
  };
  const describe = ({ name, variable }: ModelVariable): string => {
    const { dtype = "", shape = [] } = entries.get(name) ?? {};
    return `"${name}" (expected float32 [${variable.shape.join(", ")}], got ${dtype} [${shape.join(", ")}])`;
  };
  const excluded = variables.filter(({ name }) => isInScopes(name, scopes));
  const wanted = variables.filter(({ name }) => !isInScopes(name, scopes));
  const present = wanted.filter(({ name }) => entries.has(name));
  const isWrong = (one: ModelVariable): boolean => isOther(one) || entries.get(one.name)?.dtype !== "float32";
  const used = new Set(present.map(({ name }) => name));
  const nameOf = ({ name }: ModelVariable): string => name;
  return {
    loaded: present,
    excluded: excluded.map(nameOf),
    missing: wanted.filter(({ name }) => !entries.has(name)).map(nameOf),
    shapeMismatch: excluded.filter(isOther).map(nameOf),
    unused: [...entries.keys()].filter((name) => !used.has(name)),
    wrong: present.filter(isWrong).map(describe),
  };
}

function expectNone(checkpoint: string, names: readonly string[], what: string): void {
  if (names.length === 0) return;
  throw new RangeError(
    `Cannot load "${checkpoint}": expected every variable that is not excluded in it, got ${names.length} for which it ${what}: ${firstOf(names, 8)}`,
  );
}

function firstOf(names: readonly string[], count: number): string {
  const more = names.length > count ? `, … (${names.length - count} more)` : "";
  return names.slice(0, count).join(", ") + more;
}

function report(lists: Omit<InitReport, keyof Displayable | "toString" | typeof inspect.custom>): InitReport {
  const row = (what: string, names: readonly string[]): TableRow[] =>
    names.length === 0 ? [] : [{ "": what, count: names.length, names: firstOf(names, 3) }];
  const rows = [
    ...row("loaded", lists.loaded),
    ...row("left out", lists.excluded),
    ...row("left out, of other shape", lists.shapeMismatch),
    ...row("missing", lists.missing),
    ...row("unused in the checkpoint", lists.unused),
  ];
  const shown = table(rows, { caption: `From ${lists.checkpoint}` });
  const toString = (): string => shown.toString();
  return displayable({ ...lists, toString, [inspect.custom]: toString }, (context) =>
    bundleOf(shown, context),
  );
}

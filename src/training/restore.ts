import type { Model } from "../model/model";
import { openCheckpoint, tf, type CheckpointReader } from "../tensorflow";
import { findCheckpoint } from "./checkpoint";

/** What a checkpoint is made of: a model's variables, or tensors by the names they have in it. */
export type Saveable<T extends tf.Tensor = tf.Tensor> = Model | Readonly<Record<string, T>>;

/** What a saver needs to know of a train step: how far it is and its optimizer's variables by their names in a checkpoint. */
export interface SavedStep {
  readonly globalStep: number;
  readonly slots: Readonly<Record<string, tf.Variable>>;
}

/** What Saver.restore() read. */
export interface Restored {
  /** The prefix read. */
  readonly checkpoint: string;
  /** The checkpoint's global_step; undefined if it has none. */
  readonly globalStep: number | undefined;
}

/** A model's variables by name. */
export function variablesOf(model: Model): Readonly<Record<string, tf.Variable>> {
  return Object.fromEntries(model.variables.all().map(({ name, variable }) => [name, variable]));
}

/** As Saver.restore(), which has the description. */
export function restoreVariables(
  path: string,
  variables: Readonly<Record<string, tf.Variable>>,
  step: SavedStep | undefined,
): Restored {
  const checkpoint = findCheckpoint(path);
  const reader = openCheckpoint(checkpoint);
  try {
    const wanted = Object.entries({ ...variables, ...step?.slots });
    expectAll(wanted, reader);
    const hasStep = reader.variables.some(({ name }) => name === "global_step");
    if (step !== undefined && !hasStep)
      throw new RangeError(`Cannot restore "${checkpoint}": expected a "global_step" in it, got none`);
    return tf.tidy(() => {
      const values = wanted.map(([name, variable]) => ({ variable, value: reader.read(name) }));
      const globalStep = hasStep ? Number(reader.read("global_step").dataSync()[0]) : undefined;
      for (const { variable, value } of values) variable.assign(value);
      if (step !== undefined) Object.assign(step, { globalStep });
      return { checkpoint, globalStep };
    });
  } finally {
    reader.close();
  }
}

function expectAll(wanted: readonly (readonly [string, tf.Variable])[], reader: CheckpointReader): void {
  const entries = new Map(reader.variables.map((entry) => [entry.name, entry]));
  const wrong = wanted.flatMap(([name, { dtype, shape }]) => {
    const entry = entries.get(name);
    const expected = `${dtype} [${shape.join(", ")}]`;
    const got = entry === undefined ? "none" : `${entry.dtype} [${entry.shape.join(", ")}]`;
    return got === expected ? [] : [`"${name}" (expected ${expected}, got ${got})`];
  });
  if (wrong.length === 0) return;
  const more = wrong.length > 8 ? `, … (${wrong.length - 8} more)` : "";
  throw new RangeError(
    `Cannot restore "${reader.prefix}": expected every variable in it, got ${wrong.length} missing or of another shape or type: ${wrong.slice(0, 8).join(", ")}${more}`,
  );
}

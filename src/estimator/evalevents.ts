import { existsSync } from "node:fs";
import { readEvents } from "../summary";

/** The scalars of an evaluation, by name. */
export type EvalScalars = Readonly<Record<string, number>>;

/**
 * What evaluations have written to their event files, by step, in the order of steps.
 * @param evalDir  see Estimator.evalDir()
 * @see tf.estimator.experimental's read_eval_metrics
 */
export async function readEvalMetrics(evalDir: string): Promise<ReadonlyMap<number, EvalScalars>> {
  const found = new Map<number, Record<string, number>>();
  if (!existsSync(evalDir)) return found;
  for await (const point of readEvents(evalDir)) {
    if (point.kind !== "scalar") continue;
    const { step, tag, value } = point;
    found.set(step, { ...found.get(step), [tag]: value });
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

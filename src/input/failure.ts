/** What goes wrong in TensorFlow while a dataset is read, as errors about the dataset. */
import { TensorFlowError } from "../tensorflow";
import { locateDamage } from "./corrupt";
import { knownFiles, type Plan } from "./plan";
import { cleaned } from "./reason";
import { RecordError } from "./recorderror";

/** TensorFlow's error as one about the dataset: with the element's number, and the damaged file if that is the reason. */
export function readableError(error: unknown, plan: Plan<unknown>, position: number | undefined): unknown {
  if (error instanceof RecordError) return error.locatedIn(knownFiles(plan));
  if (!(error instanceof TensorFlowError)) return error;
  if (error.code === "DATA_LOSS") {
    const located = locateDamage(knownFiles(plan), error.reason, error);
    if (located !== undefined) return located;
  }
  const which = position === undefined ? "the first element" : `element ${position}`;
  const reason = cleaned(error.reason);
  return new Error(`Cannot read ${which} of the dataset: ${reason}${hint(reason)}`, { cause: error });
}

/** Whether a reason is that a recorded function keeps the sizes of the example that it was recorded on. */
export const isBaked = (reason: string): boolean => BAKED.test(reason);

const BAKED =
  /reshape is a tensor with|[Ii]ncompatible shapes|broadcastable|must have the same|squeeze|Expected size/;

function hint(reason: string): string {
  if (/Cannot (batch tensors with different shapes|add tensor to the batch)/.test(reason))
    return "; give all elements one size before batch(), e.g. by resizing images in map()";
  if (!isBaked(reason)) return "";
  return "; a function given to map() is recorded on one example, whose sizes it keeps: for elements of other sizes compute them with dynamicShape()";
}

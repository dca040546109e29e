/** What evaluate() gives, as people read it. */
import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { table, type TableRow } from "../display/table";

/** What of an evaluation the table has. */
interface Evaluated {
  readonly accuracy: number;
  readonly crossEntropy: number;
  readonly loss: number;
  readonly count: number;
  readonly leftOut?: number;
  readonly bad?: readonly unknown[];
  readonly notFinite: number;
}

/** The evaluation, which shows itself as a table of a line: its fields are what they were. */
export function shownEvaluation<T extends Evaluated>(value: T): T & Displayable {
  const { accuracy, crossEntropy, loss, count, leftOut, bad, notFinite } = value;
  const row: TableRow = {
    images: count,
    accuracy: `${(100 * accuracy).toFixed(1)} %`,
    "cross-entropy": crossEntropy,
    "loss with weight decay": loss,
    ...(leftOut !== undefined && { "left out": leftOut }),
    ...(bad !== undefined && { "not decoded": bad.length }),
    ...(notFinite > 0 && { "predicted NaN": notFinite }),
  };
  return displayable(value, () => bundleOf(table([row])));
}

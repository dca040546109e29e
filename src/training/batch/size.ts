import { Dataset } from "../../input";
import { allPlans } from "../../input/plan";

/** Photos in a whole batch, as the dataset's last batch() says; undefined if it has none. */
export function batchSizeOf(dataset: unknown): number | undefined {
  if (!(dataset instanceof Dataset)) return undefined;
  const batch = allPlans(dataset.plan).find(({ name }) => name === "batch");
  const size = Number.parseInt(batch?.detail?.() ?? "", 10);
  return Number.isNaN(size) ? undefined : size;
}

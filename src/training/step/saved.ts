/** What a Saver needs to know of a step. */
import { together, type Cluster } from "../../distribute";
import type { Model } from "../../model/model";
import type { OptimizerState } from "../optimizers/optimizer";
import type { Gathered, SavedStep } from "../saver/restore";
import { averagesWith, beginAverages, type Averages } from "./averages";
import type { UpdateRunner } from "./update";

/** What changes with a step's updates. */
interface StateParts {
  readonly state: OptimizerState;
  readonly gathered: Gathered | undefined;
  readonly averages: Averages | undefined;
}

/** Notes how many calls' gradients wait. */
export function waitFor(gathered: Gathered | undefined, count: number): { readonly accumulated?: number } {
  if (gathered === undefined) return {};
  Object.assign(gathered, { count, isShared: false });
  return { accumulated: count };
}

/** Makes what is gathered in each process the mean of all. */
export async function shareGathered(
  cluster: Cluster,
  runner: UpdateRunner,
  gathered: Gathered | undefined,
): Promise<void> {
  if (cluster.size === 1 || gathered === undefined || gathered.count === 0) return;
  await together(cluster, () => runner.share());
  gathered.isShared = true;
}

/** What a Saver needs to know of the optimizer, of what waits for it, and of averages. */
export function savedParts(
  { state, gathered, averages }: StateParts,
  { model, initial }: { readonly model: Model; readonly initial: () => OptimizerState },
): Required<Pick<SavedStep, "initialSlots">> &
  Pick<SavedStep, "slots" | "unsaved" | "gathered" | "beforeSaving"> {
  const { slots, unsaved } = state;
  const optional = { ...(unsaved !== undefined && { unsaved }), ...(gathered !== undefined && { gathered }) };
  if (averages === undefined) return { slots, initialSlots: initial, ...optional };
  return {
    slots: { ...slots, ...averages.slots },
    initialSlots: () => {
      const [begun, anew] = [initial(), averagesWith(model, 0)];
      const dispose = (): void => [begun, anew].forEach((one) => one.dispose());
      return { slots: { ...begun.slots, ...anew.slots }, dispose };
    },
    beforeSaving: () => beginAverages(model, averages, "save a train step"),
    ...optional,
  };
}

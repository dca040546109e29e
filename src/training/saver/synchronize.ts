/** All processes where the chief is. */
import { bytesFromChief, takeFromChief, type Cluster } from "../../distribute";
import type { DatasetIterator } from "../../input";
import type { Model } from "../../model/model";
import { variablesOf, type SavedStep } from "./restore";

/** What must be the same in all processes. */
export interface Synchronized {
  readonly model: Model;
  readonly step: SavedStep;
  readonly iterator: DatasetIterator<unknown> | undefined;
}

/** As TrainStep.synchronize(), which has the description. */
export async function synchronize(cluster: Cluster, { model, step, iterator }: Synchronized): Promise<void> {
  if (cluster.size === 1) return;
  const { gathered } = step;
  step.beforeSaving?.();
  const variables = [variablesOf(model, "synchronize"), step.slots, gathered?.sums ?? {}].flatMap((named) => Object.values(named)); // prettier-ignore
  await takeFromChief(cluster, variables);
  const numbers = await bytesFromChief(cluster, encode([step.globalStep, gathered?.count ?? 0]));
  const [globalStep = 0, count = 0] = new Float64Array(numbers.buffer);
  Object.assign(step, { globalStep });
  if (gathered !== undefined) gathered.count = count;
  if (iterator !== undefined) await seekChief(cluster, iterator);
}

/** Takes an iterator, each process's in its own shard, to where the chief's is. */
export async function seekChief(cluster: Cluster, iterator: DatasetIterator<unknown>): Promise<void> {
  const position = await bytesFromChief(cluster, cluster.isChief ? iterator.position() : new Uint8Array());
  if (!cluster.isChief) iterator.seek(position);
}

function encode(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}

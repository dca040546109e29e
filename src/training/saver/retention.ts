import type { KeptCheckpoint } from "./state";

/** Which checkpoints a folder shall keep. */
export interface Retention {
  /** 0 keeps all. */
  readonly maxToKeep: number;
  /** One in so many hours is kept for good. */
  readonly keepCheckpointEveryNHours: number;
}

/** What retention makes of a list of checkpoints. */
export interface Sweep {
  /** Those that stay in the list. */
  readonly kept: readonly KeptCheckpoint[];
  /** Those to delete; the others that left the list are kept for good. */
  readonly deleted: readonly KeptCheckpoint[];
  /** When the newest of those was saved that are kept for good. */
  readonly lastPreserved: number;
}

/**
 * Parts a list of checkpoints, oldest first: the newest `maxToKeep` stay; of the others one in so many hours is kept for good.
 * @see tf.train.CheckpointManager, whose rule it is
 */
export function sweep(
  all: readonly KeptCheckpoint[],
  lastPreserved: number,
  { maxToKeep, keepCheckpointEveryNHours }: Retention,
): Sweep {
  const surplus = maxToKeep === 0 ? 0 : Math.max(0, all.length - maxToKeep);
  const deleted: KeptCheckpoint[] = [];
  let last = lastPreserved;
  for (const checkpoint of all.slice(0, surplus)) {
    const { time } = checkpoint;
    if (time !== undefined && time - keepCheckpointEveryNHours * 3600 >= last) last = time;
    else deleted.push(checkpoint);
  }
  return { kept: all.slice(surplus), deleted, lastPreserved: last };
}

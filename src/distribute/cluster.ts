import type { CollectiveGroup } from "../tensorflow";
import type { Task } from "./config";

/** The processes that train one model together, as one of them sees it. */
export interface Cluster {
  /** How many train. */
  readonly size: number;
  /** Of this process, 0 … size − 1. */
  readonly rank: number;
  /** Whether this process restores, saves, writes summaries and exports; the one of rank 0. */
  readonly isChief: boolean;
  /** What TF_CONFIG says that this process is. */
  readonly task: Task;
  /** Whether an evaluator evaluates the chief's checkpoints. */
  readonly hasEvaluator: boolean;
  /** For the operations that all do together. */
  readonly group: CollectiveGroup;
  /** Aborted when another process is gone, with the error that names it. */
  readonly signal: AbortSignal;
  /**
   * Why something done together failed: the error that names who is gone, or else the given one.
   * @param error  what was caught
   */
  explained(error: unknown): Promise<unknown>;
  /**
   * Leaves when all do: waits until each process has called it. Where one closes, the others' train() ends too. A process that
   * ends without is taken for lost by the others.
   * @throws {Error} that names who is gone
   */
  close(): Promise<void>;
}

/**
 * One process for itself: all that is averaged, waited for or shared stays as it is. What joinCluster() gives where there is
 * no TF_CONFIG.
 */
export const ALONE: Cluster = aloneAs({ task: { type: "worker", index: 0 }, hasEvaluator: false });

/** A process that trains with no other, or does not train. */
export function aloneAs({ task, hasEvaluator }: Pick<Cluster, "task" | "hasEvaluator">): Cluster {
  return {
    size: 1,
    rank: 0,
    isChief: task.type !== "evaluator",
    task,
    hasEvaluator,
    group: { size: 1, rank: 0, timeoutSecs: 0 },
    signal: new AbortController().signal,
    explained: (error) => Promise.resolve(error),
    close: () => Promise.resolve(),
  };
}

/**
 * Does something together with the others.
 * @throws what the work throws, or the error that names who is gone
 */
export async function together<T>(cluster: Cluster, work: () => Promise<T>): Promise<T> {
  cluster.signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw await cluster.explained(error);
  }
}

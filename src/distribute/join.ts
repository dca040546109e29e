import { setTimeout as wait } from "node:timers/promises";
import { cellSignal } from "../interrupt";
import {
  abortCollectives,
  checkPeer,
  enableCollectives,
  memory,
  reasonOf,
  TensorFlowError,
  type CollectiveGroup,
} from "../tensorflow";
import { ALONE, aloneAs, together, type Cluster } from "./cluster";
import { count } from "./count";
import { parseClusterConfig, type ClusterConfig, type Peer } from "./config";
import { addressed, Watch, type RankedPeer } from "./watch";

/** Options of joinCluster(). */
export interface JoinOptions {
  /** Who is in the cluster, as the text of a TF_CONFIG. @default the environment's TF_CONFIG */
  readonly config?: string;
  /** How long to wait for those that come late. @default 600 */
  readonly startTimeoutSecs?: number;
  /** Who does not answer for so long is gone, and the others end with an error that names it. @default 30 */
  readonly timeoutSecs?: number;
  /**
   * How long a step waits for processes that live but do not come, e.g. a chief that evaluates, or whose notebook is at rest.
   * @default 0: for ever
   */
  readonly waitTimeoutSecs?: number;
  /** Stops waiting for those that come late. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** What this process serves: TensorFlow lets it serve once. */
let served: { readonly config: string; cluster?: Cluster } | undefined;

/**
 * Joins the processes that TF_CONFIG names, and waits until all are there. Without a TF_CONFIG this process trains alone.
 *
 * Call it before anything makes a tensor. A process joins once; a second call with the same configuration gives the same cluster.
 * An evaluator joins nobody: it has no part in what the others do together.
 * @throws {TypeError} if the configuration can't be read
 * @throws {RangeError} if the task is none of the cluster's, or a number of seconds is none that may be
 * @throws {Error} if there are tensors already, the port is taken, or a process does not come in time
 * @example
 * const cluster = await joinCluster(); // TF_CONFIG={"cluster":{"worker":["a:2222","b:2222"]},"task":{"type":"worker","index":0}}
 * const step = createTrainStep(model, { cluster });
 * @see tf.distribute.MultiWorkerMirroredStrategy
 */
export async function joinCluster(options: JoinOptions = {}): Promise<Cluster> {
  const { config = process.env.TF_CONFIG ?? "" } = options;
  const { startTimeoutSecs = 600, timeoutSecs = 30, waitTimeoutSecs = 0 } = options;
  const { signal = cellSignal() } = options;
  expectSeconds({ startTimeoutSecs, timeoutSecs, waitTimeoutSecs });
  if (config === "") return ALONE;
  if (served?.cluster !== undefined && served.config === config) return served.cluster;
  const { peers, task, rank, hasEvaluator } = parseClusterConfig(config);
  if (rank === undefined || peers.length === 1) return aloneAs({ task, hasEvaluator });
  served = served?.config === config ? served : serve(config, peers, rank);
  const others = peers.map((peer, i) => ({ ...peer, rank: i })).filter((peer) => peer.rank !== rank);
  await untilThere(others, startTimeoutSecs, signal);
  const group = { size: peers.length, rank, timeoutSecs: waitTimeoutSecs };
  const cluster = clusterOf({ task, hasEvaluator, group, others, timeoutSecs });
  await together(cluster, () => count(group, { yes: true, closing: false }));
  served.cluster = cluster;
  return cluster;
}

function expectSeconds(seconds: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(seconds)) {
    if (value > 0 || (name === "waitTimeoutSecs" && value === 0)) continue;
    const least = name === "waitTimeoutSecs" ? "of 0 or more" : "above 0";
    throw new RangeError(`Cannot join cluster: expected ${name} ${least}, got ${value}`);
  }
}

function serve(config: string, peers: readonly Peer[], rank: number): { readonly config: string } {
  const { handles } = memory();
  if (served !== undefined)
    throw new Error("Cannot join cluster: expected one cluster a process, got another; start the process again"); // prettier-ignore
  if (handles > 0)
    throw new Error(
      `Cannot join cluster: expected no tensors yet, got ${handles}; join before anything else`,
    );
  const addresses = peers.map(({ address }) => address);
  try {
    enableCollectives({ addresses, rank });
    return { config };
  } catch (error) {
    throw new Error(
      `Cannot join cluster: expected to serve at "${addresses[rank] ?? ""}", got ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

const FIRST_ANSWER_MS = 2000;
const BETWEEN_CHECKS_MS = 250;

async function untilThere(
  others: readonly RankedPeer[],
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let missing = others;
  for (;;) {
    const checks = await Promise.all(
      missing.map(async (peer) =>
        checkPeer(peer.rank, FIRST_ANSWER_MS).then(
          () => [],
          (error: unknown) => [{ peer, error }],
        ),
      ),
    );
    const [first, ...more] = checks.flat();
    if (first === undefined) return;
    signal?.throwIfAborted();
    missing = [first, ...more].map(({ peer }) => peer);
    if (performance.now() >= end)
      throw new Error(
        `Cannot join cluster: expected ${missing.map(addressed).join(" and ")} within ${seconds} s, got no answer`,
        { cause: first.error },
      );
    await wait(BETWEEN_CHECKS_MS);
  }
}

interface ClusterParts extends Pick<ClusterConfig, "task" | "hasEvaluator"> {
  readonly group: CollectiveGroup;
  readonly others: readonly RankedPeer[];
  readonly timeoutSecs: number;
}

function clusterOf({ task, hasEvaluator, group, others, timeoutSecs }: ClusterParts): Cluster {
  const controller = new AbortController();
  const { signal } = controller;
  let gone: Error | undefined;
  const onGone = (error: Error): void => {
    gone = error;
    controller.abort(error);
    abortCollectives(error.message);
  };
  const watch = new Watch({ peers: others, timeoutSecs, onGone });
  watch.start();
  const cluster: Cluster = {
    ...{ size: group.size, rank: group.rank, isChief: group.rank === 0, task, hasEvaluator, group, signal },
    explained: async (error) => {
      if (gone !== undefined || !isOfOthers(error)) return gone ?? error;
      if (await watch.look()) return gone;
      return error.code === "DEADLINE_EXCEEDED" ? lateError(group.timeoutSecs, error) : error;
    },
    close: async () => {
      const closing = { yes: false, closing: true };
      // Others may still be about to train: they hear that this one does not.
      while ((await together(cluster, () => count(group, closing))).closing < group.size);
      watch.stop();
      // Who is here knows that all have closed; those whose answer is still on its way need this process a moment longer.
      await count({ ...group, timeoutSecs: LEAVING_SECS }, closing).catch(() => undefined);
    },
  };
  return cluster;
}

const LEAVING_SECS = 5;

/** Whether an error may come from another process's end. */
function isOfOthers(error: unknown): error is TensorFlowError {
  const codes = ["UNAVAILABLE", "ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "FAILED_PRECONDITION", "UNKNOWN"]; // prettier-ignore
  return error instanceof TensorFlowError && codes.includes(error.code);
}

function lateError(seconds: number, cause: unknown): Error {
  return new Error(
    `Cannot go on in the cluster: expected all processes at the same place within ${seconds} s, got some that live but do not come`,
    { cause },
  );
}

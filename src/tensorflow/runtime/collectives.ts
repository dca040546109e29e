/** This process as one of several that exchange tensors: TensorFlow's collective runtime. */
import { asTensorFlowError } from "./error";
import { ServerDefMessage } from "./messages";
import { native } from "./runtime";

const JOB = "worker"; // TensorFlow's device names say it

/** The processes that exchange tensors, and which of them this one is. */
export interface CollectiveServer {
  /** `host:port` of each, in the order of their ranks. */
  readonly addresses: readonly string[];
  readonly rank: number;
}

/**
 * Serves at its own address and from then on takes part in collective operations; once a process, before it makes tensors, since
 * TensorFlow makes its devices anew. The others need not be there yet.
 * @throws {TensorFlowError} if the port is taken, or the process serves already
 * @see tf.config.experimental.enable_collective_ops
 */
export function enableCollectives({ addresses, rank }: CollectiveServer): void {
  const tasks = Object.fromEntries(addresses.entries());
  const message = ServerDefMessage.fromObject({
    cluster: { job: [{ name: JOB, tasks }] },
    job_name: JOB,
    task_index: rank,
    default_session_config: { experimental: { collective_group_leader: taskName(0) } },
    protocol: "grpc",
  });
  try {
    native.enableCollectives(ServerDefMessage.encode(message).finish());
  } catch (error) {
    throw asTensorFlowError("enableCollectives", error);
  }
}

/** Ends the collective operations under way, and all later ones of this process, with an error UNAVAILABLE that says the reason. */
export function abortCollectives(reason: string): void {
  native.abortCollectives(reason);
}

/**
 * Asks another process whether it serves, and still is the one that it was, off the main thread.
 * @throws {TensorFlowError} UNAVAILABLE or DEADLINE_EXCEEDED if it does not answer, another code if it was started again
 */
export async function checkPeer(rank: number, timeoutMs: number): Promise<void> {
  try {
    await native.checkPeer(taskName(rank), timeoutMs);
  } catch (error) {
    throw asTensorFlowError("checkPeer", error);
  }
}

function taskName(rank: number): string {
  return `/job:${JOB}/replica:0/task:${rank}`;
}

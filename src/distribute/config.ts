/** TF_CONFIG: who is in a cluster, and who of them this process is. */

/** What a process does in a cluster. */
export type TaskType = "chief" | "worker" | "evaluator";

/** One process of a cluster, as TF_CONFIG names it. */
export interface Task {
  readonly type: TaskType;
  readonly index: number;
}

/** A process that trains. */
export interface Peer extends Task {
  /** `host:port` */
  readonly address: string;
}

/** What a TF_CONFIG says. */
export interface ClusterConfig {
  /** Those that train, in the order of their ranks: the chief, if there is one, then the workers. */
  readonly peers: readonly Peer[];
  readonly task: Task;
  /** Of this process among the peers; undefined for an evaluator, which is none. */
  readonly rank: number | undefined;
  /** Whether an evaluator is listed; a chief that has one does not evaluate itself. */
  readonly hasEvaluator: boolean;
}

const TYPES = ["chief", "worker", "evaluator"] as const;

/**
 * What the text of a TF_CONFIG says: `{"cluster": {"chief": ["host:port"], "worker": [...]}, "task": {"type": "worker", "index": 0}}`.
 * Without a chief, worker 0 is the chief.
 * @throws {TypeError} if it is no such JSON, or an address no `host:port`
 * @throws {RangeError} if the task is none of the cluster's, there are several chiefs or nobody trains, or an address is there twice
 * @see the guide "Distributed training with TensorFlow"
 */
export function parseClusterConfig(text: string): ClusterConfig {
  const whole = recordOf(parseJson(text), "a JSON object");
  const cluster = recordOf(whole.cluster, 'an object "cluster"');
  const unknown = Object.keys(cluster).find((type) => !isTaskType(type));
  if (unknown !== undefined)
    throw wrong(RangeError, `a cluster of ${TYPES.join(", ")}`, `a job "${unknown}"`);
  const [chiefs, workers, evaluators] = TYPES.map((type) => addressesOf(cluster[type], type));
  if ((chiefs?.length ?? 0) > 1) throw wrong(RangeError, "one chief at most", `${chiefs?.length}`);
  const peers = [...peersOf("chief", chiefs), ...peersOf("worker", workers)];
  if (peers.length === 0) throw wrong(RangeError, "a chief or a worker", "none");
  const twice = peers.find(({ address }, i) => peers.findIndex((one) => one.address === address) !== i);
  if (twice !== undefined) throw wrong(RangeError, "each address once", `"${twice.address}" twice`);
  const task = taskOf(whole.task);
  const rank = peers.findIndex(({ type, index }) => type === task.type && index === task.index);
  const hasEvaluator = (evaluators?.length ?? 0) > 0;
  if (task.type === "evaluator") return { peers, task, hasEvaluator, rank: undefined }; // it may stand in no list, as in Python
  if (rank < 0)
    throw wrong(
      RangeError,
      `a task of the cluster (${peers.map(nameOf).join(", ")}${hasEvaluator ? ", evaluator" : ""})`,
      nameOf(task),
    );
  return { peers, task, rank, hasEvaluator };
}

/** What errors call a process: "worker 1". */
export function nameOf({ type, index }: Task): string {
  return type === "chief" ? type : `${type} ${index}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(TypeError, "JSON", JSON.stringify(text), { cause: error });
  }
}

function recordOf(value: unknown, expected: string): Partial<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(TypeError, expected, shown(value));
}

function addressesOf(value: unknown, type: TaskType): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(TypeError, `a list of addresses of "${type}"`, shown(value));
  return value.map((address: unknown) => {
    const port = typeof address === "string" ? Number(/^[^\s:]+:(\d+)$|^\[[^\s\]]+\]:(\d+)$/.exec(address)?.slice(1).find(Boolean)) : NaN; // prettier-ignore
    if (typeof address === "string" && port > 0 && port < 65536) return address;
    throw wrong(TypeError, `addresses "host:port" of "${type}"`, shown(address));
  });
}

function peersOf(type: TaskType, addresses: readonly string[] = []): Peer[] {
  return addresses.map((address, index) => ({ type, index, address }));
}

function taskOf(value: unknown): Task {
  const { type, index } = recordOf(value, 'an object "task"');
  if (!isTaskType(type)) throw wrong(TypeError, `a task of type ${TYPES.join(", ")}`, shown(type));
  if (typeof index !== "number" || !Number.isSafeInteger(index) || index < 0)
    throw wrong(TypeError, "a task with a whole number as index", shown(index));
  return { type, index };
}

function isTaskType(type: unknown): type is TaskType {
  return TYPES.some((known) => known === type);
}

function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}

function wrong(
  kind: typeof RangeError | typeof TypeError,
  expected: string,
  got: string,
  options?: ErrorOptions,
): Error {
  return new kind(`Cannot read TF_CONFIG: expected ${expected}, got ${got}`, options);
}

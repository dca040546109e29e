/** A process of a cluster: node task.js <what it does> [join options as JSON]. Prints lines of JSON. */
import { ALONE, joinCluster, parseClusterConfig, type Cluster, type JoinOptions } from "../../src/distribute";
import { agree, averaged, bytesFromChief, takeFromChief } from "../../src/distribute";
import { enableCollectives, memory, tf, trace } from "../../src/tensorflow";
import { settled } from "../settled";

const [what = "", options = "{}"] = process.argv.slice(2);

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Everything there is to exchange, with live tensors before and after. */
async function exchange(cluster: Cluster): Promise<void> {
  const { rank } = cluster;
  const variables = [tf.variable(tf.fill([2, 2], rank + 5)), tf.variable(tf.fill([7_000_000], rank)), tf.variable(tf.scalar(rank - 1))]; // prettier-ignore
  const means = trace((...all: tf.Tensor[]) => [...averaged(cluster, all, "test")]);
  const round = async (): Promise<unknown> => {
    const averages = await means(...variables);
    const firsts = averages.map((tensor) => [tensor.shape, [...tensor.dataSync().slice(-2)]]);
    tf.dispose(averages);
    const all = [await agree(cluster, true), await agree(cluster, rank === 1), await agree(cluster, false)];
    const bytes = [...(await bytesFromChief(cluster, Uint8Array.from(rank === 0 ? [1, 2, 255] : [])))];
    const none = [...(await bytesFromChief(cluster, Uint8Array.from(rank === 0 ? [] : [7])))];
    return { averages: firsts, all, bytes, none };
  };
  const first = await round();
  await settled();
  const before = memory();
  for (let i = 0; i < 3; i++) await round();
  await takeFromChief(cluster, variables);
  const taken = variables.map((variable) => [...variable.dataSync().slice(-2)]);
  await settled();
  print({ first, taken, before, after: memory(), device: tf.engine().backendName });
}

async function run(cluster: Cluster): Promise<void> {
  print({ joined: [cluster.rank, cluster.size, cluster.isChief, cluster.task.type] });
  print({ same: (await joinCluster()) === cluster, alone: cluster === ALONE });
  if (what === "exchange") await exchange(cluster);
  if (what === "stay" || what === "lose") setInterval(() => undefined, 1000);
  if (what === "lose") await new Promise((_, reject) => cluster.signal.addEventListener("abort", () => reject(Error(String(cluster.signal.reason))))); // prettier-ignore
  if (what === "agree") for (;;) print(await agree(cluster, true));
  if (what === "meet" || what === "exchange") {
    await cluster.close();
    print("closed");
  }
}

/** Answers at worker 1's address, without joining. */
function serve(): void {
  const { peers } = parseClusterConfig(process.env.TF_CONFIG ?? "");
  enableCollectives({ addresses: peers.map(({ address }) => address), rank: 1 });
  setInterval(() => undefined, 1000);
}

async function main(): Promise<void> {
  if (what === "serve") return serve();
  const given: unknown = JSON.parse(options);
  if (what === "tensor") tf.tensor1d([1]).square();
  await run(await joinCluster(typeof given === "object" ? ({ ...given } satisfies JoinOptions) : {}));
}

main().catch((error: unknown) => {
  print({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});

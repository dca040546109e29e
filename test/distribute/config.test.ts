import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE, joinCluster, parseClusterConfig } from "../../src/distribute";

const of = (cluster: unknown, task: unknown = { type: "worker", index: 0 }): string =>
  JSON.stringify({ cluster, task });
const two = { worker: ["a:1", "b:2"] };

test("parseClusterConfig() puts the chief before the workers", () => {
  const text = of({ worker: ["a:1", "b:2"], chief: ["c:3"] }, { type: "worker", index: 1 });
  const { peers, rank, task } = parseClusterConfig(text);
  assert.deepEqual(
    peers.map(({ type, index, address }) => [type, index, address]),
    [["chief", 0, "c:3"], ["worker", 0, "a:1"], ["worker", 1, "b:2"]], // prettier-ignore
  );
  assert.equal(rank, 2);
  assert.deepEqual(task, { type: "worker", index: 1 });
});

test("parseClusterConfig() takes worker 0 for the chief where there is none, and IPv6 addresses", () => {
  assert.equal(parseClusterConfig(of({ worker: ["[::1]:2222", "b:2"] })).rank, 0);
});

test("parseClusterConfig() lets an evaluator stand in no list, as Python does", () => {
  for (const cluster of [two, { ...two, evaluator: ["e:9"] }])
    assert.equal(parseClusterConfig(of(cluster, { type: "evaluator", index: 0 })).rank, undefined);
});

const bad: readonly (readonly [text: string, message: RegExp])[] = [
  ["{", /Cannot read TF_CONFIG: expected JSON, got "\{"$/],
  ["[]", /expected a JSON object, got \[\]$/],
  ["{}", /expected an object "cluster", got none$/],
  [of({ ...two, ps: ["p:1"] }), /expected a cluster of chief, worker, evaluator, got a job "ps"$/],
  [of({ worker: "a:1" }), /expected a list of addresses of "worker", got "a:1"$/],
  [of({ worker: ["a"] }), /expected addresses "host:port" of "worker", got "a"$/],
  [of({ worker: ["a:0"] }), /expected addresses "host:port" of "worker", got "a:0"$/],
  [of({ worker: ["a:70000"] }), /expected addresses "host:port" of "worker", got "a:70000"$/],
  [of({ worker: ["a:1", "a:1"] }), /expected each address once, got "a:1" twice$/],
  [of({ ...two, chief: ["c:1", "d:1"] }), /expected one chief at most, got 2$/],
  [of({}), /expected a chief or a worker, got none$/],
  [JSON.stringify({ cluster: two }), /expected an object "task", got none$/],
  [of(two, { type: "boss", index: 0 }), /expected a task of type chief, worker, evaluator, got "boss"$/],
  [of(two, { type: "worker", index: -1 }), /expected a task with a whole number as index, got -1$/],
  [of(two, { type: "worker", index: 2 }), /expected a task of the cluster \(worker 0, worker 1\), got worker 2$/],
  [of(two, { type: "chief", index: 0 }), /expected a task of the cluster \(worker 0, worker 1\), got chief$/],
]; // prettier-ignore
for (const [text, message] of bad)
  test(`parseClusterConfig() refuses ${text}`, () => {
    assert.throws(() => parseClusterConfig(text), message);
  });

test("joinCluster() without a TF_CONFIG, or of one process, is alone", async () => {
  assert.equal(await joinCluster({ config: "" }), ALONE);
  const one = await joinCluster({ config: of({ worker: ["a:1"] }) });
  assert.deepEqual([one.size, one.rank, one.isChief], [1, 0, true]);
  const evaluator = await joinCluster({ config: of(two, { type: "evaluator", index: 0 }) });
  assert.deepEqual([evaluator.size, evaluator.isChief, evaluator.task.type], [1, false, "evaluator"]);
});

test("joinCluster() refuses seconds that are none", async () => {
  await assert.rejects(
    joinCluster({ timeoutSecs: 0 }),
    /Cannot join cluster: expected timeoutSecs above 0, got 0/,
  );
  await assert.rejects(joinCluster({ waitTimeoutSecs: -1 }), /expected waitTimeoutSecs of 0 or more, got -1/);
});

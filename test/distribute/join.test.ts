import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { test, type TestContext } from "node:test";
import { freeAddresses, start, workerConfig, type Started } from "./processes";

/** Two addresses, and how to start a worker at them. */
async function pair(t: TestContext): Promise<{
  addresses: readonly string[];
  begin: (index: number, what: string, options?: object) => Started;
}> {
  const addresses = await freeAddresses(2);
  const begin = (index: number, what: string, options: object = {}): Started => {
    const one = start("task", [what, JSON.stringify(options)], workerConfig(addresses, index));
    t.after(() => one.kill());
    return one;
  };
  return { addresses, begin };
}

const joined = (rank: number): unknown => ({ joined: [rank, 2, rank === 0, "worker"] });

test("what two processes exchange is the same in both, and leaves nothing behind", async (t) => {
  const { begin } = await pair(t);
  const ends = await Promise.all([begin(0, "exchange"), begin(1, "exchange")].map(({ end }) => end));
  const expected = {
    averages: [[[2, 2], [5.5, 5.5]], [[7_000_000], [0.5, 0.5]], [[], [-0.5]]],
    all: [true, false, false],
    bytes: [1, 2, 255],
    none: [],
  }; // prettier-ignore
  for (const [rank, { code, lines, errors }] of ends.entries()) {
    const [first, same, results, last] = lines;
    assert.deepEqual([first, same], [joined(rank), { same: true, alone: false }], errors);
    assert.ok(typeof results === "object" && results !== null && "before" in results && "after" in results);
    const { before, after: afterwards, ...values } = results;
    assert.deepEqual(values, { first: expected, taken: [[5, 5], [0, 0], [-1]], device: "tensorflow" }); // prettier-ignore
    assert.deepEqual(afterwards, before);
    assert.deepEqual([last, code], ["closed", 0]);
  }
});

test("joinCluster() waits for one that comes late", async (t) => {
  const { begin } = await pair(t);
  const early = begin(0, "meet");
  const first = early.next();
  const soon = await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 3000, "waits"))]);
  assert.equal(soon, "waits");
  const late = begin(1, "meet");
  assert.deepEqual(await first, joined(0));
  assert.deepEqual([(await early.end).code, (await late.end).code], [0, 0]);
});

test("joinCluster() names who does not come", async (t) => {
  const { addresses, begin } = await pair(t);
  const { code, lines } = await begin(1, "meet", { startTimeoutSecs: 1 }).end;
  assert.deepEqual([code, lines], [1, [{ error: `Cannot join cluster: expected worker 0 (${addresses[0]}) within 1 s, got no answer` }]]); // prettier-ignore
});

test("joinCluster() names a port that is taken", async (t) => {
  const { addresses, begin } = await pair(t);
  const [host = "", port = ""] = (addresses[0] ?? "").split(":");
  const server: Server = createServer().listen(Number(port), host);
  try {
    const { lines } = await begin(0, "meet").end;
    assert.match(JSON.stringify(lines), new RegExp(`Cannot join cluster: expected to serve at .*${addresses[0]}`)); // prettier-ignore
  } finally {
    server.close();
  }
});

test("joinCluster() refuses to come after tensors", async (t) => {
  const { begin } = await pair(t);
  const { lines } = await begin(0, "tensor").end;
  assert.deepEqual(lines, [{ error: "Cannot join cluster: expected no tensors yet, got 2; join before anything else" }]); // prettier-ignore
});

const gone = (address: string | undefined, got: string): object => ({
  error: `Cannot go on in the cluster: expected worker 1 (${address}) to be there, got ${got}; start all processes again, and training goes on from the latest checkpoint`,
});

test("a process killed while others wait for it ends them with its name", async (t) => {
  const { addresses, begin } = await pair(t);
  const [left, killed] = [begin(0, "agree", { timeoutSecs: 2 }), begin(1, "stay", { timeoutSecs: 2 })];
  await killed.next();
  await left.next();
  killed.kill();
  const { code, lines } = await left.end;
  assert.equal(code, 1);
  assert.deepEqual(lines.at(-1), gone(addresses[1], "no answer for 2 s"));
});

test("a process killed in the midst of an exchange ends the others with its name", async (t) => {
  const { addresses, begin } = await pair(t);
  const [left, killed] = [begin(0, "agree", { timeoutSecs: 60 }), begin(1, "agree", { timeoutSecs: 60 })];
  for (let i = 0; i < 5; i++) await Promise.all([left.next(), killed.next()]);
  killed.kill();
  const { code, lines } = await left.end;
  assert.equal(code, 1);
  assert.match(JSON.stringify(lines.at(-1)), new RegExp(`expected worker 1 \\(${addresses[1]}\\) to be there, got no answer`)); // prettier-ignore
});

test("a process that was started again is not taken for the one that was lost", async (t) => {
  const { addresses, begin } = await pair(t);
  const [left, killed] = [begin(0, "lose", { timeoutSecs: 20 }), begin(1, "stay")];
  await killed.next();
  await left.next();
  killed.kill();
  await killed.end;
  begin(1, "serve");
  const { lines } = await left.end;
  assert.match(JSON.stringify(lines.at(-1)), new RegExp(`expected worker 1 \\(${addresses[1]}\\) to be there, got another process in its place`)); // prettier-ignore
});

test("waitTimeoutSecs ends the wait for one that lives but does not come", async (t) => {
  const { begin } = await pair(t);
  const [waiting] = [begin(0, "agree", { waitTimeoutSecs: 2 }), begin(1, "stay")];
  const { lines } = await waiting.end;
  assert.deepEqual(lines.at(-1), {
    error: "Cannot go on in the cluster: expected all processes at the same place within 2 s, got some that live but do not come", // prettier-ignore
  });
});

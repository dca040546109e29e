import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { startKernel, type Client, type Kernel } from "./client";

const count = 10_000;
const warmUp = 1_000;

/** Numbers that look random but are the same in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Breaker = (client: Client, random: () => number) => Buffer[];

const header = { msg_type: "execute_request", session: "", username: "", date: "", version: "5.5" };
let ids = 0;
/** A header of its own: else most messages would be refused for coming a second time. */
const fresh = (): object => ({ msg_id: String(++ids), ...header });
const content = { code: "echo" };
const oddValues = [null, true, 0, -1.5e300, "", "\u0000", [], [[]], {}, { a: { b: [] } }];
const oddTexts = [
  "",
  "{",
  "nul",
  '{"a":}',
  '{"a":1}x',
  "NaN",
  "'a'",
  '"\\ud800"',
  "[1,2",
  "\u0000",
  "\ufeff{}",
  "1e999",
];

const signed = (client: Client, ...parts: unknown[]): Buffer[] =>
  client.sign(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(JSON.stringify(part)))));

const pick = <T>(from: readonly T[], random: () => number): T | undefined =>
  from[Math.floor(random() * from.length)];

const breakers: readonly Breaker[] = [
  // frames
  (_, random) =>
    Array.from({ length: 1 + Math.floor(random() * 8) }, () => randomBytes(Math.floor(random() * 60))),
  (client, random) => client.frames("execute_request", content).slice(0, Math.floor(random() * 6) || 1),
  (client) => client.frames("execute_request", content).slice(1),
  (client) => client.frames("execute_request", content).reverse(),
  () => [Buffer.alloc(0)],
  () => [Buffer.from("<IDS|MSG>")],
  () => Array.from({ length: 500 }, () => Buffer.from("<IDS|MSG>")),
  // signatures
  (client) =>
    client.frames("execute_request", content).map((frame, i) => (i === 1 ? Buffer.alloc(64, "0") : frame)),
  (client) =>
    client.frames("execute_request", content).map((frame, i) => (i === 1 ? Buffer.alloc(0) : frame)),
  (client) =>
    client.frames("execute_request", content).map((frame, i) => (i === 1 ? randomBytes(64) : frame)),
  (client) =>
    client.frames("execute_request", content).map((frame, i) => (i === 5 ? Buffer.from("{}") : frame)),
  // JSON, rightly signed
  (client, random) => signed(client, fresh(), {}, {}, Buffer.from(pick(oddTexts, random) ?? "")),
  (client, random) => signed(client, Buffer.from(pick(oddTexts, random) ?? ""), {}, {}, content),
  (client, random) => signed(client, fresh(), {}, {}, randomBytes(Math.floor(random() * 200))),
  (client) => signed(client, fresh(), {}, {}, Buffer.from(`{"a":${"[".repeat(100_000)}`)),
  (client) => signed(client, fresh(), {}, {}, Buffer.from(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`)),
  (client) => signed(client, fresh(), Buffer.from('{"__proto__":{"polluted":1}}'), {}, content),
  // types
  (client, random) => signed(client, { ...fresh(), msg_id: pick(oddValues, random) }, {}, {}, content),
  (client, random) => signed(client, { ...fresh(), msg_type: pick(oddValues, random) }, {}, {}, content),
  (client, random) => signed(client, { ...fresh(), session: pick(oddValues, random) }, {}, {}, content),
  (client, random) => signed(client, pick(oddValues, random), {}, {}, content),
  (client, random) => signed(client, fresh(), pick(oddValues, random), pick(oddValues, random), content),
  (client, random) =>
    signed(client, { ...fresh(), msg_type: "input_reply" }, {}, {}, { value: pick(oddValues, random) }),
  (client, random) =>
    signed(
      client,
      { ...fresh(), msg_type: "debug_request" },
      {},
      {},
      { seq: pick(oddValues, random), command: pick(oddValues, random) },
    ),
  (client, random) =>
    signed(
      client,
      { ...fresh(), msg_type: pick(["status", "toString", "execute_reply"], random) },
      {},
      {},
      {},
    ),
];

/** Every 1,000th message is a large one. */
const huge: Breaker = (client) => signed(client, fresh(), {}, {}, Buffer.alloc(5_000_000, "["));

async function send(kernel: Kernel, from: number, to: number, random: () => number): Promise<void> {
  const { client } = kernel;
  let replayed = client.frames("is_complete_request", {});
  for (let i = from; i < to; i++) {
    const channel = pick(["shell", "control", "stdin"] as const, random) ?? "shell";
    const breaker = i % 1_000 === 999 ? huge : breakers[i % breakers.length];
    const frames = i % 20 === 19 ? replayed : (breaker?.(client, random) ?? []);
    if (i % 50 === 0) replayed = client.frames("is_complete_request", {});
    await client.sockets[channel].send(frames);
    if (i % 100 === 99) await barrier(client); // what is on its way is memory too
  }
}

/** Waits until the kernel has answered on all channels what was sent before. */
async function barrier(client: Client): Promise<void> {
  await client.request("control", "kernel_info_request");
  await client.request("shell", "kernel_info_request");
}

async function memory(kernel: Kernel): Promise<number> {
  const { content: reply } = await kernel.client.request("shell", "execute_request", { code: "memory" });
  return Number(reply["rss"]) / 2 ** 20;
}

test("10,000 broken messages leave the kernel serving, with its memory flat", async () => {
  const kernel = await startKernel();
  const { client } = kernel;
  const random = createRandom(1);
  const listen = (async () => {
    for (;;) await client.sockets.iopub.receive();
  })().catch(() => undefined);
  const start = performance.now();
  try {
    await send(kernel, 0, warmUp, random);
    const before = await memory(kernel);
    await send(kernel, warmUp, count, random);
    const growth = (await memory(kernel)) - before;
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `${count} broken messages: ${seconds.toFixed(1)} s, memory +${growth.toFixed(0)} of ${before.toFixed(0)} MB`,
    );
    const echo = await client.request("shell", "execute_request", { code: "echo", n: 1 });
    assert.deepEqual(echo.content, { status: "ok", content: { code: "echo", n: 1 }, metadata: {} });
    await client.sockets.heartbeat.send("x");
    assert.equal(String(await client.sockets.heartbeat.receive()), "x");
    assert.ok(growth < 64, `memory grew by ${growth} MB`);
    assert.ok(seconds < 20);
    const lines = kernel.log().trim().split("\n");
    assert.ok(lines.length > 1 && lines.length < 60, `${lines.length} lines of log`);
    assert.match(kernel.log(), /^Cannot read message on (shell|control|stdin): /m);
  } finally {
    await kernel.close();
    await listen;
  }
});

/** Kernels listen before they serve. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { handedOn, handOn, listen } from "../../kernel/start/listening";
import { writeConnection } from "../../kernel/wire/newconnection";
import { loadDescriptors } from "../../kernel/wire/descriptors";
import { bindSockets } from "../../kernel/wire/sockets";
import { Client } from "./wire/client";

const folder = mkdtempSync(join(tmpdir(), "slimlab-listening-"));
after(() => rmSync(folder, { recursive: true }));

const descriptors = loadDescriptors();

/** Sockets of ZeroMQ alone do not keep a process while they connect. */
const alive = setInterval(() => undefined, 1000);
after(() => clearInterval(alive));

test("who connects before a kernel has its sockets is let in, and what was sent is heard", async () => {
  const file = join(folder, "early.json");
  const connection = await writeConnection(file);
  const listening = listen(descriptors, file);
  assert.ok(listening !== undefined);
  const client = new Client(connection);
  await client.sockets.control.send("early");
  const early = connect(connection.hb_port, "127.0.0.1");
  await once(early, "connect"); // nobody takes it, and it is not refused
  early.destroy();

  const sockets = await bindSockets(connection, listening);
  const heard: string[] = [];
  const requests = new Promise((resolve) =>
    sockets.serve({
      receive: (channel, [, frame]) => resolve(heard.push(`${channel} ${String(frame)}`)),
      subscribed: (topic) => void sockets.iopub.send([topic, "welcome"]),
    }),
  );
  const [, welcome] = await client.sockets.iopub.receive();
  assert.equal(String(welcome), "welcome");
  await requests;
  assert.deepEqual(heard, ["control early"]);
  client.close();
  await sockets.close();
});

test("a process that is begun anew finds what listens, once", async () => {
  const file = join(folder, "anew.json");
  const connection = await writeConnection(file);
  const listening = listen(descriptors, file);
  assert.ok(listening !== undefined);
  assert.deepEqual(handOn(listening), Object.values(listening).map(String));
  assert.deepEqual(handedOn(descriptors), listening);
  assert.equal(handedOn(descriptors), undefined);
  await (await bindSockets(connection, listening)).close();
});

test("where it can't listen so, nothing stays open, and who serves says why", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const file = join(folder, "wrong.json");
  const connection = await writeConnection(file);
  const holder = listen(descriptors, file);
  assert.ok(holder !== undefined);
  const before = process.platform === "linux" ? open() : 0;
  for (const wrong of [
    connection, // in use
    { ...connection, shell_port: 0 }, // any, then one in use
    { ...connection, ip: "::1" },
    { ...connection, ip: "*" },
    { ...connection, ip: undefined },
    { ...connection, transport: "ipc" },
    [],
  ]) {
    writeFileSync(file, JSON.stringify(wrong), { mode: 0o600 });
    assert.equal(listen(descriptors, file), undefined, JSON.stringify(wrong));
  }
  assert.equal(listen(descriptors, join(folder, "none.json")), undefined);
  if (process.platform === "linux") assert.equal(open(), before);
  await assert.rejects(bindSockets(connection), /^Error: Cannot listen at tcp:.*another program has it/);
  await (await bindSockets(connection, holder)).close();
});

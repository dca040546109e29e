import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { endpoint, readConnection } from "../../../kernel/wire/connection";
import { writeConnection } from "../../../kernel/wire/newconnection";
import { freePorts } from "../../../kernel/wire/ports";

const folder = mkdtempSync(join(tmpdir(), "slimlab-connection-"));
after(() => rmSync(folder, { recursive: true }));

const good = {
  transport: "tcp",
  ip: "127.0.0.1",
  shell_port: 1001,
  iopub_port: 1002,
  stdin_port: 1003,
  control_port: 1004,
  hb_port: 1005,
  key: "secret",
  signature_scheme: "hmac-sha256",
};

function fileWith(content: unknown): string {
  const file = join(folder, "kernel.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  return file;
}

test("readConnection() reads what Jupyter writes, with what it may leave out", () => {
  assert.deepEqual(readConnection(fileWith({ ...good, kernel_name: "slimlab" })), good);
  const { transport: _, signature_scheme: __, ...rest } = good;
  assert.deepEqual(readConnection(fileWith(rest)), good);
  assert.equal(
    readConnection(fileWith({ ...good, signature_scheme: "hmac-sha512" })).signature_scheme,
    "hmac-sha512",
  );
  assert.equal(readConnection(fileWith({ ...good, key: "" })).key, "");
});

test("readConnection() reads the keys by which Jupyter has the sockets encrypted, and writeConnection() writes them", async () => {
  const keys = curveKeyPair();
  const { publicKey: curve_publickey, secretKey: curve_secretkey } = keys;
  assert.deepEqual(readConnection(fileWith({ ...good, curve_publickey, curve_secretkey })).curve, keys);
  const file = join(folder, "encrypted.json");
  assert.deepEqual(await writeConnection(file, keys), readConnection(file));
  const rejects = (content: unknown, message: RegExp): void =>
    assert.throws(() => readConnection(fileWith(content)), message);
  rejects({ ...good, curve_publickey }, /expected curve_secretkey to be a key of 40 letters, got nothing$/);
  rejects(
    { ...good, curve_publickey: "short", curve_secretkey },
    /expected curve_publickey to be a key of 40 letters, got "short"$/,
  );
});

test("readConnection() says what is wrong with a file", () => {
  const rejects = (content: unknown, message: RegExp): void =>
    assert.throws(() => readConnection(fileWith(content)), message);
  assert.throws(
    () => readConnection(join(folder, "none.json")),
    /^Error: Cannot read connection file ".*none.json"$/,
  );
  rejects("{", /expected JSON$/);
  rejects([], /expected an object, got \[\]$/);
  rejects({ ...good, transport: "udp" }, /expected transport to be "tcp" or "ipc", got "udp"$/);
  rejects({ ...good, ip: 1 }, /expected ip to be an address, got 1$/);
  rejects({ ...good, shell_port: "1" }, /expected shell_port to be a port from 1 to 65535, got "1"$/);
  rejects({ ...good, hb_port: 65536 }, /expected hb_port to be a port from 1 to 65535, got 65536$/);
  rejects({ ...good, hb_port: undefined }, /expected hb_port to be a port from 1 to 65535, got nothing$/);
  rejects({ ...good, key: null }, /expected key to be a string, got null$/);
  rejects({ ...good, signature_scheme: "hmac-rot13" }, /expected signature_scheme .*, got "hmac-rot13"$/);
});

test("readConnection() warns of a file that others can read", () => {
  const file = fileWith(good);
  const warnings: string[] = [];
  chmodSync(file, 0o644);
  readConnection(file, (line) => warnings.push(line));
  chmodSync(file, 0o600);
  assert.match(
    warnings.join(),
    /^Others can read the connection file ".*" and the key in it: expected mode 600, got 644$/,
  );
});

test("writeConnection() makes a private file with a random key and five free ports", async () => {
  const file = join(folder, "new.json");
  const first = await writeConnection(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readConnection(file), first);
  const { shell_port, iopub_port, stdin_port, control_port, hb_port, key, ip } = first;
  const ports = [shell_port, iopub_port, stdin_port, control_port, hb_port];
  assert.equal(new Set(ports).size, 5);
  assert.ok(
    ports.every((port) => port >= 20_000 && port < 32_768),
    `none that a system hands out: ${ports.join()}`,
  );
  assert.equal(ip, "127.0.0.1");
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.notEqual((await writeConnection(file)).key, key); // replaces the file in one step
  assert.match(readFileSync(file, "utf8"), /\n$/);
  await assert.rejects(writeConnection(join(folder, "none", "new.json")), /Cannot write connection file/);
});

test("freePorts() leaves out ports in use, and gives none twice", async () => {
  const [held = 0] = await freePorts(1);
  const server = createServer().listen(held + 1, "127.0.0.1");
  await once(server, "listening");
  const found = await Promise.all([freePorts(2), freePorts(2)]);
  assert.equal(new Set([held, held + 1, ...found.flat()]).size, 6);
  server.close();
});

test("endpoint() gives addresses that ZeroMQ binds to", () => {
  const at = (changes: object): string =>
    endpoint(readConnection(fileWith({ ...good, ...changes })), "shell_port");
  assert.equal(at({}), "tcp://127.0.0.1:1001");
  assert.equal(at({ ip: "localhost" }), "tcp://127.0.0.1:1001");
  assert.equal(at({ ip: "::1" }), "tcp://[::1]:1001");
  assert.equal(at({ ip: "0.0.0.0" }), "tcp://0.0.0.0:1001");
  assert.equal(at({ transport: "ipc", ip: "/run/kernel" }), "ipc:///run/kernel-1001");
});

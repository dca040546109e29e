import { isJson } from "../../../kernel/protocol";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { inspect } from "node:util";
import { createDebugAdapter } from "../../../kernel/debug/adapter";
import { readObject, readString } from "../../../kernel/debug/dap";
import { exposeTarget } from "../../../kernel/debug/target";
import { allowEnding } from "../../../kernel/interrupt/interrupts";
import { createSession } from "../../../kernel/session/core";

/**
 * A program to be debugged, as the kernel is: cells run on the main thread, and a second one answers debuggers. It
 * takes JSON lines, `{id, command, arguments}` of debuggers and `{id, run: code}`, on a port that it prints.
 */

interface ScriptNote {
  readonly url: string;
  readonly source: string;
  readonly lines: readonly number[];
}

function startMain(): void {
  allowEnding();
  const worker = new Worker(__filename);
  const session = createSession({ onScript: (note) => worker.postMessage({ note }) });
  exposeTarget({
    scope: () => session.scope,
    declare: (name) => session.define({}, `declare let ${name}: any;`),
  });
  worker.on("message", (message: { id: number; run: string }) => {
    setImmediate(() => {
      void session.run(message.run).then((outcome) => {
        const value = outcome.status === "ok" ? outcome.value : outcome.evalue;
        worker.postMessage({ id: message.id, status: outcome.status, value: inspect(value) });
      });
    });
  });
}

async function startWorker(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const clients = new Set<Socket>();
  const send = (message: object) => clients.forEach((client) => client.write(`${JSON.stringify(message)}\n`));
  const adapter = createDebugAdapter({ publish: (_, content) => send(content) });
  port.on("message", (message: { note?: ScriptNote; id?: number }) => {
    if (message.note === undefined) send(message);
    else adapter.script(message.note);
  });
  const answer = async (line: string) => {
    const message: unknown = JSON.parse(line);
    if (!isJson(message)) return;
    if (readString(message, "run") !== undefined) return port.postMessage(message);
    if (readString(message, "command") === "(interrupt)") return adapter.resume();
    send({ id: message["id"], response: await adapter.request({ ...message, seq: message["id"] }) });
  };
  const server = createServer((client) => {
    clients.add(client);
    let rest = "";
    client.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) void answer(line);
    });
    client.on("close", () => process.kill(process.pid, "SIGKILL"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = readObject({ address: server.address() }, "address");
  process.stdout.write(`${String(address["port"])}\n`);
}

if (isMainThread) startMain();
else void startWorker();

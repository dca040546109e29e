import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { SourceMap } from "node:module";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { createDebugAdapter } from "../../../kernel/debug/adapter";
import { isJson, readObject, readString } from "../../../kernel/debug/dap";
import { cellPath } from "../../../kernel/debug/path";
import { exposeTarget } from "../../../kernel/debug/target";

/**
 * A program to be debugged, as the kernel is: cells run on the main thread, and a second one answers debuggers. It
 * takes JSON lines, `{id, command, arguments}` of debuggers and `{id, run: code}`, on a port that it prints.
 */

const scope: Record<string, unknown> = {};

interface ScriptNote {
  readonly url: string;
  readonly source: string;
  readonly lines: readonly number[];
}

/** JavaScript of a cell, and the cell's line of each of its lines. */
function compile(source: string): { code: string; note: ScriptNote } {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, sourceMap: true };
  const { outputText, sourceMapText } = ts.transpileModule(source, { compilerOptions });
  const body = outputText.replace(/\/\/# sourceMappingURL.*/, "");
  const map = new SourceMap(JSON.parse(sourceMapText ?? "{}"));
  const lines = body.split("\n").map((text, line) => {
    const entry = map.findEntry(line, text.search(/\S|$/));
    return "originalLine" in entry && entry.generatedLine === line ? entry.originalLine + 1 : 0;
  });
  const url = cellPath(source);
  return {
    code: `(async function (exports, require) {\n${body}\n})\n//# sourceURL=${url}`,
    note: { url, source, lines: [0, ...lines] },
  };
}

function startMain(): void {
  exposeTarget({ scope: () => scope });
  const worker = new Worker(__filename);
  worker.on("message", (message: { id: number; run: string }) => {
    const { code, note } = compile(message.run);
    worker.postMessage({ note });
    const cell: unknown = runInThisContext(code);
    setImmediate(() => {
      run(cell).then(
        (value) => worker.postMessage({ id: message.id, status: "ok", value }),
        (error: unknown) => worker.postMessage({ id: message.id, status: "error", value: String(error) }),
      );
    });
  });
}

async function run(cell: unknown): Promise<unknown> {
  if (typeof cell !== "function") throw new TypeError("Cannot run a cell: expected a function");
  const value: unknown = await Reflect.apply(cell, undefined, [scope, undefined]);
  return value;
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

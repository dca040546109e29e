/** A kernel whose cells are interrupted as a front end does it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startKernel, type Kernel, type Message } from "./wire/client";

/** How long a cell may take, in ms. */
const patienceMs = 40_000;

/** What a cell showed. */
export interface CellResult {
  /** Its result as text, or its error as "name: message". */
  readonly result: unknown;
  readonly outputs: readonly string[];
}

/** A kernel that runs cells. */
export interface Cells {
  /** Runs a cell; `stop` interrupts it when it has printed "go". A cell that hangs fails the test with what it showed. */
  run(this: void, code: string, stop?: "signal" | "message"): Promise<CellResult>;
  readonly kernel: Kernel;
  close(this: void): Promise<void>;
}

/** Starts a kernel, in the folder of the notebooks unless told another. */
export async function startCells(
  options: { readonly detached?: boolean; readonly cwd?: string } = {},
): Promise<Cells> {
  const kernel = await startKernel(join(__dirname, "../../kernel/main.js"), {
    cwd: join(__dirname, "../../../notebooks"),
    ...options,
  });
  const run: Cells["run"] = async (code, stop) => {
    const shown: string[] = [];
    const stuck = sleep(patienceMs, undefined, { ref: false }).then(() => {
      throw new Error(`Cannot go on: expected the cell to end, got ${shown.join(" ")} of ${code}\n${kernel.log()}`); // prettier-ignore
    });
    return Promise.race([execute(kernel, code, stop, shown), stuck]);
  };
  return { run, kernel, close: async () => kernel.close() };
}

async function execute(
  { client, process }: Awaited<ReturnType<typeof startKernel>>,
  code: string,
  stop: "signal" | "message" | undefined,
  shown: string[],
): Promise<CellResult> {
  const id = await client.send("shell", "execute_request", { code });
  const outputs: string[] = [];
  let result: unknown;
  for (;;) {
    const { header, parent, content } = await client.receive("iopub");
    shown.push(`${String(header["msg_type"])} ${JSON.stringify(content).slice(0, 80)}`);
    if (parent["msg_id"] !== id) continue;
    const text = String(content["text"] ?? "");
    if (text.endsWith("go\n") && stop !== undefined) {
      if (text !== "go\n") outputs.push(text.slice(0, -"go\n".length)); // printed just before
      await sleep(100);
      if (stop === "signal") process.kill("SIGINT");
      else await client.send("control", "interrupt_request", {});
    } else if (header["msg_type"] === "stream") outputs.push(text);
    if (header["msg_type"] === "execute_result") result = textOf(content);
    if (header["msg_type"] === "error") result = `${String(content["ename"])}: ${String(content["evalue"])}`;
    if (content["execution_state"] === "idle") break;
  }
  const reply: Message = await client.receive("shell");
  assert.equal(reply.parent["msg_id"], id);
  return { result, outputs };
}

function textOf(content: Record<string, unknown>): unknown {
  const data = content["data"];
  return typeof data === "object" && data !== null ? Reflect.get(data, "text/plain") : undefined;
}

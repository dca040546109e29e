import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skip as noJupyter } from "../python";
import { runCells } from "./notebook";
import { startKernel, type Kernel, type Message } from "./wire/client";

const library = join(__dirname, "../../src/widgets"); // a notebook in a temporary folder has no "slimlab"
const own = `widgets.widget({ esm: "export default {}", state: { data: Float32Array.of(1, 2.5) } })`;

/** Runs a cell that the front end names; gives what it publishes. */
async function run({ client }: Kernel, cellId: string, code: string): Promise<Message[]> {
  const id = await client.send("shell", "execute_request", { code }, [], { cellId });
  const messages = await client.published(id);
  const reply = await client.receive("shell");
  assert.equal(reply.content["status"], "ok", JSON.stringify(reply.content));
  return messages;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

test("widgets of a cell's earlier runs are let go with what their observers hold; what is shown or named stays", async () => {
  const kernel = await startKernel(join(__dirname, "../../kernel/main.js"));
  const open = async (): Promise<number> => {
    const reply = await kernel.client.request("shell", "comm_info_request", {
      target_name: "jupyter.widget",
    });
    return Object.keys(objectOf(reply.content["comms"])).length;
  };
  try {
    await run(kernel, "a", `import { widgets } from "slimlab"; const named = widgets.intSlider();`);
    const collect = `const collect = require("node:vm").runInNewContext("gc");
      const refs: WeakRef<object>[] = [];`;
    await run(kernel, "b", `require("node:v8").setFlagsFromString("--expose-gc"); ${collect}`);
    const shown = `await widgets.interact({ size: widgets.intSlider({ max: 9 }) }, ((held) => { refs.push(new WeakRef(held)); return ({ size }) => held.length + size })(new Array(1000)))`; // prettier-ignore
    for (let i = 0; i < 10; i++) await run(kernel, "shown", shown);
    await run(kernel, "once", "display(widgets.label({ value: 'alive' })); undefined");
    const all = await open();
    assert.equal(all, 1 + 3 * 10 + 1);
    let left = all;
    for (let i = 0; i < 10 && left > 5; i++) {
      await run(kernel, "c", "collect(); await new Promise(setImmediate); undefined");
      left = await open();
    }
    assert.equal(left, 1 + 3 + 1);
    const [, , held] = await run(kernel, "d", "refs.filter((one) => one.deref() !== undefined).length");
    assert.equal(objectOf(held?.content["data"])["text/plain"], "1");
  } finally {
    await kernel.close();
  }
});

test(
  "nbconvert keeps widgets' states in the notebook, what an Output took included; without a page their stills are shown",
  { skip: noJupyter },
  async () => {
    const ran = await runCells([
      `import * as widgets from ${JSON.stringify(library)}; const place = widgets.output(); const own = ${own};
     place.capture(() => { console.log("caught"); display("shown"); }); console.log("not caught"); place`,
      `own.set({ data: Float32Array.of(1, 4.5) });
     await widgets.interact({ size: widgets.intSlider({ value: 3 }) }, ({ size }) => "x".repeat(size))`,
    ]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(
      ran.outputs.map((outputs) => outputs.map(({ text, data }) => text ?? data["text/plain"])),
      [["not caught\n", "caught\n\nshown"], ["size: 3\nxxx"]],
    );
    const notebook = objectOf(JSON.parse(readFileSync(ran.path, "utf8")));
    const saved = objectOf(
      objectOf(objectOf(notebook["metadata"])["widgets"])["application/vnd.jupyter.widget-state+json"],
    );
    const models = Object.values(objectOf(saved["state"])).map(objectOf);
    const find = (name: string) => models.filter((model) => model["model_name"] === name);
    const taken = find("OutputModel").map(({ state }) => objectOf(state)["outputs"]);
    taken.sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
    assert.deepEqual(taken, [
      [
        { output_type: "stream", name: "stdout", text: "caught\n" },
        { output_type: "display_data", data: { "text/plain": "shown" }, metadata: {} },
      ],
      [{ output_type: "display_data", data: { "text/plain": "xxx" }, metadata: {} }],
    ]);
    const buffer = {
      path: ["data"],
      encoding: "base64",
      data: Buffer.from(Float32Array.of(1, 4.5).buffer).toString("base64"),
    };
    assert.deepEqual(find("AnyModel")[0]?.["buffers"], [buffer]);
  },
);

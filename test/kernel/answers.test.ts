/** What a kernel answers while a cell awaits. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startKernel, type Kernel, type Message } from "./wire/client";

let kernel: Kernel;
before(async () => {
  kernel = await startKernel(join(__dirname, "../../kernel/main.js"));
});
after(() => kernel.close());

const execute = (code: string, subshell?: string): Promise<string> =>
  kernel.client.send("shell", "execute_request", { code }, [], {}, subshell);

const message = (comm_id: string, data: object = {}): Promise<string> =>
  kernel.client.send("shell", "comm_msg", { comm_id, data });

/** The reply to a request; replies to others are let go. */
async function reply(id: string): Promise<Message> {
  for (;;) {
    const message = await kernel.client.receive("shell");
    if (message.parent["msg_id"] === id) return message;
  }
}

/** All that is published until a text is printed. */
async function untilPrinted(words: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const message = await kernel.client.receive("iopub");
    messages.push(message);
    if (String(message.content["text"] ?? "").includes(words)) return messages;
  }
}

async function resultOf(code: string, subshell?: string): Promise<unknown> {
  const id = await execute(code, subshell);
  const messages = await kernel.client.published(id);
  const shown = messages.find(({ header }) => header["msg_type"] === "execute_result");
  const failed = messages.find(({ header }) => header["msg_type"] === "error");
  return failed?.content["evalue"] ?? Reflect.get(Object(shown?.content["data"]), "text/plain");
}

test("the history is there at once: before the compiler is, for which what comes first has to wait", async () => {
  const { client } = kernel;
  const complete = await client.send("shell", "is_complete_request", { code: "1" });
  const history = await client.send("shell", "history_request", { hist_access_type: "tail", n: 1 });
  const [first, second] = [await client.receive("shell"), await client.receive("shell")];
  assert.deepEqual([first.parent["msg_id"], second.parent["msg_id"]], [history, complete]);
  assert.deepEqual(first.content, { status: "ok", history: [] });
});

test("a cell that does not await is done before what came after it is answered", async () => {
  const { client } = kernel;
  await execute("comm.register('early', (opened) => opened.onMessage(() => opened.send({ heard: true })));");
  await client.send("shell", "comm_open", { comm_id: "early", target_name: "early", data: {} });
  const id = await message("early");
  const published = await client.published(id);
  assert.equal(published.filter(({ header }) => header["msg_type"] === "comm_msg").length, 1);
  await client.send("shell", "comm_close", { comm_id: "early", data: {} });
  const { content } = await client.request("shell", "comm_info_request");
  assert.deepEqual(content["comms"], {});
});

test("messages wait for a target that takes its time to listen", async () => {
  await resultOf(`var heard: string[] = [];
    comm.register("slow", async (opened) => {
      await new Promise((go) => setTimeout(go, 50));
      opened.onMessage(({ word }) => void heard.push(String(word)));
    });`);
  await kernel.client.send("shell", "comm_open", { comm_id: "slow", target_name: "slow", data: {} });
  await message("slow", { word: "a" });
  await kernel.client.published(await message("slow", { word: "b" }));
  assert.equal(await resultOf("heard.join()"), "'a,b'");
});

test("handlers that wait hold nobody up; an interrupt ends the cell alone, another one the handlers", async () => {
  const { client } = kernel;
  await resultOf(`comm.register("stuck", (opened) => opened.onMessage(async () => {
      console.log("begun"); await new Promise(() => 0); }));`);
  await client.send("shell", "comm_open", { comm_id: "stuck", target_name: "stuck", data: {} });
  const handled = await message("stuck");
  await untilPrinted("begun");
  const cell = await execute("console.log('on'); await new Promise(() => 0)");
  await untilPrinted("on");
  await client.request("control", "interrupt_request");
  assert.equal((await reply(cell)).content["ename"], "Interrupted");
  assert.equal(await resultOf("1 + 1"), "2");
  await client.request("control", "interrupt_request");
  const messages = await client.published(handled);
  const told = messages.filter(({ content }) => content["name"] === "stderr");
  assert.match(String(told[0]?.content["text"]), /Interrupted/);
});

test("a loop in a handler is ended, with the cell that awaits meanwhile", async () => {
  const { client } = kernel;
  await resultOf(
    `comm.register("busy", (opened) => opened.onMessage(() => { console.log("loop"); for (;;); }));`,
  );
  await client.send("shell", "comm_open", { comm_id: "busy", target_name: "busy", data: {} });
  const cell = await execute("console.log('on'); await new Promise(() => 0)");
  await untilPrinted("on");
  const handled = await message("busy");
  await untilPrinted("loop");
  await client.request("control", "interrupt_request");
  assert.equal((await reply(cell)).content["ename"], "Interrupted");
  await client.published(handled);
  assert.equal(await resultOf("1 + 2"), "3");
});

test("what a cell prints after a message was handled is the cell's, what the handler prints the message's", async () => {
  const cell = await execute(`const ours = comm.open("a target");
    const word = await new Promise((go) => ours.onMessage((data) => { console.log("handler"); go(data["word"]); }));
    await new Promise((go) => setTimeout(go, 20));
    console.log("cell", word);`);
  let opened = await kernel.client.receive("iopub");
  while (opened.header["msg_type"] !== "comm_open") opened = await kernel.client.receive("iopub");
  const id = await message(String(opened.content["comm_id"]), { word: "now" });
  const messages = await untilPrinted("cell");
  const printed = messages.filter(({ header }) => header["msg_type"] === "stream");
  assert.deepEqual(
    printed.map(({ parent, content }) => [parent["msg_id"], content["text"]]),
    [
      [id, "handler\n"],
      [cell, "cell now\n"],
    ],
  );
});

test("cells of a subshell know what an awaiting cell has declared so far, and in the end all of it", async () => {
  const { content } = await kernel.client.request("control", "create_subshell_request");
  const subshell = String(content["subshell_id"]);
  await resultOf("let size = 1; let go = () => {};");
  const cell = await execute(
    `var begun = 1; console.log("on"); let size: string = await new Promise((done) => { go = () => done("long"); }); var last = 3;`,
  );
  await untilPrinted("on");
  assert.equal(await resultOf("size.toFixed(1)", subshell), "'1.0'");
  assert.equal(await resultOf("begun + 1", subshell), "2");
  assert.equal(await resultOf("const other = 5; other", subshell), "5");
  await execute("go()", subshell);
  await kernel.client.published(cell);
  assert.equal(await resultOf("size.length + last + other", subshell), "12");
  assert.match(
    String(await resultOf("size.toFixed(1)")),
    /Property 'toFixed' does not exist on type 'string'/,
  );
});

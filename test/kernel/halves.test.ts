/** Halves of surrogate pairs, of which a notebook can't be written, and what JSON would lose in silence. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { skip } from "../python";
import { runCells } from "./notebook";
import { startKernel, type Kernel, type Message } from "./wire/client";

let kernel: Kernel;
before(async () => {
  kernel = await startKernel(resolve(__dirname, "../../kernel/main.js"));
});
after(() => kernel.close());

/** Runs a cell; gives what it published, and its reply. */
async function run(code: string, more: object = {}): Promise<readonly Message[]> {
  const id = await kernel.client.send("shell", "execute_request", { code, ...more });
  const published = await kernel.client.published(id);
  return [...published, await kernel.client.receive("shell")];
}

function ofType(messages: readonly Message[], type: string): readonly Record<string, unknown>[] {
  return messages.filter(({ header }) => header["msg_type"] === type).map(({ content }) => content);
}

const printed = (messages: readonly Message[], name: string): string =>
  ofType(messages, "stream")
    .filter((content) => content["name"] === name)
    .map(({ text }) => String(text))
    .join("");

function expectUnicode(messages: readonly Message[]): void {
  for (const { header, content, metadata } of messages)
    JSON.stringify([content, metadata], (key, value: unknown) => {
      const texts = typeof value === "string" ? [key, value] : [key];
      for (const text of texts) assert.doesNotMatch(text, /\p{Surrogate}/u, String(header["msg_type"]));
      return value;
    });
}

test("a character that is printed in two halves comes whole, whatever comes between, and U+FFFD if it ends there", async () => {
  const messages = await run(`
const out = process.stdout, error = process.stderr;
out.write("😀".charAt(1)); error.write("b\\ud83d"); out.write("😀".charAt(1)); error.write(""); error.write("\\ude00c");
out.write("x\\ud83d"); await new Promise((done) => setTimeout(done, 50)); out.write("\\ude00y");
out.write(Buffer.from([0xf0, 0x9f])); out.write(Buffer.from([0x98, 0x80]));
out.write(Buffer.from([0xf0])); out.write("z"); out.write("68c3a9", "hex"); out.write("\\ud83d");`);
  expectUnicode(messages);
  assert.equal(printed(messages, "stdout"), "\ufffd\ufffdx😀y😀\ufffdzhé\ufffd");
  assert.equal(printed(messages, "stderr"), "b😀c");
  assert.equal(printed(await run(`process.stdout.write("\\ude00 next")`), "stdout"), "\ufffd next");
});

test("what is shown, thrown, asked, sent and answered is Unicode", async () => {
  const half = '"😀".charAt(0)';
  const shown = await run(
    `display({ "application/json": { [${half}]: ${half} }, "text/plain": ${half} }, { raw: true, metadata: { a: ${half} } });
comm.open("target", { [${half}]: [${half}] }); ${half} + "\\n" + "'"`,
    { user_expressions: { a: half } },
  );
  expectUnicode(shown);
  assert.deepEqual(ofType(shown, "display_data")[0]?.["data"], {
    "application/json": { "\ufffd": "\ufffd" },
    "text/plain": "\ufffd",
  });
  assert.deepEqual(ofType(shown, "comm_open")[0]?.["data"], { "\ufffd": ["\ufffd"] });
  const thrown = await run(`throw Object.assign(new Error(${half}), { name: "Odd" + ${half} })`);
  expectUnicode(thrown);
  assert.equal(ofType(thrown, "error")[0]?.["evalue"], "\ufffd");
  const code = `const odd = { "\\ud83dkey": 1 }; // \ud83d`;
  expectUnicode(await run(code));
  const { client } = kernel;
  const replies = [
    await client.request("shell", "complete_request", { code: "odd.", cursor_pos: 4 }),
    await client.request("shell", "inspect_request", { code: "odd", cursor_pos: 1, detail_level: 1 }),
    await client.request("shell", "history_request", { hist_access_type: "tail", n: 9, raw: true }),
  ];
  assert.ok(replies.every(({ content }) => content["status"] === "ok"));
  expectUnicode(replies);
});

test("a question is Unicode", async () => {
  const { client } = kernel;
  await client.send("shell", "execute_request", { code: `await input("😀".charAt(0))`, allow_stdin: true });
  const question = await client.receive("stdin");
  assert.deepEqual(question.content, { prompt: "\ufffd", password: false });
  await client.sockets.stdin.send(client.frames("input_reply", { value: "" }, question.header));
  assert.equal((await client.receive("shell")).content["status"], "ok");
});

test("raw bundles hold typed arrays, maps, sets and bytes as front ends take them", async () => {
  const messages = await run(`
const svg = Buffer.from("<svg>é</svg>"), pixels = new Uint8ClampedArray([1, 2, 255]);
display(new Map<string, unknown>([
  ["application/vnd.plotly.v1+json", { data: [{ z: [new Float32Array([1, 2])], ids: new Set(["a"]), x: new Map([["b", 1]]) }] }],
  ["image/svg+xml", svg], ["text/html", svg], ["image/png", pixels], ["audio/wav", pixels.buffer], ["text/plain", 7], ["text/latex", null],
]), { raw: true });
comm.open("target", { array: new Int16Array([1]) }, [], { set: new Set([1]) });
display({ "text/plain": { a: 1 } }, { raw: true });`);
  assert.deepEqual(ofType(messages, "display_data")[0]?.["data"], {
    "application/vnd.plotly.v1+json": { data: [{ z: [[1, 2]], ids: ["a"], x: { b: 1 } }] },
    "image/svg+xml": "<svg>é</svg>",
    "text/html": "<svg>é</svg>",
    "image/png": "AQL/",
    "audio/wav": "AQL/",
    "text/plain": "7",
  });
  const comm = messages.find(({ header }) => header["msg_type"] === "comm_open");
  assert.deepEqual([comm?.content["data"], comm?.metadata], [{ array: [1] }, { set: [1] }]);
  assert.equal(
    ofType(messages, "error")[0]?.["evalue"],
    'Cannot display value: expected text or bytes under "text/plain", got { a: 1 }',
  );
});

test("nbconvert writes the notebook of cells that print and show halves", { skip }, async () => {
  const half = '"😀".charAt(0)';
  const { status, stderr, outputs } = await runCells(
    [
      `console.log(${half}); process.stdout.write("\\ud83d"); void process.stdout.write("\\ude00")`,
      half,
      `display({ "application/json": { [${half}]: new Float32Array(2) }, "text/plain": ${half} }, { raw: true })`,
      `throw new Error(${half})`,
    ],
    ["--allow-errors"],
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    outputs.map((cell) => cell.map(({ text, evalue, data }) => text ?? evalue ?? data)),
    [
      ["\ufffd\n😀"],
      [{ "text/plain": "'\\ud83d'" }],
      [{ "application/json": { "\ufffd": [0, 0] }, "text/plain": "\ufffd" }],
      ["\ufffd"],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Joiner, type Publication } from "../../../kernel/wire/joiner";

function print(text: string, { name = "stdout", parent = "{}", metadata = "{}" } = {}): Publication {
  return {
    kind: "publish",
    type: "stream",
    parent,
    metadata,
    buffers: [],
    content: JSON.stringify({ name, text }),
  };
}

function joined(messages: readonly Publication[]): { sent: unknown[]; kept: boolean[]; joiner: Joiner } {
  const sent: unknown[] = [];
  const joiner = new Joiner(({ content, parent }) => {
    const fields: unknown = JSON.parse(content);
    sent.push({ parent, ...Object(fields) });
  });
  return { sent, kept: messages.map((message) => joiner.take(message)), joiner };
}

test("Joiner joins what is printed in quick succession, whatever JSON escapes in it", async () => {
  const texts = ['a"\n', "\\", "\u2028😀", "\ud800", '"}'];
  const { sent } = joined(texts.map((text) => print(text)));
  assert.deepEqual(sent, []);
  await sleep(60);
  assert.deepEqual(sent, [{ parent: "{}", name: "stdout", text: texts.join("") }]);
});

test("Joiner keeps apart streams and cells, in order", () => {
  const { sent, joiner } = joined([
    print("1"),
    print("2"),
    print("3", { name: "stderr" }),
    print("4"),
    print("5", { parent: "[]" }),
  ]);
  joiner.flush();
  joiner.flush();
  assert.deepEqual(sent, [
    { parent: "{}", name: "stdout", text: "12" },
    { parent: "{}", name: "stderr", text: "3" },
    { parent: "{}", name: "stdout", text: "4" },
    { parent: "[]", name: "stdout", text: "5" },
  ]);
});

test("Joiner leaves what is no plain text, and long texts", () => {
  const other: Publication = { ...print(""), type: "display_data" };
  assert.deepEqual(joined([other, print("", { metadata: '{"a":1}' })]).kept, [false, false]);
  const long = "x".repeat(700_000);
  const { kept, sent } = joined([print(long), print(long), print(`${long}${long}`)]);
  assert.deepEqual(kept, [true, true, false]);
  assert.equal(sent.length, 1);
});

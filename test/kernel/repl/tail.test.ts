import assert from "node:assert/strict";
import { test } from "node:test";
import { breaksOf, Tail } from "../../../kernel/repl/tail";

const size = { columns: 10, height: 6 };

function begin(): Tail {
  const tail = new Tail(() => size);
  tail.begin();
  return tail;
}

test("breaksOf() counts the rows that a terminal wraps a text to", () => {
  assert.equal(breaksOf("", 10), 0);
  assert.equal(breaksOf("a\n", 10), 1);
  assert.equal(breaksOf("0123456789\n", 10), 1); // a full row is not left before something follows
  assert.equal(breaksOf("0123456789a\n", 10), 2);
  assert.equal(breaksOf("0123456789a", 10), 1);
  assert.equal(breaksOf("語語語語語\n", 10), 1);
  assert.equal(breaksOf("\x1b[31m0123456789\x1b[0m\n", 10), 1);
  assert.equal(breaksOf("long and longer\rshort\n", 10), 2);
});

test("Tail redraws a display where it stands, and what follows it", () => {
  const tail = begin();
  assert.equal(tail.show("0 %", "bar"), "0 %\n");
  assert.equal(tail.update("50 %", "bar"), "\x1b[1A\r\x1b[J50 %\n");
  assert.equal(tail.print("so far"), "so far");
  assert.equal(tail.update("60 %", "bar"), "\x1b[1A\r\x1b[J60 %\nso far");
  assert.equal(tail.update("60 %", "bar"), ""); // as it was
  assert.equal(tail.update("?", "unknown"), "");
  assert.equal(tail.end(), "\n");
});

test("Tail redraws all displays of an id, and grows with them", () => {
  const tail = begin();
  tail.show("a", "id");
  tail.print("between\n");
  tail.show("a", "id");
  assert.equal(tail.update("b\nc", "id"), "\x1b[3A\r\x1b[Jb\nc\nbetween\nb\nc\n");
  assert.equal(tail.update("d", "id"), "\x1b[5A\r\x1b[Jd\nbetween\nd\n");
});

test("Tail shows what left the screen once more at the end", () => {
  const tail = begin();
  tail.show("0 %", "bar");
  for (let i = 0; i < 10; i++) tail.print(`line ${i}\n`);
  assert.equal(tail.update("50 %", "bar"), "");
  assert.equal(tail.update("100 %", "bar"), "");
  assert.equal(tail.end(), "100 %\n");
  assert.equal(tail.end(), "");
  assert.equal(tail.update("more", "bar"), "\x1b[1A\r\x1b[Jmore\n"); // it is on the screen again
});

test("Tail does not redraw over what moves the cursor by itself", () => {
  const tail = begin();
  tail.show("0 %", "bar");
  tail.print("\x1b[2Jcleared\n");
  assert.equal(tail.update("50 %", "bar"), "");
  assert.equal(tail.end(), "50 %\n");
  const pictures = begin();
  pictures.show("\x1bPq~\x1b\\", "picture");
  assert.equal(pictures.update("\x1bPq!\x1b\\", "picture"), "");
  assert.equal(pictures.end(), "\x1bPq!\x1b\\\n");
});

test("Tail clears a cell's output, at once or when something new comes", () => {
  const tail = begin();
  tail.print("from before\n");
  tail.begin();
  assert.equal(tail.clear(false), "");
  tail.print("1\n2\n");
  assert.equal(tail.clear(true), "");
  assert.equal(tail.print("3\n"), "\x1b[2A\r\x1b[J3\n");
  assert.equal(tail.clear(false), "\x1b[1A\r\x1b[J");
  for (let i = 0; i < 20; i++) tail.print(`line ${i}\n`);
  assert.equal(tail.clear(false), "\x1b[5A\r\x1b[J"); // as much as is on the screen
});

test("Tail keeps little of much output", () => {
  const tail = begin();
  tail.show("0 %", "bar");
  const started = performance.now();
  for (let i = 0; i < 100_000; i++) tail.print(`line ${i}\n`);
  assert.ok(performance.now() - started < 2_000);
  assert.equal(tail.update("100 %", "bar"), "");
  assert.equal(tail.end(), "100 %\n");
});

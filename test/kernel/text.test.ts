import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { textOf } from "../../kernel/output/text";
import { namespaceOf } from "../../kernel/session/interop";

test("textOf() shows what a module exports, not that it has getters", () => {
  const text = textOf(namespaceOf(path));
  assert.match(text, /\n {2}join: \[Function: join\],\n[^]* {2}sep: '\/',\n[^]* {2}posix: \[Object\]/);
  assert.doesNotMatch(text, /Getter/);
});

test("textOf() shows the error of an export that fails, and the other exports", () => {
  const module = Object.defineProperty({ a: 1 }, "__esModule", { value: true });
  Object.defineProperty(module, "later", {
    enumerable: true,
    get: () => {
      throw new RangeError("not yet");
    },
  });
  assert.match(textOf(module), /^\{\n? *a: 1,\n? *later: \[?RangeError: not yet/);
});

test("textOf() shows other values as Node does", () => {
  const getter = Object.defineProperty({}, "x", { enumerable: true, get: () => 1 });
  for (const value of [1, "a", undefined, { a: { b: { c: { d: 1 } } } }, new Map([[1, getter]])])
    assert.equal(textOf(value), inspect(value));
});

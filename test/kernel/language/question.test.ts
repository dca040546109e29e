import assert from "node:assert/strict";
import { test } from "node:test";
import { questionOf } from "../../../kernel/language/question";

test("questionOf() knows questions about names and magics, before and behind", () => {
  assert.deepEqual(questionOf(" Math.max? "), { name: "Math.max", detail: 0 });
  assert.deepEqual(questionOf("größe??\n"), { name: "größe", detail: 1 });
  assert.deepEqual(questionOf("?$x"), { name: "$x", detail: 0 });
  assert.deepEqual(questionOf("%time?"), { name: "%time", detail: 0 });
  assert.deepEqual(questionOf("??%%bash"), { name: "%%bash", detail: 1 });
});

test("questionOf() leaves TypeScript and magics alone", () => {
  for (const code of ["name", "%time", "?x?", "a ? b : c", "x?.y", "?", "%?", "1?", "%%%time?", "%time x?"])
    assert.equal(questionOf(code), undefined, code);
});

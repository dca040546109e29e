import assert from "node:assert/strict";
import { test } from "node:test";
import { isComplete } from "../../../kernel/language/completeness";

const complete = [
  "",
  "1 + 1",
  "const x = await f();",
  "for await (const x of y) {\n}",
  "{ a: 1 }",
  "if (a) b\nelse c",
  "foo\n  .bar()",
  "`a\n${b}`",
  "/* done */ // and this",
  "export const a = 1",
  "%time f(",
  "%who\n1 + 1",
  "%%time\nf()",
  "%%bash\nls\n",
  "!git status",
  "!ls -la *.ts | head",
  "const files = !ls *.ts | head -3",
  "let all;\nall = !find . -name x",
  "!done",
  "%%timeit\nf()",
  "half(1)\n\n",
  "function half(x) {\n\n  return x / 2;\n}\n\n",
  "\n\n",
  "%%bash\nls\n\n",
];

for (const code of complete) {
  test(`isComplete() calls ${JSON.stringify(code)} complete`, () => {
    assert.deepEqual(isComplete(code), { status: "complete" });
  });
}

const incomplete: readonly (readonly [string, string])[] = [
  ["function f(a", "  "],
  ["function f() {", "  "],
  ["  if (x) {", "    "],
  ["\tif (x) {", "\t\t"],
  ["f({\n  a: [1,", "    "],
  ["class A {\n  b() {\n  }", "  "],
  ["const x =", "  "],
  ["const", ""],
  ["  export var", "  "],
  ["const f = (x) =>", "  "],
  ["1 +", ""],
  ["a.", ""],
  ["try { f() }", ""],
  ["if (a)", ""],
  ["`a ${b", ""],
  ["  `text", ""],
  ["/* comment", ""],
  ['"text \\', ""],
  ["import { a", "  "],
  ["@decorator", ""],
  ["%%bash", ""],
  ["%%bash\nls", ""],
  ["%%timeit", ""],
  ["%%capture out\n", ""],
  ["for (const f of x) {\n  !echo ${f}", "  "],
  ["!done &&", ""],
  ["%who\nf(", "  "],
  ["%%time\nwhile (true) {", "  "],
  ["function half(x) {\n\n", "  "],
  ["function half(x) {\n  return x / 2;\n\n", "  "],
  ["foo(\n\n\n", "  "],
  ["const x =\n \n", "  "],
  ["`a\n\n", ""],
];

for (const [code, indent] of incomplete) {
  test(`isComplete() wants another line after ${JSON.stringify(code)}`, () => {
    assert.deepEqual(isComplete(code), { status: "incomplete", indent });
  });
}

const invalid = [
  ")",
  "f(]",
  "const 1 = 2",
  "else f()",
  "'a\nb",
  "a b c",
  "f(1 2",
  "}",
  "if (a) }",
  "1 % %time",
  '"open',
  "x = 'a",
  ")\n\n\n",
  "'a\n\n",
];

for (const code of invalid) {
  test(`isComplete() calls ${JSON.stringify(code)} invalid`, () => {
    assert.deepEqual(isComplete(code), { status: "invalid" });
  });
}

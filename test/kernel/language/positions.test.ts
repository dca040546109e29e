import assert from "node:assert/strict";
import { test } from "node:test";
import { toCodePoints, toCompleteReply, toUtf16 } from "../../../kernel/language/positions";

test("toUtf16() and toCodePoints() count as Jupyter and as JavaScript do", () => {
  const code = "a𝒳b😀c";
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 9].map((at) => toUtf16(code, at)),
    [0, 1, 3, 4, 6, 7, 7],
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 9].map((at) => toCodePoints(code, at)),
    [0, 1, 1, 2, 3, 3, 4, 5, 5],
  );
});

test("toCompleteReply() gives front ends kinds, signatures and positions in code points", () => {
  const matches = [
    { text: "add", kind: "method", signature: "(x: number): number" },
    { text: "abs", kind: "let" },
  ];
  assert.deepEqual(toCompleteReply("𝒳.a", { start: 3, end: 4, matches }), {
    matches: ["add", "abs"],
    cursor_start: 2,
    cursor_end: 3,
    metadata: {
      _jupyter_types_experimental: [
        { text: "add", type: "function", start: 2, end: 3, signature: "(x: number): number" },
        { text: "abs", type: "instance", start: 2, end: 3, signature: "" },
      ],
    },
  });
});

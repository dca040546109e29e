import assert from "node:assert/strict";
import { test } from "node:test";
import { parseText, unescapeText, unquoteText } from "../../src/tensorflow/formats/textformat";

test("parseText() reads all that protobuf's text form has", () => {
  const text = `# a comment
    name: "a" 'b'
    size : -1, size: 2;
    list: [1, 2.5e-3, inf]
    shape { dim { size: 3 } dim < size: 4 > unknown: true }
    kind: DT_FLOAT
    any { [type.googleapis.com/a.B] { x: 1 } }
    content: "\\000\\"}\\\\"  # another`;
  const message = parseText(text);
  assert.deepEqual([...message.keys()], ["name", "size", "list", "shape", "kind", "any", "content"]);
  assert.deepEqual(message.get("name")?.map((value) => unquoteText(String(value))), ["ab"]); // prettier-ignore
  assert.deepEqual(message.get("size"), ["-1", "2"]);
  assert.deepEqual(message.get("list"), ["1", "2.5e-3", "inf"]);
  assert.deepEqual(message.get("shape"), [
    new Map<string, unknown>([
      ["dim", [new Map([["size", ["3"]]]), new Map([["size", ["4"]]])]],
      ["unknown", ["true"]],
    ]),
  ]);
  assert.deepEqual(message.get("kind"), ["DT_FLOAT"]);
  assert.deepEqual(message.get("any"), [new Map([["[type.googleapis.com/a.B]", [new Map([["x", ["1"]]])]]])]);
  assert.equal(unquoteText(String(message.get("content"))), '\0"}\\');
});

test("parseText() says where a text is no message", () => {
  for (const [text, message] of [
    ["a: {", "expected a field or } near character 4, got its end"],
    ["a: }", 'expected a value near character 4, got "}"'],
    ["<html>", 'expected a field near character 5, got "<"'],
    ["[a", "expected ] near character 2, got its end"],
  ] as const)
    assert.throws(() => parseText(text), { name: "RangeError", message: `Cannot read text: ${message}` });
});

test("parseText() reads strings of megabytes", () => {
  const long = "\\001".repeat(1 << 20);
  assert.equal(String(parseText(`x: "${long}" y: 1`).get("x")).length, long.length + 2);
});

test("unescapeText() takes C escapes for bytes of UTF-8", () => {
  assert.equal(unescapeText("\\303\\244\\x41\\n\\'ü"), "äA\n'ü");
});

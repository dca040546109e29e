import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { bundleOf } from "../../src/display/bundle";
import { table } from "../../src/display/table";

const rows = [
  { name: "conv1/weights", parameters: 9408, share: 0.000368 },
  { name: "<logits>", parameters: 2048000 },
];

test("table() aligns numbers on the right, in text and HTML, and escapes names", () => {
  const shown = table(rows, { caption: "Variables" });
  const text = [
    "Variables",
    "name           parameters     share",
    "conv1/weights       9,408  0.000368",
    "<logits>        2,048,000",
  ].join("\n");
  assert.equal(String(shown), text);
  assert.equal(inspect(shown), text);
  const bundle = bundleOf(shown);
  assert.equal(bundle["text/plain"], text);
  assert.match(
    String(bundle["text/html"]),
    /<td style="text-align:left">&lt;logits&gt;<\/td><td style="text-align:right">2,048,000</,
  );
});

test("columns of long names are broken where a page is too narrow", () => {
  const html = String(
    bundleOf(table([{ name: "resnet_v1_50/block1/unit_1/conv1", kind: "conv" }]))["text/html"],
  );
  assert.match(
    html,
    /<td style="text-align:left;overflow-wrap:anywhere;min-width:11em">resnet.*<td style="text-align:left">conv</,
  );
});

test("table() shows the columns asked for, in their order", () => {
  assert.equal(String(table(rows, { columns: ["parameters", "name"] })).split("\n")[0], "parameters  name");
  assert.equal(String(table([], { columns: ["a", "b"] })), "a  b");
});

test("table() writes numbers of a million and more that are not whole with their exponent", () => {
  assert.equal(String(table([{ loss: 290212345678.5 }, { loss: 0.5 }])), "     loss\n2.902e+11\n      0.5");
});

test("table() writes like numbers of a column with as many digits after the point, and whole ones as they are", () => {
  const texts = (values: readonly number[]): string[] =>
    String(table(values.map((a) => ({ a })))).split("\n").slice(1).map((text) => text.trim()); // prettier-ignore
  assert.deepEqual(texts([3.1, 1, 12]), ["3.1", "1.0", "12.0"]);
  assert.deepEqual(texts([1.4, 0.75, 0.53333]), ["1.400", "0.750", "0.533"]);
  assert.deepEqual(texts([8.12, 25, 100, NaN]), ["8.1", "25.0", "100.0", "NaN"]);
  assert.deepEqual(texts([0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
  assert.deepEqual(texts([1e-5, 0.1]), ["0.00001", "0.1"]);
  assert.deepEqual(texts([1, 20]), ["1", "20"]);
});

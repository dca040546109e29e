/** Records as tables. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { drawingOf } from "../../../kernel/output/drawings";
import { cells, html, shown, told } from "./shown";

test("records are rows, their keys' union columns, numbers on the right", async () => {
  const records = [
    { name: "<b>", n: 1 },
    { n: -0, when: new Date(0) },
    { name: null, n: 3n, list: [1, { a: 1 }] },
  ];
  assert.deepEqual(await cells(records), [
    ["name", "n", "when", "list"],
    ["&lt;b&gt;", "1", "", ""],
    ["", "-0", "1970-01-01T00:00:00.000Z", ""],
    ["null", "3", "", "[ 1, [Object] ]"],
  ]);
  assert.match(await html(records), /<th style="text-align:left">name<.*<th style="text-align:right">n</);
  assert.equal((await shown(records))["text/plain"], inspect(records));
  assert.deepEqual(await told(records), []);
});

test("maps and sets of records are tables, maps with their keys", async () => {
  assert.deepEqual(await cells(new Map([["x", { a: 1 }]])), [
    ["(key)", "a"],
    ["x", "1"],
  ]);
  assert.deepEqual(await cells(new Set([{ a: 1 }, { b: 2 }])), [
    ["a", "b"],
    ["1", ""],
    ["", "2"],
  ]);
  const row: unknown = Object.setPrototypeOf({ a: "a row of SQLite" }, null);
  assert.equal((await cells([row]))[1]?.[0], "a row of SQLite");
});

test("rows, columns and texts have limits, which are told", async () => {
  const long = Array.from({ length: 1234 }, (_, i) => ({ i, text: `${"x".repeat(99)}😀${i}` }));
  const rows = await cells(long);
  assert.equal(rows.length, 51);
  assert.equal(rows[1]?.[1], `${"x".repeat(99)}…`);
  assert.deepEqual(await told(long), ["the first 50 of 1,234 rows, texts to 100 characters"]);
  const wide = [Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, i]))];
  assert.equal((await cells(wide))[0]?.length, 30);
  assert.deepEqual(await told(wide), ["the first 30 of 40 columns"]);
});

test("lists of other things are none", () => {
  const displayable = { [Symbol.for("Jupyter.display")]: () => ({}), a: 1 };
  class Instance {
    a = 1;
  }
  const others = [
    [],
    [1],
    [{}],
    [null],
    [{ a: 1 }, 2],
    [[{ a: 1 }]],
    [new Instance()],
    [new Date()],
    [displayable],
  ];
  for (const value of [...others, new Array(3), new Map([[1, 2]]), new Set([1]), { a: 1 }])
    assert.equal(drawingOf(value), undefined, inspect(value));
});

test("getters are not called, and objects with a text of their own show it", async () => {
  const record = Object.defineProperty(
    { link: new URL("http://a.b/"), wrong: new RangeError("bad") },
    "lazy",
    {
      enumerable: true,
      get: () => assert.fail("called"),
    },
  );
  assert.deepEqual((await cells([record]))[1], ["http://a.b/", "RangeError: bad", "[Getter]"]);
  const failing = new (class Broken {
    toString = () => assert.fail("called");
  })();
  const image = new (class Tensor {
    dtype = "float32";
    shape = [2, 3];
    dataSync = () => assert.fail("read");
  })();
  assert.deepEqual((await cells([{ image, failing }]))[1], ["float32 [2, 3]", "[Broken]"]);
});

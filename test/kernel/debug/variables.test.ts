import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { readObject } from "../../../kernel/debug/dap";
import { Client } from "./client";

/** For what hangs, in ms: a busy machine takes its time. */
const timeout = 60_000;

const values = `class Point {
  #secret = 7;
  static made = 0;
  constructor(readonly x: number, readonly y: number) {}
  get norm(): number {
    Point.made += 1;
    return Math.hypot(this.x, this.y);
  }
}
export const text = "a\\"b";
export const count = 3;
export const ratio = 0.5;
export const big = 12n;
export const yes = true;
export const nothing = null;
export const missing = undefined;
export const point = new Point(3, 4);
export const list = [1, "two", { three: 3 }];
export const map = new Map<string, unknown>([["a", { b: 1 }]]);
export const set = new Set([1, 2]);
export const long = Array.from({ length: 25_000 }, (_, index) => index * 2);
export const floats = new Float32Array(300).fill(1.5);
export const fail = new RangeError("out");
export const promise = Promise.resolve(5);
export const date = new Date(0);
export const double = (n: number) => n * 2;
export const accessor = { get boom(): number { throw new Error("was run"); } };
export const shown = { [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>hi</b>" }) };
export const slow = { [Symbol.for("Jupyter.display")]: async () => ({ "text/html": "late" }) };
export const bytes = { [Symbol.for("Jupyter.display")]: () => ({ data: { "image/png": Buffer.from("ab"), "application/json": new Map([["a", new Float32Array(1)]]) }, metadata: {} }) };
export { Point };
`;

describe("variables", { timeout: 60_000 }, () => {
  let client: Client;
  before(async () => {
    client = await Client.attach();
    assert.equal((await client.run(values)).status, "ok");
  });
  after(() => client.close());

  const globals = async () =>
    new Map(
      (await client.request("inspectVariables")).variables.map((variable) => [variable.name, variable]),
    );

  test("values and types are short texts", { timeout }, async () => {
    const found = await globals();
    const texts = [...found].map(([name, { value, type }]) => [name, value, type]);
    for (const expected of [
      ["text", '"a\\"b"', "string"],
      ["count", "3", "number"],
      ["ratio", "0.5", "number"],
      ["big", "12n", "bigint"],
      ["yes", "true", "boolean"],
      ["nothing", "null", "null"],
      ["missing", "undefined", "undefined"],
      ["list", 'Array(3) [1, "two", Object]', "Array"],
      ["map", 'Map(1) {"a" => Object}', "Map"],
      ["set", "Set(2) {1, 2}", "Set"],
      ["fail", "RangeError: out", "RangeError"],
      ["double", "(n) => n * 2", "function"],
      ["accessor", "{boom: (…)}", "Object"],
    ])
      assert.deepEqual(
        texts.find(([name]) => name === expected[0]),
        expected,
      );
    assert.match(found.get("point")?.value ?? "", /^Point \{.*x: 3, y: 4/);
    assert.match(found.get("date")?.value ?? "", /1970/);
    assert.match(found.get("promise")?.value ?? "", /^Promise/);
    assert.equal(found.has("exports"), false);
  });

  test("objects open; getters are run when they are opened", { timeout }, async () => {
    const found = await globals();
    const point = await client.expand(found.get("point")?.variablesReference);
    assert.deepEqual(
      ["x", "y", "#secret"].map((name) => point.get(name)?.value),
      ["3", "4", "7"],
    );
    assert.equal(point.get("norm")?.value, "(getter)");
    assert.equal((await client.request("evaluate", { expression: "Point.made" })).result, "0");
    assert.equal((await client.expand(point.get("norm")?.variablesReference)).get("norm")?.value, "5");
    const accessor = await client.expand(found.get("accessor")?.variablesReference);
    assert.equal(accessor.get("boom")?.value, "(getter)");
    const failed = await client.expand(accessor.get("boom")?.variablesReference);
    assert.match(failed.get("(failed)")?.value ?? "", /was run/);
    const list = await client.expand(found.get("list")?.variablesReference);
    assert.equal((await client.expand(list.get("2")?.variablesReference)).get("three")?.value, "3");
    const entries = (await client.expand(found.get("map")?.variablesReference)).get("[[Entries]]");
    const entry = (await client.expand(entries?.variablesReference)).get("0");
    assert.equal(entry?.value, '{"a" => Object}');
    const value = (await client.expand(entry.variablesReference)).get("value");
    assert.equal((await client.expand(value?.variablesReference)).get("b")?.value, "1");
    const promise = await client.expand(found.get("promise")?.variablesReference);
    assert.equal(promise.get("[[PromiseResult]]")?.value, "5");
  });

  test("long lists open in stretches, or page by page", { timeout }, async () => {
    const found = await globals();
    const long = found.get("long");
    assert.equal(long?.indexedVariables, 25_000);
    const pages = await client.expand(long.variablesReference);
    assert.deepEqual([...pages.keys()].slice(0, 2), ["[0 … 9999]", "[10000 … 19999]"]);
    const inner = await client.expand(pages.get("[20000 … 24999]")?.variablesReference);
    const last = await client.expand(inner.get("[24900 … 24999]")?.variablesReference);
    assert.equal(last.get("24999")?.value, "49998");
    const page = await client.expand(long.variablesReference, { filter: "indexed", start: 500, count: 3 });
    assert.deepEqual([...page.keys(), page.get("502")?.value], ["500", "501", "502", "1004"]);
    const floats = await client.expand(found.get("floats")?.variablesReference, { start: 299, count: 10 });
    assert.deepEqual(
      [...floats].map(([name, { value }]) => [name, value]),
      [["299", "1.5"]],
    );
  });

  test("rich views are MIME bundles", { timeout }, async () => {
    const view = (variableName: string) => client.request("richInspectVariables", { variableName });
    assert.deepEqual((await view("shown"))["data"], {
      "text/html": "<b>hi</b>",
      "text/plain": inspect({ [Symbol.for("Jupyter.display")]: () => undefined }), // newer Nodes write it otherwise
    });
    const bytes = readObject(await view("bytes"), "data");
    assert.deepEqual([bytes["image/png"], bytes["application/json"]], ["YWI=", { a: [0] }]);
    assert.deepEqual(Object.keys(readObject(await view("slow"), "data")), ["text/plain"]);
    assert.deepEqual((await view("text"))["data"], { "text/plain": 'a"b' });
    assert.deepEqual((await view("list"))["data"], { "text/plain": "[ 1, 'two', { three: 3 } ]" });
    assert.match(
      String(readObject(await view("floats"), "data")["text/html"]),
      />300 values, min 1.5, mean 1.5/,
    );
    assert.equal((await client.send("richInspectVariables", { variableName: "absent" })).success, false);
  });

  test("JupyterLab is told the types that it shows values of", { timeout }, async () => {
    await client.request("initialize", { clientID: "jupyterlab" });
    const found = await globals();
    const types = ["text", "count", "ratio", "yes", "big", "point"].map((name) => found.get(name)?.type);
    assert.deepEqual(types, ["str", "int", "float", "bool", undefined, undefined]);
    await client.request("initialize", { clientID: "test" });
  });

  test("frames show locals, closures and the cells' variables", { timeout }, async () => {
    const code = `function outer(base: number): () => number {
  const factor = 10;
  return () => {
    const product = base * factor;
    { const product = "inner"; void product;
      return base + factor; }
  };
}
const answer = outer(4)();
`;
    await client.breakAt(code, { line: 6 });
    const done = client.run(code);
    const { top } = await client.stopped();
    const locals = await client.scope(top.id, "Locals");
    assert.deepEqual([...locals.keys()], ["product"]);
    assert.equal(locals.get("product")?.value, '"inner"');
    const closure = await client.scope(top.id, "Closure");
    assert.deepEqual([closure.get("base")?.value, closure.get("factor")?.value], ["4", "10"]);
    assert.equal((await client.scope(top.id, "Globals")).get("count")?.value, "3");

    const evaluate = (expression: string) => client.request("evaluate", { expression, frameId: top.id });
    assert.equal((await evaluate("base + factor")).result, "14");
    assert.equal((await evaluate("count + base")).result, "7", "variables of other cells");
    assert.equal((await evaluate("({ base })")).result, "{base: 4}");
    const refused = await client.send("evaluate", { expression: "nowhere", frameId: top.id });
    assert.equal(refused.message, "ReferenceError: nowhere is not defined");
    const hover = await client.send("evaluate", {
      expression: "globalThis.x = 1",
      frameId: top.id,
      context: "hover",
    });
    assert.equal(hover.success, false, "hovering changes nothing");
    const rich = await client.request("richInspectVariables", { variableName: "factor", frameId: top.id });
    assert.deepEqual(rich["data"], { "text/plain": "10" });

    const names = { srcVariableName: "factor", dstVariableName: "copied", srcFrameId: top.id };
    await client.request("copyToGlobals", names);
    await client.request("continue");
    assert.equal((await done).status, "ok");
    assert.equal((await globals()).get("copied")?.value, "10");
    assert.deepEqual(await client.run("copied * 2"), { status: "ok", value: "20" });
    assert.equal((await client.send("variables", { variablesReference: 1 })).success, false);
  });

  test("without a frame, expressions see the cells' variables and may change them", { timeout }, async () => {
    assert.equal((await client.request("evaluate", { expression: "count + list.length" })).result, "6");
    await client.request("evaluate", { expression: "copied = 11" });
    assert.equal((await globals()).get("copied")?.value, "11");
  });

  test("a busy cell's variables can be looked at", { timeout }, async () => {
    const done = client.run("let spin = true;\nlet n = 0;\nwhile (spin) n++;\n");
    await client.sees("n", (n) => Number(n) > 0);
    assert.equal((await globals()).get("spin")?.value, "true");
    await client.request("evaluate", { expression: "spin = false" });
    assert.equal((await done).status, "ok");
  });
});

/** Values that are hard to look at, and those that show themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { drawingOf } from "../../../kernel/output/drawings";
import { cells, shown, told } from "./shown";

test("what fails at its drawing is text, with the reason", async () => {
  const cyclic: Record<string, unknown> = { $schema: "https://vega.github.io/schema/vega/v5.json" };
  cyclic["self"] = cyclic;
  const failing: readonly (readonly [object, RegExp])[] = [
    [{ toSpec: () => assert.fail("no field") }, /^Not drawn: no field$/],
    [{ toDataURL: () => Promise.reject(new Error("late")) }, /^Not drawn: late$/],
    [cyclic, /^Not drawn: Converting circular structure/],
  ];
  for (const [value, reason] of failing) {
    const [why = ""] = await told(value);
    assert.match(why, reason);
    assert.equal((await shown(value))["text/plain"], inspect(value));
  }
});

test("proxies that have whatever is read are not asked to do anything, revoked ones nothing at all", async () => {
  const get = (): unknown => assert.fail("read");
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const value of [new Proxy({}, { get }), proxy, new Proxy(() => 1, { get })])
    assert.deepEqual(Object.keys(await shown(value)), ["text/plain"]);
  assert.equal((await shown(proxy))["text/plain"], "<Revoked Proxy>");
  const rows = new Proxy([{ a: 1 }], {});
  assert.deepEqual(await cells(rows), [["a"], ["1"]]);
});

test("a method at Symbol.for('Jupyter.display') goes first, as in Deno", async () => {
  const own = {
    outerHTML: "<b>element</b>",
    [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "own" }),
  };
  assert.deepEqual(await shown(own), { "text/plain": "own" });
  const page = { [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>own</b>" }) };
  assert.deepEqual(await shown(page), { "text/html": "<b>own</b>" });
  const written = { ...page, [inspect.custom]: () => "as Node writes it" };
  assert.deepEqual(await shown(written), { "text/html": "<b>own</b>", "text/plain": "as Node writes it" });
});

test("what can't be read is not there", async () => {
  const detached = new Uint8Array(200);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const getters = Object.defineProperty({}, "outerHTML", { get: () => assert.fail("getter") });
  for (const value of [getters, Blob.prototype, Event.prototype, detached, detached.buffer])
    assert.deepEqual(await shown(value), { "text/plain": inspect(value) });
});

test("long lists are looked at where they begin, cyclic ones once", async () => {
  const long = Array.from({ length: 1e6 }, () => ({ a: 1 }));
  assert.deepEqual(await told(long), ["the first 50 of 1,000,000 rows"]);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  assert.equal(drawingOf(cyclic), undefined);
  const record: Record<string, unknown> = { a: 1 };
  record["self"] = record;
  assert.match((await cells([record]))[1]?.[1] ?? "", /Circular/);
  assert.equal(drawingOf(Array.from({ length: 1e7 }, (_, i) => i)), undefined);
});

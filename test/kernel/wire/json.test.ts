import assert from "node:assert/strict";
import { test } from "node:test";
import { wellFormed, writeJson } from "../../../kernel/wire/json";

const rows: readonly (readonly [name: string, value: object, json: string])[] = [
  ["plain data", { a: [1, null, "b"], c: { d: true } }, '{"a":[1,null,"b"],"c":{"d":true}}'],
  ["typed arrays", { z: new Float32Array([1, 0.5]), y: [new Uint8Array([7])] }, '{"z":[1,0.5],"y":[[7]]}'],
  ["64-bit integers", { x: new BigInt64Array([-2n]), y: 3n }, '{"x":[-2],"y":3}'],
  ["bytes", { a: Buffer.from("ab"), b: new Uint8Array([97, 98]).buffer }, '{"a":"YWI=","b":"YWI="}'],
  ["a view of bytes", { a: new DataView(new Uint8Array([0, 97, 98]).buffer, 1) }, '{"a":"YWI="}'],
  ["maps", { a: new Map([["b", new Set([1])]]) }, '{"a":{"b":[1]}}'],
  ["maps of objects", { a: new Map([[{ k: 1 }, 2]]) }, '{"a":[[{"k":1},2]]}'],
  ["what is iterated", { a: new Map([["b", 1]]).values() }, '{"a":[1]}'],
  ["boxed texts", { a: Object.assign("text", {}) }, '{"a":"text"}'],
  ["errors and patterns", { a: new RangeError("no"), b: /x/g }, '{"a":"RangeError: no","b":"/x/g"}'],
  ["dates", { a: new Date(0), b: [new Set([1])] }, '{"a":"1970-01-01T00:00:00.000Z","b":[[1]]}'],
  ["what toJSON() gives", { a: { toJSON: () => new Set([1]) } }, '{"a":[1]}'],
];

for (const [name, value, json] of rows)
  test(`writeJson() writes ${name}`, () => assert.equal(writeJson(value), json));

test("writeJson() refuses what JSON can't hold", () => {
  assert.throws(() => writeJson({ a: Promise.resolve() }), /"a" as JSON: expected a value, got Promise$/);
  assert.throws(() => writeJson({ a: new WeakMap() }), /"a" as JSON: expected a value, got WeakMap$/);
  assert.throws(
    () => writeJson({ a: 2n ** 60n }),
    /expected at most 2\^53 - 1 in size, got 1152921504606846976n/,
  );
  const ring: { self?: object } = {};
  ring.self = ring;
  assert.throws(() => writeJson(ring), /circular/);
});

test("wellFormed() leaves Unicode and what only looks like half a pair, and makes U+FFFD of halves, in keys too", () => {
  const whole = JSON.stringify({ "😀": "a\\ud83d \\", b: ["\\\\ud83d", "\u2028"] });
  assert.equal(wellFormed(whole), whole);
  const halves = { "\ud83d": "\ude00\ud83d", a: "\\\ud83d", b: ["\\ud83d\ud83dx", "😀\ud83d"] };
  assert.deepEqual(JSON.parse(wellFormed(JSON.stringify(halves))), {
    "\ufffd": "\ufffd\ufffd",
    a: "\\\ufffd",
    b: ["\\ud83d\ufffdx", "😀\ufffd"],
  });
});

test("wellFormed() leaves a pair that was joined of two halves", () => {
  const [first = "", second = ""] = ["\ud83d", "\ude00\ude00"].map((half) =>
    JSON.stringify(half).slice(1, -1),
  );
  assert.equal(JSON.parse(wellFormed(`"${first}${second}"`)), "😀\ufffd");
});

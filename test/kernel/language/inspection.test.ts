import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pagesOf } from "../../../kernel/language/page";
import { type OpenSession } from "../../../kernel/session/open";
import { atCursor, sessionAfter } from "./ask";

let session: OpenSession;

before(async () => {
  session = await sessionAfter(
    `/**
 * Adds two numbers.
 * Quickly.
 * @param x the first
 * @param y - the second
 * @returns their sum
 * @throws {RangeError} if it overflows
 * @see add2
 * @example
 * add(1, 2)
 */
function add(x: number, y = 2): number { return x + y; }
const halve = (x: number) => x / 2;
class Point { constructor(readonly x: number, readonly y = 0) {} get costly(): number { throw new Error("ran"); } }
const point = new Point(3);
const tensor = { shape: [2, 3], dtype: "float32" };
const numbers = [1, 2, 3];
function over(x: string): string;
function over(x: number): number;
function over(x: unknown): unknown { return x; }`,
  );
});

after(() => session.close());

function markdown(text: string, detail: 0 | 1 = 1): string | undefined {
  const { code, position } = atCursor(text);
  return withoutUndefined(session.inspect(code, position, detail)?.bundle["text/markdown"]);
}

/** What optional parameters look like where tsconfig.json is not strict. */
function withoutUndefined(text: string | undefined): string | undefined {
  return text?.replaceAll(" | undefined", "");
}

const signature = "```typescript\nfunction add(x: number, y?: number): number\n```";

test("inspect() gives signature, comment and tags as Markdown, and at detail 1 the source", () => {
  const comment = [
    signature,
    "Adds two numbers.\nQuickly.",
    "- `x` the first\n- `y` the second",
    "**Returns** their sum",
    "**Throws** {RangeError} if it overflows",
    "**See** add2",
    "**Example**",
    "```typescript\nadd(1, 2)\n```",
  ].join("\n\n");
  const source = "```typescript\nfunction add(x: number, y = 2): number { return x + y; }\n```";
  for (const place of ["ad‸d", "add‸"]) {
    assert.equal(markdown(place, 0), comment); // front ends ask for no more
    assert.equal(markdown(place, 1), `${comment}\n\n${source}`);
  }
});

test("inspect() gives plain text as well", () => {
  const { code, position } = atCursor("add‸");
  const plain = withoutUndefined(session.inspect(code, position, 0)?.bundle["text/plain"]);
  const tags = [
    "@param x the first",
    "@param y - the second",
    "@returns their sum",
    "@throws {RangeError} if it overflows",
    "@see add2",
    "@example add(1, 2)",
  ];
  assert.deepEqual(plain?.split("\n\n"), [
    "function add(x: number, y?: number): number",
    "Adds two numbers.\nQuickly.",
    tags.join("\n"),
  ]);
});

test("inspect() shows within a call's parentheses the function, and the argument if it is a name", () => {
  for (const call of ["add(‸", "add(1, ‸)", "halve(add(‸))"]) {
    assert.match(markdown(call, 0) ?? "", /^```typescript\nadd\(x: number, y\?: number\): number\n```/, call);
  }
  const both = markdown("add(numbers‸)", 0) ?? "";
  assert.match(both, /^```typescript\nadd\(/);
  assert.match(both, /const numbers: number\[\]/);
  assert.match(markdown("new Point(‸)", 0) ?? "", /Point\(x: number, y\?: number\): Point/);
});

test("inspect() shows of a call all overloads", () => {
  assert.match(markdown("over(‸)") ?? "", /over\(x: string\): string\nover\(x: number\): number/);
});

test("inspect() previews values without running getters", () => {
  assert.match(markdown("tensor‸") ?? "", /\*\*Value\*\* `Object \[2, 3\] float32`/);
  assert.match(markdown("numbers‸") ?? "", /\*\*Value\*\* `Array 3 elements`/);
  assert.match(markdown("point.x‸") ?? "", /\*\*Value\*\* `3`/);
  assert.doesNotMatch(markdown("point.costly‸") ?? "", /Value/);
});

test("inspect() knows what this cell declares, the library, and magics; of nothing it says nothing", () => {
  assert.match(markdown("/** Mine. */ const own = 1; own‸", 0) ?? "", /const own: 1\n```\n\nMine\./);
  assert.match(markdown("Math.ma‸x(1)") ?? "", /Math\.max\(\.\.\.values: number\[\]\): number/);
  assert.match(markdown("%ti‸me f()") ?? "", /%time statement/);
  assert.equal(markdown("1 + ‸ 1"), undefined);
  assert.equal(markdown("// add‸"), undefined);
  assert.equal(markdown("nobody‸"), undefined);
  assert.equal(markdown("const a: any = 1; a.nothing‸"), undefined);
});

test("pagesOf() answers questions about names and magics", () => {
  const textOf = (code: string): string => JSON.stringify(pagesOf(session, code)?.[0]?.data);
  assert.match(textOf("%time?"), /%time statement/);
  assert.match(textOf("%%bash??"), /%%bash/);
  assert.match(textOf("?add"), /add\(x: number/);
  assert.deepEqual(pagesOf(session, "nobody?"), []);
  assert.equal(pagesOf(session, "add"), undefined);
});

test("inspect() tells what libraries' comments say, also of overloads, of imports and of expected options", () => {
  const plain = (text: string): string => {
    const { code, position } = atCursor(text);
    return session.inspect(code, position, 0)?.bundle["text/plain"] ?? "";
  };
  assert.match(plain("Math.ma‸x"), /Returns the larger of a set/);
  assert.match(plain("setTimeout(‸"), /Schedules execution of a one-time/);
  assert.match(
    plain('import { readFileSync } from "node:fs"; readFile‸Sync'),
    /Returns the contents of the `path`/,
  );
  assert.match(
    plain('import { inspect } from "node:util"; inspect({}, { dept‸h: 1 })'),
    /number of times to recurse/,
  );
});

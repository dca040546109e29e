import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionIn } from "./cells";

const cells = sessionIn({});

/** What of the language cells may declare, with a later cell that uses it and its value. */
const kinds: Record<string, readonly [string, string, unknown]> = {
  classes: [
    "class A<T> { #p = 1; static s = 2; constructor(readonly t: T) {} get p() { return this.#p; } }",
    "[new A(3).t, new A(0).p, A.s]",
    [3, 1, 2],
  ],
  "classes that extend": [
    "class B extends A<string> { m() { return this.t.length; } }",
    "new B('four').m()",
    4,
  ],
  "abstract classes": [
    "abstract class Shape { abstract area(): number; }",
    "class Square extends Shape { area() { return 4; } }; new Square().area()",
    4,
  ],
  enums: ["enum Color { Red = 1, Green }", "[Color.Green, Color[1]]", [2, "Red"]],
  "constant enums": ["const enum Bit { Off, On }", "Bit.On", 1],
  interfaces: [
    "interface Point { x: number } interface Point { y: number }",
    "const p: Point = { x: 1, y: 2 }; p.x + p.y",
    3,
  ],
  "type aliases": ["type Pair<T> = readonly [T, T];", "const pair: Pair<number> = [1, 2]; pair[1]", 2],
  namespaces: [
    "namespace N { export const k = 3; export interface I { a: number } }",
    "const i: N.I = { a: N.k }; i.a",
    3,
  ],
  "namespaces, one cell later": ["1", "N.k", 3],
  generics: ["function id<T extends object>(x: T): T { return x; }", "id({ a: 1 }).a", 1],
  "destructured variables": [
    "const [d1, { d2, ...d3 }, d4 = 4] = [1, { d2: 2, e: 3 }, undefined];",
    "[d1, d2, d3.e, d4]",
    [1, 2, 3, 4],
  ],
  "several variables": [
    "let m1 = 1, m2 = 'b', m3: number[] = []; var m4 = 4;",
    "[m1, m2.length, m3.length, m4]",
    [1, 1, 0, 4],
  ],
  overloads: [
    "function o(x: string): string; function o(x: number): number; function o(x: string | number) { return x; }",
    "o(1).toFixed() + o('a').length",
    "11",
  ],
  "async functions": ["async function later() { return 1; }", "(await later()) + 1", 2],
  generators: ["function* gen() { yield 1; yield 2; }", "[...gen()]", [1, 2]],
  "async generators": [
    "async function* agen() { yield 1; yield 2; }",
    "let sum = 0; for await (const v of agen()) sum += v; sum",
    3,
  ],
  "for await": [
    "const seen: number[] = []; for await (const v of [Promise.resolve(1)]) seen.push(v);",
    "seen",
    [1],
  ],
  exports: [
    "export const e1 = 1; export function e2() { return 2; } export default class E3 {} export { e1 as e4 };",
    "[e1, e2(), new E3() instanceof E3]",
    [1, 2, true],
  ],
  decorators: [
    "const log: string[] = []; function note(_: unknown, { name }: ClassMethodDecoratorContext) { log.push(String(name)); } class D { @note method() {} }",
    "log",
    ["method"],
  ],
  "shorthand properties": ["const q = [1];", "({ q })", { q: [1] }],
  "shorthand in patterns": [
    "let r = 0, t = 0;",
    "({ r, t = 5 } = { r: 2 } as { r: number; t?: number }); [r, t]",
    [2, 5],
  ],
  "properties of an earlier name": [
    "const width = 1; const box = { width: 2 };",
    "const { width: w } = box; [w, box.width, { width: 3 }.width, width]",
    [2, 2, 3, 1],
  ],
  "shadowed names": ["const s1 = 1;", "((s1: number) => s1 + 1)(5) + s1", 7],
  labels: ["const outer1 = 1;", "outer1: for (;;) { break outer1; } outer1", 1],
  templates: [
    "const tag = (parts: TemplateStringsArray, ...v: number[]) => parts.join('|') + v.join();",
    "tag`a${1}b${2}`",
    "a|b|1,2",
  ],
  "optional calls": [
    "const maybe: { f?: () => number } = {}; const call = () => 3;",
    "[maybe.f?.(), call?.()]",
    [undefined, 3],
  ],
  symbols: ["const key: unique symbol = Symbol('key'); const keyed = { [key]: 1 };", "keyed[key]", 1],
  satisfies: ["const conf = { a: 1 } satisfies Record<string, number>;", "conf.a", 1],
  "import aliases": ["import Alias = N.I; import Value = N.k;", "const al: Alias = { a: Value }; al.a", 3],
  "ambient variables": [
    "declare let outside: { pid: number }; Reflect.set(globalThis, 'outside', { pid: 5 });",
    "outside.pid++; [outside.pid, Reflect.get(globalThis, 'outside').pid]",
    [6, 6],
  ],
  "undefined functions that are called if they are there": [
    "let mf: (() => number) | undefined;",
    "mf?.()",
    undefined,
  ],
  "functions without a `this`": [
    "function self(this: unknown) { return this; }",
    "[self(), self?.()]",
    [undefined, undefined],
  ],
  "names with underscores": ["let __value__ = 1, $v = 2;", "__value__ = 3; $v = 4; [__value__, $v]", [3, 4]],
  "global augmentation": [
    "declare global { interface Array<T> { second(): T } var added: number } Array.prototype.second = function () { return this[1]; }; globalThis.added = 4;",
    "[1, 2].second() + added",
    6,
  ],
};

for (const [name, [declare, use, expected]] of Object.entries(kinds)) {
  test(`cells know ${name} of earlier cells`, async () => {
    await cells.value(declare);
    assert.deepEqual(await cells.value(use), expected);
  });
}

test("a name may become a type, a value or both, in any order", async () => {
  await cells.value("class Both { a = 1 }");
  await cells.value("const both = new Both();");
  await cells.value("interface Both { b: number }");
  assert.equal(await cells.value("const other: Both = { b: 2 }; other.b + new Both().a"), 3);
  await cells.value("type Only = string;");
  await cells.value("const Only: Only = 'value and type';");
  assert.equal(await cells.value("const only: Only = Only; only.length"), 14);
});

test("a cell that is an object literal has it for its value", async () => {
  assert.deepEqual(await cells.value("{ a: 1, b: 2 }"), { a: 1, b: 2 });
  assert.deepEqual(await cells.value("const held = 1;\n{ held; }"), undefined);
  assert.deepEqual(await cells.value("{ held }"), { held: 1 });
  assert.deepEqual(await cells.value("{ let inner = 1; }"), undefined);
  assert.deepEqual(await cells.value("{}"), undefined);
  assert.match((await cells.failure("{ held, missing }")).text, /column 9\n> 1 \| \{ held, missing \}/);
  assert.match((await cells.failure("{ a: null.b }")).text, /line 1, column 6/);
});

test("a cell whose types are at fault declares nothing", async () => {
  await cells.failure("const wrong: string = 1;");
  assert.equal((await cells.failure("wrong")).evalue, "Cannot find name 'wrong'.");
});

test("redeclaring a thousand times makes the declarations no longer", async () => {
  await cells.value("let again = 0; function fn(x: number) { return x; }");
  const size = cells.session.declaredNames.size;
  for (let i = 0; i < 20; i++) await cells.value("let again = 0; function fn(x: number) { return x; }");
  assert.equal(cells.session.declaredNames.size, size);
});

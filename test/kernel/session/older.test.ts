/** What was declared before the name was declared anew keeps its type. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Declarations } from "../../../kernel/session/declarations";
import { sessionIn } from "./cells";

test("a variable of a class, interface, type, enum or import keeps its type when that is declared anew", async () => {
  const cells = sessionIn({
    "one.ts": "export class M { one = 1 }",
    "two.ts": "export class M { two = 2 }",
  });
  for (const [before, use, after, kept, refused] of [
    [
      "class A { x = 1; next?: A }",
      "const a = new A(); a.next = new A();",
      "class A { y = 2 }",
      "[a.x, a.next?.x]",
      "a.y",
    ],
    ["interface I { x: number }", "const i: I = { x: 1 };", "interface I { y: string }", "[i.x, i.x]", "i.y"],
    [
      "type T = { x: number }",
      "let t: T[] = [{ x: 1 }];",
      "type T = string",
      "[t[0]?.x, t.length]",
      "t[0]?.length",
    ],
    ["enum E { a, b }", "const e = E.b as E;", "enum E { c = 7 }", "[e, e]", "const wrong: E.c = e"],
    [
      "namespace N { export interface P { x: number } }",
      "const p: N.P = { x: 1 };",
      "namespace N { export interface P { y: 1 } }",
      "[p.x, p.x]",
      "p.y",
    ],
    [
      "import { M } from './one'",
      "const m = new M();",
      "import { M } from './two'",
      "[m.one, m.one]",
      "m.two",
    ],
    [
      "const shape = { x: 1 };",
      "let s: typeof shape = { x: 1 };",
      "const shape = 'round'",
      "[s.x, s.x]",
      "s.length",
    ],
  ] as const) {
    await cells.value(before);
    await cells.value(use);
    await cells.value(after);
    assert.deepEqual(await cells.value(kept), [1, 1], before);
    assert.equal((await cells.failure(refused)).ename, "TypeScriptError", refused);
  }
});

test("so do what other declarations and parameters refer to, also by way of another", async () => {
  const cells = sessionIn({});
  await cells.value("class A { x = 1 } interface Box<T> { content: T }");
  await cells.value(
    "interface Pair { left: A; boxes: Box<A>[] } class B extends A {} function f(a: A): A { return a; }",
  );
  await cells.value(
    "const pair: Pair = { left: new A(), boxes: [{ content: new A() }] }; const old = new A();",
  );
  await cells.value("class A { y = 2 } interface Box<T> { other: T }");
  assert.equal(await cells.value("pair.left.x + pair.boxes[0]!.content.x + new B().x + f(old).x"), 4);
  assert.match((await cells.failure("f(new A())")).evalue, /^Argument of type 'A' is not assignable/);
  assert.match(
    (await cells.failure("pair.left.y")).evalue,
    /^Property 'y' does not exist on type '(__older\d+\.)?A'/,
  );
  await cells.value("interface Pair { mine: A }");
  assert.equal(await cells.value("const mine: Pair = { mine: new A() }; mine.mine.y + pair.left.x"), 3);
  assert.equal(await cells.value("const copy = pair.boxes; copy[0]!.content.x"), 1);
  assert.equal(await cells.value("copy.length"), 1);
});

test("a cell that runs again as it was changes nothing, and a type that changes within another counts", async () => {
  const cells = sessionIn({});
  const declared = "class Secret { private code = 1; }";
  await cells.value(declared);
  await cells.value("function open(s: Secret) { return s; }");
  await cells.value(`${declared} // the same`);
  await cells.value("open(new Secret())");
  await cells.value(
    "interface In { x: number } interface Out { in: In } const made: Out = { in: { x: 1 } };",
  );
  await cells.value("interface In { y: number } interface Out { in: In }");
  assert.equal(await cells.value("made.in.x"), 1);
});

test("names that stand for something nearer are left alone, and what nothing refers to is gone", () => {
  const older = Declarations.none.with(
    [
      "declare class A { x: number; }",
      "declare function f<A>(a: A, b: { A: string; }): A;",
      "type Keys = { [A in 'a']: A; };",
      "type Element = unknown extends (infer A)[] ? A : never;",
      "declare const a: A, key: 'A';",
      "declare namespace A2 { class A { } const inner: A; }",
      "declare function is(A: unknown): asserts A is string;",
    ].join("\n"),
  );
  const newer = older.with("declare class A { y: number; }");
  assert.equal(
    newer.text,
    [
      "declare namespace __older1 {\nclass A { x: number; }\n}",
      "declare function f<A>(a: A, b: { A: string; }): A;",
      "type Keys = { [A in 'a']: A; };",
      "type Element = unknown extends (infer A)[] ? A : never;",
      "declare const a: __older1.A;",
      "declare const key: 'A';",
      "declare namespace A2 { class A { } const inner: A; }",
      "declare function is(A: unknown): asserts A is string;",
      "declare class A { y: number; }",
    ].join("\n"),
  );
  assert.ok(!newer.names.has("__older1"));
  assert.doesNotMatch(newer.with("declare const a: 1;").text, /__older/);
  const imports = Declarations.none.with(
    'import D, { type T as U, V } from "m";\nimport * as all from "m";\ndeclare const d: D, u: U, v: V, w: all.W;',
  );
  assert.equal(
    imports.with("declare const D: 1, U: 1, V: 1, all: 1;").text,
    [
      'import __older1 from "m";',
      'import { type T as __older2 } from "m";',
      'import { V as __older3 } from "m";',
      'import * as __older4 from "m";',
      "declare const d: __older1;",
      "declare const u: __older2;",
      "declare const v: __older3;",
      "declare const w: __older4.W;",
      ...["D", "U", "V", "all"].map((name) => `declare const ${name}: 1;`),
    ].join("\n"),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTask } from "node:timers/promises";
import { sessionIn } from "./cells";

const cells = sessionIn({});

test("a variable is one and the same in its cell's functions and in later cells", async () => {
  await cells.value("let x = 1; function f() { return x; } function increase() { x++; }");
  assert.equal(await cells.value("x = 5; f()"), 5);
  assert.equal(await cells.value("increase(); x"), 6);
  assert.equal(cells.session.scope["x"], 6);
  assert.equal(await cells.value("[x, x] = [7, 8]; ({ x } = { x: x + 1 }); f()"), 9);
  assert.equal(await cells.value("x += 1; x++; --x; f()"), 10);
});

test("a later cell declares a variable anew, with another type", async () => {
  await cells.value("const c = 1;");
  assert.equal(await cells.value("const c = 'one'; c.length"), 3);
  assert.equal(await cells.value("c.toUpperCase()"), "ONE");
  assert.equal(await cells.value("let c = [1]; c.push(2)"), 2);
  assert.equal((await cells.failure("const c = 1; const c = 2;")).ename, "TypeScriptError");
});

test("what var declares in blocks and loops is known to later cells, with its type", async () => {
  await cells.value("if (true) { var inBlock = 1; { var deeper = 'd' } } function f() { var inner = 1; }");
  await cells.value("for (var i = 0; i < 3; i++) { var half: number | string = i / 2; let mine = 1; }");
  await cells.value("for (var [key, { size }] of [['a', { size: 2 }]] as const);");
  await cells.value("for (var name in { a: 1 }); switch (1) { case 1: var chosen = [1] }");
  await cells.value(
    "try { var parsed = { a: await Promise.resolve(1) } } catch { var failed = true } finally {}",
  );
  assert.deepEqual(await cells.value("[inBlock + 1, deeper.length, i, half]"), [2, 1, 3, 1]);
  assert.deepEqual(await cells.value("[key.length, size, name, chosen, parsed.a, failed]"), [
    1,
    2,
    "a",
    [1],
    1,
    undefined,
  ]);
  await cells.value("half = 'text'; i = 7; const readI = () => i;");
  assert.equal(await cells.value("i++; readI()"), 8);
  assert.match(
    (await cells.failure("i = 'seven'")).evalue,
    /^Type 'string' is not assignable to type 'number'/,
  );
  for (const local of ["inner", "mine"])
    assert.equal((await cells.failure(local)).evalue, `Cannot find name '${local}'.`);
});

test("a variable that begins as null or undefined becomes what later cells set", async () => {
  await cells.value(
    "let leastLoss = null, latestStep = undefined; var firstName = null; const nothing = null;",
  );
  assert.deepEqual(
    await cells.value(
      "leastLoss = { loss: 1 }; latestStep = 2; firstName = 'a'; [leastLoss, latestStep, firstName]",
    ),
    [{ loss: 1 }, 2, "a"],
  );
  assert.equal(await cells.value("leastLoss.loss"), 1);
  assert.equal((await cells.failure("nothing.loss")).ename, "TypeScriptError");
});

test("functions call those of other cells as they are now, and their own as they were", async () => {
  await cells.value("function helper() { return 1; }");
  await cells.value("function user() { return helper(); }");
  await cells.value("function helper() { return 2; }");
  assert.equal(await cells.value("user()"), 2);
});

test("a constant may not be assigned, by types and at run time", async () => {
  await cells.value("const fixed = 1;");
  assert.match(
    (await cells.failure("fixed = 2;")).evalue,
    /^Cannot assign to 'fixed' because it is a constant/,
  );
  assert.throws(() => Reflect.set(cells.session.scope, "fixed", 2), /Assignment to constant variable/);
});

test("a failed cell's variables have the values they had", async () => {
  await cells.value("const before = 'old'; let keep = 'old';");
  const failure = await cells.failure(
    "let done = 1; done = 2; let keep = 3;\nthrow new Error('no');\nconst before = 4; let never = 5;",
  );
  assert.equal(failure.ename, "Error");
  assert.equal(await cells.value("done"), 2);
  assert.equal(await cells.value("keep"), 3);
  assert.equal(await cells.value("before.length"), 3, "not reached: the old value and type");
  assert.equal(await cells.value("never"), undefined);
});

test("what a cell that goes on later sets is seen when it has come so far", async () => {
  await cells.value("let release: (value: number) => void = () => undefined;");
  const running = cells.session.run(
    "let [first, second] = [1, 0];\nsecond = await new Promise<number>((resolve) => { release = resolve; });\nconst third = 3;",
  );
  await nextTask();
  await nextTask();
  assert.deepEqual(await cells.value("[first, second]"), [1, 0], "a cell that never ends is in nobody's way");
  assert.equal(await cells.value("third"), undefined);
  await cells.value("release(2)");
  await running;
  assert.deepEqual(await cells.value("[second, third]"), [2, 3]);
});

test("names of the machinery may be declared", async () => {
  assert.equal(
    await cells.value("const require = 1, module = 2, exports = 3; require + module + exports"),
    6,
  );
  assert.equal(await cells.value("require + exports"), 4);
  assert.equal(await cells.value("const __dirname = 'here', tsLastExpr = 1; __dirname"), "here");
  assert.equal(await cells.value("const undefinedYet = undefined; undefinedYet"), undefined);
});

test("only a last expression is a value, and a promise is not awaited", async () => {
  assert.equal(await cells.value("'hello'"), "hello");
  assert.equal(await cells.value("1; const unused = 2;"), undefined);
  assert.equal(await cells.value("await Promise.resolve(4)"), 4);
  for (const code of ["Promise.resolve(3)", "await null; Promise.resolve(3)"]) {
    const outcome = await cells.session.run(code);
    assert.ok(outcome.status === "ok" && outcome.value instanceof Promise);
  }
  assert.equal(await cells.value("null"), null);
  assert.equal(await cells.value(""), undefined);
  assert.equal(await cells.value("// nothing"), undefined);
});

test("globals of the kernel are seen with their types, until a cell declares the name, and again after reset()", async () => {
  const { session } = cells;
  session.define({ twice: (x: number) => 2 * x }, "declare function twice(x: number): number;");
  assert.equal(await cells.value("twice(4)"), 8);
  assert.equal(await cells.value("[1, 2].map(twice)[1]"), 4);
  assert.match((await cells.failure("twice('4')")).evalue, /^Argument of type 'string' is not assignable/);
  await cells.value("const twice = 'mine';");
  assert.equal(await cells.value("twice.length"), 4);
  session.reset();
  assert.deepEqual(Object.keys(session.scope), []);
  assert.equal(await cells.value("twice(5)"), 10);
  assert.equal((await cells.failure("x")).evalue, "Cannot find name 'x'.");
});

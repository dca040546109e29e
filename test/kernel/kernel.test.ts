import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { skip } from "../python";
import { runCells } from "./notebook";

const figure = `
const display = Symbol.for("Jupyter.display");
const figure = (text: string) => ({ [display]: () => ({ "text/html": \`<b>\${text}</b>\`, "text/plain": text, "application/x+json": { text } }) });`;

describe("kernel under nbconvert", { concurrency: 3 }, () => {
  test(
    "kernel shows the last expression's bundle as one output with all its MIME types",
    { skip },
    async () => {
      const { status, stderr, outputs } = await runCells([`${figure}\nfigure("one")`, `figure("two"); 3`]);
      assert.equal(status, 0, stderr);
      assert.deepEqual(outputs[0], [
        {
          output_type: "execute_result",
          execution_count: 1,
          metadata: {},
          data: { "text/html": "<b>one</b>", "text/plain": "one", "application/x+json": { text: "one" } },
        },
      ]);
      assert.deepEqual(
        outputs[1]?.map((output) => [output.output_type, output.data]),
        [["execute_result", { "text/plain": "3" }]],
      );
    },
  );

  test(
    "kernel keeps printed lines, display(), published and async bundles in the order of the calls",
    { skip },
    async () => {
      const { status, stderr, outputs } = await runCells([
        `const symbol = Symbol.for("Jupyter.display");
     interface Context { publish(bundle: object): void; publishOnce(key: string, bundle: () => object): void }
     const noisy = (text: string) => ({ [symbol]: async (context: Context) => {
       context.publishOnce("script", () => ({ "text/plain": "script" }));
       context.publish({ "text/plain": "before " + text });
       await new Promise((done) => setTimeout(done, 10));
       return { "text/plain": text };
     } });`,
        `console.log("first"); display(7); display("text"); await display(noisy("one")); console.error("last"); noisy("two")`,
        `display(noisy("three"))`,
      ]);
      assert.equal(status, 0, stderr);
      const told = (cell: number): unknown =>
        outputs[cell]?.map(({ text, data }) => text ?? data["text/plain"]);
      assert.deepEqual(told(1), [
        "first\n",
        "7",
        "text",
        "script",
        "before one",
        "one",
        "last\n",
        "before two",
        "two",
      ]);
      assert.deepEqual(told(2), ["before three", "three"]);
    },
  );

  test(
    "kernel refreshes a shown bundle while its cell runs, between cells and from later cells",
    { skip },
    async () => {
      const live = `
    interface Context { update(bundle: object): void }
    const live = () => {
      let context: Context | undefined;
      return {
        set: (text: string) => context?.update({ "text/plain": text, "text/html": text }),
        [Symbol.for("Jupyter.display")]: (given: Context) => { context = given; return { "text/plain": "start" }; },
      };
    };
    const [a, b, c] = [live(), live(), live()];`;
      const { status, stderr, outputs } = await runCells([
        live,
        `display(a); a.set("during 1"); await null; a.set("during 2")`,
        "display(b); c",
        `b.set("later")`,
        `setTimeout(() => c.set("between"), 1)`,
        "await new Promise((done) => setTimeout(done, 50))",
      ]);
      assert.equal(status, 0, stderr);
      assert.deepEqual(
        outputs[1]?.map(({ data }) => data),
        [{ "text/plain": "during 2", "text/html": "during 2" }],
      );
      assert.deepEqual(
        outputs[2]?.map(({ data }) => data["text/plain"]),
        ["later", "between"],
      );
    },
  );

  test(
    "a progress bar and a curve that grow while their cell runs are whole after nbconvert",
    { skip },
    async () => {
      const { status, stderr, outputs } = await runCells([
        `import { progressBar, lossCurve } from ${JSON.stringify(join(__dirname, "../../src"))};`,
        `const [bar, curve] = [progressBar("Counting"), lossCurve()];
      display(bar);
      display(curve);
      for (let done = 1; done <= 3; done++) {
        await new Promise((go) => setTimeout(go, 30));
        bar.update({ done, total: 3 });
        curve.add(done, { loss: 1 / done });
      }
      curve.done();`,
      ]);
      assert.equal(status, 0, stderr);
      const shown = (outputs[1] ?? []).map(({ data }) => data);
      assert.match(String(shown[0]?.["text/plain"]), /^Counting: 3 of 3,/);
      const figures = shown.flatMap((data) => data["application/vnd.plotly.v1+json"] ?? []);
      assert.equal(figures.length, 1);
      assert.match(JSON.stringify(figures), /"x":\[1,2,3\],"y":\[1,0.5,0.333/);
    },
  );

  test("kernel ends nbconvert with the error's name and message", { skip }, async () => {
    const thrown = await runCells([
      "const ratio: number = 1;",
      `throw new RangeError("Cannot do it")`,
      "ratio",
    ]);
    assert.notEqual(thrown.status, 0);
    assert.match(stripVTControlCharacters(thrown.stderr), /RangeError: Cannot do it/);
    const mistyped = await runCells(["const x = 1;\nconst ratio: string = x;"]);
    assert.notEqual(mistyped.status, 0);
    const told = stripVTControlCharacters(mistyped.stderr);
    assert.match(told, /Cell \[1\], line 2, column 7[^]*Type 'number' is not assignable to type 'string'/);
  });

  test("kernel goes on after errors that are allowed, with the error as an output", { skip }, async () => {
    const cause = `throw new Error("outer", { cause: new TypeError("inner") })`;
    const { status, stderr, outputs } = await runCells(
      [
        cause,
        "1 + 1",
        "nothing",
        `throw "text"`,
        "display({ [Symbol.for('Jupyter.display')]: () => 3 })",
        "2 + 2",
      ],
      ["--allow-errors"],
    );
    assert.equal(status, 0, stderr);
    const told = outputs.map(([output]) => output?.ename ?? output?.data["text/plain"]);
    assert.deepEqual(told, ["Error", "2", "TypeScriptError", "Error", "TypeError", "4"]);
    const traceback = stripVTControlCharacters(outputs[0]?.[0]?.traceback?.join("\n") ?? "");
    assert.match(traceback, /outer[^]*inner/);
    assert.doesNotMatch(traceback, /tslab|node:/);
    assert.match(outputs[4]?.[0]?.evalue ?? "", /expected a MIME bundle .* got 3$/);
  });

  test("kernel runs awaits, for await loops, destructuring, and keeps declarations", { skip }, async () => {
    const { status, stderr, outputs } = await runCells([
      "async function* count(to: number) { for (let i = 0; i < to; i++) yield i }\nlet sum = 0;",
      "for await (const i of count(4)) sum += i;",
      "const { a, b: [c] } = { a: sum, b: [await Promise.resolve(1)] };\ninterface Pair { left: number; right: number }",
      "const pair: Pair = { left: a, right: c };\nclass Box { constructor(readonly value: Pair) {} }",
      "new Box(pair).value",
      "for (let i = 0; i < 3000; i++) console.log(i);",
    ]);
    assert.equal(status, 0, stderr);
    assert.equal(outputs[4]?.[0]?.data["text/plain"], "{ left: 6, right: 1 }");
    const lines = outputs[5]
      ?.map(({ text }) => text)
      .join("")
      .trimEnd()
      .split("\n");
    assert.deepEqual(
      lines,
      Array.from({ length: 3000 }, (_, i) => String(i)),
    );
  });
});

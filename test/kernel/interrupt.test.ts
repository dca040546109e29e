import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startCells, type CellResult, type Cells } from "./interrupted";

const kernel = startCells();
after(async () => (await kernel).close());

const run = async (...args: Parameters<Cells["run"]>): Promise<CellResult> => (await kernel).run(...args);

const cells: readonly (readonly [what: string, code: string, look?: string])[] = [
  ["a busy loop", "let n = 0; console.log('go'); for (;;) n++;", "n > 0"],
  ["a busy loop after an await", "let m = 0; await null; console.log('go'); for (;;) m++;", "m > 0"],
  ["a busy timer", "console.log('go'); await new Promise(() => setTimeout(() => { for (;;); }));"],
  [
    "a busy loop and a busy timer behind it",
    "setTimeout(() => { for (;;); }, 1); console.log('go'); for (;;);",
  ],
  [
    "work that is shielded, again and again",
    `{ const signal = (globalThis as any)[Symbol.for("Jupyter.signal")];
      const work = () => { const end = performance.now() + 60; while (performance.now() < end); };
      console.log("go"); for (;;) signal.shield(work); }`,
  ],
  [
    "waiting for shared memory",
    "console.log('go'); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);",
  ],
  ["a slow regular expression", "console.log('go'); /(a+)+b/.test('a'.repeat(40))"],
  ["sorting", "console.log('go'); for (;;) [...Array(1e5).keys()].sort((a, b) => b - a).map(String);"],
  [
    "code without a name",
    "console.log('go'); await new Promise(() => setTimeout(new Function('for (;;);') as () => void));",
  ],
  ["awaits that never wait", "let w = 0; console.log('go'); for (;;) w += await 1;", "w > 0"],
  [
    "a loop that catches all",
    "console.log('go'); for (;;) { try { JSON.parse('x'); } catch { } finally { } }",
  ],
  [
    "printing",
    "console.log('go'); for (let at = performance.now() + 50; ; ) if (performance.now() > at) { at += 3; console.log('x'); }",
  ],
  [
    "code that hides where it is",
    "Error.stackTraceLimit = 0; Error.prepareStackTrace = () => ''; console.log('go'); for (;;);",
    "Error.stackTraceLimit === 0 && Error.prepareStackTrace!(Error(), []) === '' && (Error.stackTraceLimit = 10) && (Error.prepareStackTrace = undefined) === undefined",
  ],
  ["an await that never ends", "console.log('go'); await new Promise(() => 0);"],
  [
    "a picture that never comes",
    "console.log('go'); ({ [Symbol.for('Jupyter.display')]: () => new Promise(() => 0) })",
  ],
  [
    "a loop of awaits",
    "let k = 0; for (;;) { await new Promise((done) => setTimeout(done, 5)); if (++k === 2) console.log('go'); }",
    "const seen = k; await new Promise((done) => setTimeout(done, 50)); k > 0 && k === seen",
  ],
  [
    "a function of an earlier cell",
    "let f = 0; const work = async () => { for (;;) { await new Promise((done) => setTimeout(done, 5)); if (++f === 2) console.log('go'); } }; await work();",
    "const before = f; await new Promise((done) => setTimeout(done, 50)); f > 0 && f === before",
  ],
  [
    "an async iteration",
    "async function* forever() { for (let i = 0; ; i++) { await new Promise((done) => setTimeout(done, 5)); yield i; } } let got = 0; for await (const i of forever()) if ((got = i) === 2) console.log('go');",
    "got > 0",
  ],
  [
    "fetching",
    "console.log('go'); await new Promise((_, no) => (globalThis as any)[Symbol.for('Jupyter.signal')].addEventListener('abort', (e: any) => no(e.target.reason)));",
  ],
];

/** Cells that load a module which does not come to its end, and find it mended. */
const modules = ["await new Promise(() => 0);", "await null; for (;;);", "for (;;);"].map((text, index) => {
  const file = `require("node:path").join(require("node:os").tmpdir(), \`module-${index}-\${process.pid}.ts\`)`;
  const write = (content: string): string =>
    `require("node:fs").writeFileSync(${file}, ${JSON.stringify(content)}); const file${index}: string = ${file};`;
  return [
    `a module that has ${text}`,
    `${write(`console.log("go"); ${text} export const a = 1;`)} await import(file${index});`,
    `${write("export const a = 2;")} const { a } = await import(file${index}); require("node:fs").rmSync(${file}); a === 2`,
  ] as const;
});

for (const stop of ["signal", "message"] as const) {
  test(
    `a ${stop} interrupts whatever a cell does, and the session goes on`,
    { timeout: 120_000 },
    async () => {
      for (const [what, code, look] of [...cells, ...modules]) {
        const { result } = await run(code, stop);
        assert.equal(result, "Interrupted: The cell was interrupted", what);
        if (look !== undefined) assert.equal((await run(look)).result, "true", what);
        assert.equal((await run("1 + 1")).result, "2", what);
      }
    },
  );
}

test("finally and catch of what awaits run, and what was caught may be thrown on", async () => {
  const code = `try { console.log("go"); await new Promise(() => 0); }
    catch (error) { console.log("caught " + (error as Error).name); throw error; } finally { console.log("finally"); }`;
  const { result, outputs } = await run(code, "message");
  assert.equal(result, "Interrupted: The cell was interrupted");
  assert.equal(outputs.join(""), "caught Interrupted\nfinally\n");
});

const signal = 'const signal = (globalThis as any)[Symbol.for("Jupyter.signal")];';

test("what is to be finished first is not ended while it is busy, and the user is told; a second interrupt ends it", async () => {
  const busy = (ms: number): string =>
    `{ const end = performance.now() + ${ms}; while (performance.now() < end); }`;
  for (const stop of ["signal", "message"] as const) {
    const finished = (work: string): string => `${signal} let saved = false;
      const work = (async () => { console.log("go"); await 0; ${work}; saved = true; })();
      signal.waitUntil(work); await new Promise(() => 0);`;
    const { result, outputs } = await run(finished(busy(1500)), stop);
    assert.equal(result, "Interrupted: The cell was interrupted");
    const told = "Waiting for work that is to be finished first; interrupt again to end it at once.\n";
    assert.equal(outputs.join(""), told);
    assert.equal((await run("saved")).result, "true");
    const endless = finished(`${busy(300)} console.log("go"); for (;;)`);
    assert.equal((await run(endless, stop)).result, "Interrupted: The cell was interrupted");
    assert.equal((await run("saved")).result, "false");
  }
});

const model = `
import * as slim from "slimlab";
const photos = slim.tf.tidy(() => slim.random.uniform([24, 32, 32, 3], slim.random.seed(1, 2), 0, 255));
const labels = slim.tf.tensor1d(Array.from({ length: 24 }, (_, i) => i % 3), "int32");
const begin = () => {
  const network = new slim.Model({ isTraining: true, numClasses: 3, width: 1 / 8, fixedResizeSide: 32, defaultImageSize: 32, seed: 1 });
  const dataset = slim.Dataset.fromTensorSlices([{ image: photos }, labels] as const).shuffle(24, { seed: 3 }).repeat().batch(8);
  return { network, step: slim.createTrainStep(network), batches: dataset.iterator() };
};`;

test(
  "training that is interrupted, looked at and run on has the curve of training that is not",
  { timeout: 240_000 },
  async () => {
    await run(model);
    await run("const part = begin(); const curve: number[] = [];");
    // "go" comes with a call's second step: its first may take long to record.
    const train = `let taken = 0;
    await slim.train(part.step, part.batches as any, { steps: 1000, onStep: ({ loss }) => { curve.push(loss); if (++taken === 2) console.log("go"); } });`;
    for (const stop of ["message", "signal"] as const) {
      const { result } = await run(train, stop);
      assert.equal(result, "Interrupted: The cell was interrupted");
      const look =
        "[part.step.globalStep === curve.length, (await slim.evaluate(part.network, slim.Dataset.fromTensorSlices([{ image: photos }, labels] as const).batch(8) as any)).count].join()";
      assert.equal((await run(look)).result, "'true,24'");
    }
    await run(
      "await slim.train(part.step, part.batches as any, { steps: 8, onStep: ({ loss }) => void curve.push(loss) });",
    );
    await run(
      "const whole = begin(); const expected = (await slim.train(whole.step, whole.batches as any, { steps: curve.length })).map(({ loss }) => loss);",
    );
    const same = await run("expected.length > 10 && expected.every((loss, i) => loss === curve[i])");
    assert.equal(same.result, "true");
  },
);

test(
  "a dataset's loop that is interrupted stops, and run again goes on where it was, but for a batch on its way",
  { timeout: 240_000 },
  async () => {
    await run(`import * as slim from "slimlab";
    const numbers = slim.Dataset.range(1_000_000).map((n) => slim.tf.add(n, 1)).batch(2).iterator();
    const seen: number[] = [];`);
    const loop = `let reads = 0; for await (const batch of numbers) {
      seen.push(...slim.tf.tidy(() => (batch as any).dataSync()));
      if (++reads === 2) console.log("go");
    }`;
    for (const stop of ["message", "signal"] as const) {
      const { result } = await run(loop, stop);
      assert.equal(result, "Interrupted: The cell was interrupted");
      const look =
        "const count = seen.length; await new Promise((done) => setTimeout(done, 100)); seen.length === count";
      assert.equal((await run(look)).result, "true");
    }
    const gaps = await run(
      "seen.filter((n, i) => n !== (seen[i - 1] ?? 0) + 1).length <= 2 && seen.at(-1)! <= seen.length + 4",
    );
    assert.equal(gaps.result, "true");
  },
);

import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sessionIn, write, type Cells } from "./cells";

/** Changes a file so that its time of change differs. */
function change(to: Cells, name: string, text: string): void {
  write(to.cwd, { [name]: text });
  const later = Date.now() / 1000 + 5 * ++changes;
  utimesSync(join(to.cwd, name), later, later);
}

let changes = 0;

test("cells may have every form of import and export", async () => {
  const cells = sessionIn({
    "node_modules/plain/package.json": JSON.stringify({ name: "plain", version: "1.0.0", main: "main.js" }),
    "node_modules/plain/main.js": "module.exports = function plain() { return 'plain'; };\n",
    "node_modules/plain/main.d.ts": "declare function plain(): string;\nexport = plain;\n",
    "all.ts":
      "export const one: number = 1;\nexport interface Two { two: 2 }\nexport class Three {}\nexport let count = 0;\nexport const add = () => ++count;\nexport default 5;\n",
    "equals.ts": "import plain = require('plain');\nexport const said: string = plain();\n",
  });
  assert.equal(await cells.value("import plain = require('plain'); plain()"), "plain");
  assert.equal(await cells.value("plain()"), "plain");
  assert.equal(await cells.value("import { said } from './equals'; said"), "plain");
  assert.equal(await cells.value("export * from './all';"), undefined);
  assert.deepEqual(
    await cells.value("const two: Two = { two: 2 }; [one, two.two, new Three() instanceof Three]"),
    [1, 2, true],
  );
  assert.deepEqual(await cells.value("add(); [add(), count]"), [2, 2], "bindings live");
  assert.match(
    (await cells.failure("one.length")).evalue,
    /Property 'length' does not exist on type 'number'/,
  );
  assert.equal(await cells.value("const one = 'own';\nexport * from './all';"), undefined);
  assert.equal(await cells.value("one.length"), 3);
  assert.equal(
    await cells.value("new (export_default())().x;\nfunction export_default() { return class { x = 3 } }"),
    undefined,
  );
  assert.equal(typeof (await cells.value("export default class { x = 1 }")), "function");
  assert.equal(typeof (await cells.value("export default async function () {}")), "function");
  assert.equal(await cells.value("export default 5"), 5);
  await cells.value(
    "class A<T> { value?: T }\nlet n = 1;\nconst own = 2;\nexport { n as m, own as default, A as B };",
  );
  assert.deepEqual(await cells.value("n++; [m, new B() instanceof A]"), [2, true]);
  await cells.value("export { m as again }");
  assert.equal(await cells.value("again"), 2);
  const unknown = await cells.failure("1;\nexport { nothing as something }");
  assert.match(unknown.text, /^TypeScriptError[^]*line 2, column 10\n[^]*Cannot find name 'nothing'/);
  await cells.value(
    "export { default, one as uno } from './all'; export { default as five, one as default } from './all';",
  );
  assert.deepEqual(await cells.value("[uno, five]"), [1, 5]);
});

test("instances of a class whose module has changed get its methods; those of one with private members are named", async () => {
  const shapes = (area: string, extra = ""): string =>
    `export class Base { name() { return '${area}'; } }\nexport class Square extends Base {\n  static made = 0;\n  static all() { return '${area}'; }\n  constructor(readonly side: number) { super(); Square.made++; }\n  area(): number { return ${area}; }\n  ${extra}\n}\nexport const make = () => new Hidden();\nclass Hidden { shown() { return '${area}'; } }\nexport class Secret { #n = 1; get n() { return this.#n + ${extra.length}; } }\n`;
  const cells = sessionIn({ "shapes.ts": shapes("this.side") });
  await cells.value(
    "import { Square, Secret, make } from './shapes';\nconst old = new Square(2), Old: any = Square, hidden = make(), secret = new Secret(), list = [old];\nclass Wide extends Square {}\nconst wide = new Wide(3);",
  );
  assert.equal(await cells.value("old.area()"), 2);
  change(cells, "shapes.ts", shapes("this.side ** 2", "get twice() { return 2 * this.side; }"));
  const warned: unknown[] = [];
  const { warn } = console;
  console.warn = (...text: unknown[]) => void warned.push(...text);
  try {
    assert.deepEqual(
      await cells.value("[old.area(), old.twice, wide.area(), old.name(), hidden.shown(), Old.all()]"),
      [4, 4, 9, "this.side ** 2", "this.side ** 2", "this.side ** 2"],
    );
  } finally {
    console.warn = warn;
  }
  assert.equal(warned.length, 1);
  assert.match(String(warned[0]), /^shapes\.ts was loaded anew.*\(Secret\): secret$/);
  assert.deepEqual(
    await cells.value(
      "const fresh = new Square(1); [old instanceof Square, fresh instanceof Old, wide instanceof Square, fresh instanceof Wide, old.constructor === Square, secret.n, Square.made]",
    ),
    [true, true, true, false, true, 1, 1],
  );
  change(cells, "shapes.ts", shapes("7"));
  assert.deepEqual(await cells.value("[old.area(), fresh.area(), 'twice' in old, fresh instanceof Old]"), [
    7,
    7,
    false,
    true,
  ]);
});

test("workers run local TypeScript", async () => {
  const worker =
    "import { parentPort, workerData } from 'node:worker_threads';\nimport { twice } from './lib/twice';\nimport data from './data.json';\nenum Kind { A = 1 }\nconst later = await import('./lib/later');\nif (workerData === 'fail') {\n  throw new RangeError('in the worker');\n}\nparentPort?.postMessage([twice(workerData), data.n, Kind.A, later.value, import.meta.filename]);\n";
  const cells = sessionIn({
    "w.ts": worker,
    "lib/twice.ts": "export const twice = (n: number): number => 2 * n;\n",
    "lib/later.ts": "export const value: string = 'later';\n",
    "data.json": '{ "n": 5 }',
    "start.ts":
      "import { Worker } from 'node:worker_threads';\nexport const start = (workerData: unknown) => new Worker(new URL('./w.ts', import.meta.url), { workerData });\n",
    "bad.ts": "export const a = ;\n",
  });
  await cells.value(
    "import { once } from 'node:events'; import { Worker } from 'node:worker_threads'; import { start } from './start';",
  );
  const expected = [8, 5, 1, "later", join(cells.cwd, "w.ts")];
  assert.deepEqual(await cells.value("(await once(start(4), 'message'))[0]"), expected);
  assert.deepEqual(
    await cells.value(
      "(await once(new Worker(import.meta.dirname + '/w.ts', { workerData: 4 }), 'message'))[0]",
    ),
    expected,
  );
  const { text } = await cells.failure("await once(start('fail'), 'message')");
  assert.match(text, /^RangeError: in the worker\n {4}at [^\n]*w\.ts:7:9/);
  assert.match(
    (await cells.failure("new Worker(import.meta.dirname + '/bad.ts')")).text,
    /bad\.ts, line 1, column 18/,
  );
  assert.match(
    (await cells.failure("new Worker('./none.ts')")).evalue,
    /^Cannot start a worker.*none\.ts, got none/,
  );
  assert.equal(
    await cells.value(
      "const code = 'require(\"node:worker_threads\").parentPort.postMessage(1)'; (await once(new Worker(code, { eval: true }), 'message'))[0]",
    ),
    1,
  );
});

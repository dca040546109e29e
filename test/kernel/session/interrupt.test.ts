import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { guard } from "../../../kernel/interrupt/guard";
import { allowEnding } from "../../../kernel/interrupt/interrupts";
import { sessionIn } from "./cells";

const interrupter = JSON.stringify(join(__dirname, "../../../kernel/interrupt/interrupter.js"));
const worker = new Worker(
  `const { parentPort, workerData } = require("node:worker_threads");
   const { createInterrupter } = require(${interrupter});
   const { interrupt } = createInterrupter(() => undefined, { guard: workerData });
   parentPort.on("message", (ms) => setTimeout(interrupt, ms));`,
  { eval: true, workerData: guard.memory },
);
after(() => worker.terminate());
allowEnding();

test("what a cell had set when its JavaScript was ended is kept, and the next cell runs at once", async () => {
  const cells = sessionIn({});
  await cells.value("let reached = 'before', old = 'old';");
  cells.session.define({ runs: () => worker.postMessage(50) }, "declare function runs(): void;");
  const running = cells.session.run(
    "let n = 0, reached = 1;\nclass Made {}\nfunction look() { return n; }\nreached = 2;\nruns();\nfor (;;) n++;\nlet old = 5; const later = 3;",
    2,
  );
  const winner = await Promise.race([running, sleep(1500, "still running")]);
  assert.equal(winner, "still running", "what was ended never settles");
  const n = await cells.value("n");
  assert.ok(typeof n === "number" && n > 0);
  assert.deepEqual(await cells.value("[reached, look() === n, typeof new Made()]"), [2, true, "object"]);
  assert.deepEqual(await cells.value("n = 7; [look(), old.length, later]"), [7, 3, undefined]);
});

test("a module whose JavaScript was ended is loaded anew when it is asked for again", async () => {
  const cells = sessionIn({
    "busy.ts": "(globalThis as any).runs();\nfor (;;);\nexport const a = 1;\n",
    "user.ts": "import './busy';\nexport const b: number = 1;\n",
  });
  Object.assign(globalThis, { runs: () => worker.postMessage(50) });
  const running = cells.session.run("import { b } from './user';", 1);
  assert.equal(await Promise.race([running, sleep(1500, "still running")]), "still running");
  writeFileSync(join(cells.cwd, "busy.ts"), "export const a = 2;\n");
  assert.equal(await cells.value("1 + 1"), 2);
  assert.equal(await cells.value("import { b } from './user'; b"), 1);
});

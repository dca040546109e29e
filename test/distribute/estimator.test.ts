import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readScalars } from "../../src/summary";
import { openCheckpoint } from "../../src/tensorflow";
import { latestCheckpoint } from "../../src/training";
import { freeAddresses, start, type Started } from "./processes";

const root = mkdtempSync(join(tmpdir(), "slimlab-distribute-estimator-"));
after(() => rmSync(root, { recursive: true, force: true }));

const eventFiles = (folder: string): number =>
  readdirSync(folder).filter((name) => name.includes("tfevents")).length;

function lastOf(lines: readonly unknown[]): Readonly<Record<string, unknown>> {
  const last = lines.at(-1);
  assert.ok(typeof last === "object" && last !== null, JSON.stringify(lines));
  return { ...last };
}

test("trainAndEvaluate() does the part of chief, worker and evaluator, and goes on when one was killed", async (t) => {
  const modelDir = join(root, "model");
  const begin = async (maxSteps: number): Promise<Started[]> => {
    const [chief = "", worker = "", evaluator = ""] = await freeAddresses(3);
    const cluster = { chief: [chief], worker: [worker], evaluator: [evaluator] };
    return (["chief", "worker", "evaluator"] as const).map((type) => {
      const config = JSON.stringify({ cluster, task: { type, index: 0 } });
      const one = start("estimating", [modelDir, String(maxSteps)], config);
      t.after(() => one.kill());
      return one;
    });
  };
  const [chief, worker, evaluator] = await begin(1000);
  assert.ok(chief && worker && evaluator);
  for (let i = 0; i < 5; i++) await worker.next();
  worker.kill();
  const { code, lines } = await chief.end;
  assert.equal(code, 1);
  assert.match(
    String(lastOf(lines).error),
    /expected worker 0 \(127\.0\.0\.1:\d+\) to be there, got no answer/,
  );
  evaluator.kill();
  const saved = Number(/-(\d+)$/.exec(latestCheckpoint(modelDir) ?? "")?.[1]);
  assert.ok(saved >= 4);
  const before = eventFiles(modelDir);
  const ends = await Promise.all((await begin(saved + 5)).map(({ end }) => end));
  const [first, second, third] = ends.map((one) => lastOf(one.lines));
  assert.deepEqual(
    ends.map((one) => one.code),
    [0, 0, 0],
    JSON.stringify(ends),
  );
  assert.ok(first && second && third && Array.isArray(first.losses));
  assert.equal(first.losses.length, 5);
  assert.deepEqual(first.losses, second.losses); // the means over both
  assert.deepEqual([first.at, second.at, third.at], ["none", "none", saved + 5]);
  assert.equal(eventFiles(modelDir), before + 1); // the chief's alone
  const [accuracy] = await readScalars(join(modelDir, "eval"), { tags: ["accuracy"] });
  assert.equal(accuracy?.steps.at(-1), saved + 5);
});

test("an input that ends in the midst of an accumulation is saved with what all processes have gathered", async (t) => {
  const modelDir = join(root, "gathered");
  const [chief = "", worker = ""] = await freeAddresses(2);
  const started = (["chief", "worker"] as const).map((type) => {
    const config = JSON.stringify({
      cluster: { chief: [chief], worker: [worker] },
      task: { type, index: 0 },
    });
    const one = start("estimating", [modelDir, "9", "2"], config);
    t.after(() => one.kill());
    return one;
  });
  const ends = await Promise.all(started.map(({ end }) => end));
  assert.deepEqual(ends.map((one) => one.code), [0, 0], JSON.stringify(ends)); // prettier-ignore
  const reader = openCheckpoint(latestCheckpoint(modelDir) ?? "");
  const waiting = reader.read("accumulated_steps");
  assert.equal(Number(waiting.dataSync()[0]), 1);
  waiting.dispose();
  reader.close();
});

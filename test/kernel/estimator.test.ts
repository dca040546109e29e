import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { latestCheckpoint } from "../../src/training";
import { digestsIn } from "../training/digests";
import { writePhotoRecords } from "../training/photos";
import { startCells } from "./interrupted";

const folder = mkdtempSync(join(tmpdir(), "slimlab-kernel-estimator-"));
const kernel = startCells();
after(async () => {
  await (await kernel).close();
  rmSync(folder, { recursive: true, force: true });
});

const setup = `
import * as slim from "slimlab";
const inputFn = slim.createInputFn(${JSON.stringify(writePhotoRecords(folder))}, {
  batchSize: 6, shuffle: true, shuffleBufferSize: 13, seed: 3,
  transform: (image, seed) => slim.distortColor(slim.distortedBoundingBoxCrop(image, seed, { height: 72, width: 72 }), seed),
});
const model = { architecture: "resnet_v1_14", width: 0.5, numClasses: 2, fixedResizeSide: 64, defaultImageSize: 64, seed: 5 } as const;
const begin = (modelDir: string, config: slim.RunConfig) =>
  new slim.Estimator({ modelFn: slim.createModelFn({ model, learningRate: 0.02 }), modelDir, config: { saveSummarySteps: 3, ...config } });
const go: () => slim.RunHook = () => {
  let steps = 0;
  return { afterRun: () => void (++steps === 2 && console.log("go")) };
};`;

const interrupted = "Interrupted: The cell was interrupted";

test(
  "estimator.train() interrupted by message and by signal saves where it was, and run again ends as if it never was",
  { timeout: 240_000 },
  async () => {
    const { run } = await kernel;
    const stepOf = (place: string): number =>
      Number(/ckpt-(\d+)$/.exec(latestCheckpoint(join(folder, place)) ?? "")?.[1]);
    const check = async (code: string, stop?: "message" | "signal"): Promise<unknown> => (await run(code, stop)).result; // prettier-ignore
    await run(setup);
    await run(`let part = begin(${JSON.stringify(join(folder, "part"))}, {});`);
    const saved: number[] = [];
    for (const stop of ["message", "signal", "message", "signal"] as const) {
      // The second pair in an estimator of its own, which goes on from the disk.
      if (saved.length === 2) await run(`await part.dispose(); part = begin(part.modelDir, {});`);
      assert.equal(await check("await part.train({ inputFn, hooks: [go()] });", stop), interrupted, stop);
      saved.push(stepOf("part"));
      const now = saved.at(-1) ?? NaN;
      assert.ok(now > (saved.at(-2) ?? 0), `steps ${saved.join()}`);
      const look = `await new Promise((done) => setTimeout(done, 100)); Number(slim.openCheckpoint(part.latestCheckpoint()!).read("global_step").dataSync()[0])`;
      assert.equal(await check(look), String(now)); // and nothing goes on behind the cell
      assert.equal(stepOf("part"), now);
    }
    const last = (saved.at(-1) ?? NaN) + 5;
    await run(`await part.train({ inputFn, maxSteps: ${last} });`);
    await run(`const whole = begin(${JSON.stringify(join(folder, "whole"))}, { saveCheckpointsSteps: 1, keepCheckpointMax: 0 });
      await whole.train({ inputFn, maxSteps: ${last} });`);
    const kept = readdirSync(join(folder, "part")).filter((name) => name.endsWith(".index"));
    assert.ok(
      saved.every((step) => kept.includes(`model.ckpt-${step}.index`)),
      kept.join(),
    );
    for (const step of [...saved, last]) {
      const [part, whole] = ["part", "whole"].map((name) => digestsIn(join(folder, name, `model.ckpt-${step}`))); // prettier-ignore
      assert.deepEqual(part, whole, `step ${step} of ${saved.join()}, ${last}`);
    }
    // The input went round more than once, and no stop was between two epochs.
    assert.ok(last * 6 > 37 && saved.some((step) => (step * 6) % 37 !== 0));
  },
);

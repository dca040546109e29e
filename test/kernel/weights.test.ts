/** Weights read and written in cells that are interrupted. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { temporaryFolder } from "../temporary";
import { startCells } from "./interrupted";

const folder = temporaryFolder("interrupted");
const kernel = startCells();
after(async () => {
  await (await kernel).close();
});

const interrupted = "Interrupted: The cell was interrupted";

test(
  "importWeights() and exportWeights(), interrupted, leave nothing in memory and no part of a file",
  { timeout: 120_000 },
  async () => {
    const { run } = await kernel;
    const result = async (code: string, stop?: "message" | "signal"): Promise<unknown> => (await run(code, stop)).result; // prettier-ignore
    const file = JSON.stringify(join(folder, "weights.safetensors"));
    await run(`import * as slim from "slimlab";
const model = new slim.Model({ architecture: "resnet_v1_18", source: "torchvision" });
await slim.exportWeights(model, ${file}, { layout: "torchvision" });
const options = {
  source: "torchvision",
  onProgress: ({ done }: { done: number }) => {
    if (done === 20) console.log("go");
    const began = Date.now();
    while (done >= 20 && Date.now() - began < 10); // so that it still goes on when the interrupt comes
  },
};`);
    const held = await result("JSON.stringify(slim.memory())");
    assert.equal(await result(`await slim.importWeights("auto", ${file}, options)`, "message"), interrupted);
    assert.equal(await result(`await slim.importWeights(model, ${file}, options)`, "signal"), interrupted);
    assert.equal(await result("JSON.stringify(slim.memory())"), held);
    await run(`console.log("go"); await slim.exportWeights(model, ${file}, { layout: "timm" })`, "message");
    assert.deepEqual(readdirSync(folder), ["weights.safetensors"]);
  },
);

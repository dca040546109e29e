import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { type Kernel, startKernel } from "./wire/client";

/** What a cell's last expression gives, as the notebook shows it. */
async function shown(kernel: Kernel, code: string): Promise<unknown> {
  const id = await kernel.client.send("shell", "execute_request", { code });
  const published = await kernel.client.published(id);
  await kernel.client.receive("shell");
  const failed = published.find(({ header }) => header["msg_type"] === "error");
  assert.equal(failed, undefined, JSON.stringify(failed?.content));
  const result = published.find(({ header }) => header["msg_type"] === "execute_result");
  return JSON.stringify(result?.content["data"] ?? {});
}

function residentOf({ process }: Kernel): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(process.pid)], { encoding: "utf8" })) / 1024;
}

const training = `
const model = new slim.Model({ isTraining: true, architecture: "resnet_v1_14", defaultImageSize: 32, fixedResizeSide: 32 });
const step = slim.createTrainStep(model);
await step(slim.tf.zeros([2, 32, 32, 3]), slim.tf.tensor1d([0, 1], "int32"));
console.log(step.globalStep);`;

test("a cell that makes a model and trains it, run 14 times, leaves one model; what other cells hold stays", async () => {
  const kernel = await startKernel(join(__dirname, "../../kernel/main.js"));
  const tensorsNow = async (): Promise<number> => {
    const text = String(await shown(kernel, '"tensors " + slim.memory().tensors'));
    return Number(/tensors (\d+)/.exec(text)?.[1]);
  };
  try {
    await shown(kernel, 'import * as slim from "slimlab"; const { tf } = slim;');
    await shown(kernel, "const first = tf.tensor1d([1, 2]); const double = () => first.mul(2);");
    await shown(kernel, "const kept = first.clone();");
    await shown(kernel, "const first = tf.tensor1d([3, 4]);");
    await shown(kernel, "const other = slim.trace((x: any) => x.add(first)); await other(tf.scalar(1));");
    for (let run = 0; run < 4; run++) await shown(kernel, training);
    const resident = residentOf(kernel);
    const tensors: number[] = [];
    for (let run = 0; run < 10; run++) {
      await shown(kernel, training);
      tensors.push(await tensorsNow());
    }
    assert.ok(Math.min(...tensors) < 320, `tensors: ${tensors.join(", ")}`); // 142 of each model
    assert.ok(Math.max(...tensors) < 1900, `tensors: ${tensors.join(", ")}`); // fewer than of all 14, also where collecting is slow
    const grown = residentOf(kernel) - resident;
    assert.ok(grown < 500, `the process has grown by ${grown.toFixed(0)} MB`); // 10 models are 640
    const use =
      "[...(await other(tf.scalar(1))).dataSync(), ...kept.dataSync(), ...double().dataSync()].join()";
    assert.match(String(await shown(kernel, use)), /4,5,1,2,2,4/);
  } finally {
    await kernel.close();
  }
});

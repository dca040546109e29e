/** Files read and written in cells that are interrupted. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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

/** What is written again and again until it is interrupted, somewhere in the midst of it. */
const written: readonly (readonly [name: string, code: string])[] = [
  ["exportOnnx()", "await slim.exportOnnx(small, `${place}/small.onnx`, { heat: true })"],
  [
    "exportOnnx() in int8",
    "await slim.exportOnnx(small, `${place}/int8.onnx`, { int8: { images, onProgress } })",
  ],
  ["exportWeb()", 'await slim.exportWeb(small, `${place}/web`, { weights: "uint8", onProgress })'],
  ["exportSavedModel()", "remove(`${place}/served`); slim.exportSavedModel(small, `${place}/served`, { version: 1 }); await turn()"], // prettier-ignore
  ["saveClassifier()", 'await slim.saveClassifier(small, `${place}/kept`, { classNames: ["a", "b"] })'],
  ["Saver.save()", "await saver.save(`${place}/saved/`, small, { globalStep: 3 })"],
  ["saveCheckpoint()", "slim.saveCheckpoint(`${place}/all.ckpt`, { images }); await turn()"],
  ["representativeDataset()", "await slim.representativeDataset(images, 64, { file: `${place}/images.npy`, model: small })"], // prettier-ignore
  ["features()", "(await slim.features(small, input, { endpoint })).dispose()"],
];

/** The files in a folder, with the bytes of those that are the same whenever they are written. */
function filesIn(place: string): readonly string[] {
  const names = readdirSync(place, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => {
    const isSame = /\.(onnx|bin|npy)$/.test(name);
    const digest = isSame ? ` ${createHash("md5").update(readFileSync(join(place, name))).digest("hex")}` : ""; // prettier-ignore
    return name.replace(/model-[0-9a-f]{8}/, "model-new") + digest;
  });
}

/** Files that a process has open in a folder. */
function openIn(place: string, pid: number): readonly string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
  return links.flatMap((link) => {
    const to = existsSync(link) ? readlinkSync(link) : "";
    return to.startsWith(place) ? [to] : [];
  });
}

test(
  "what writes files and folders, interrupted, leaves nothing in memory, and what was there whole, with nothing beside it",
  { timeout: 240_000 },
  async () => {
    const { run, kernel: running } = await kernel;
    const place = temporaryFolder("written");
    await run(`const place = ${JSON.stringify(place)};
const small = new slim.Model({ architecture: "resnet_v1_14", width: 1 / 8, numClasses: 2, fixedResizeSide: 64, defaultImageSize: 64 });
let busyMs = 0;
const onProgress = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyMs);
const images = slim.tf.randomUniform([64, 64, 64, 3], 0, 255) as slim.tf.Tensor4D;
const input = slim.Dataset.fromTensorSlices([{ image: images }, slim.tf.zeros([64], "int32")] as const).batch(8) as any;
const endpoint = "resnet_v1_14/block3";
const saver = new slim.Saver();
const remove = (path: string) => require("node:fs").rmSync(path, { recursive: true, force: true });
const turn = () => new Promise((go) => setImmediate(go));`);
    const held = async (): Promise<unknown> => (await run("await turn(); JSON.stringify(slim.memory())")).result; // prettier-ignore
    for (const [i, [name, code]] of written.entries()) {
      await run(`busyMs = 0; ${code}`);
      const [memory, files] = [await held(), filesIn(place)];
      const { result } = await run(`busyMs = 150; console.log("go"); for (;;) { ${code}; }`, i % 2 === 0 ? "message" : "signal"); // prettier-ignore
      assert.equal(result, interrupted, name);
      assert.equal(await held(), memory, name);
      assert.deepEqual(filesIn(place), files, name);
      if (process.platform === "linux") assert.deepEqual(openIn(place, running.process.pid ?? 0), [], name);
    }
    assert.equal((await run("slim.loadClassifier(`${place}/kept`).dispose()")).result, undefined);
  },
);

test("a gradient that an interrupt ended halfway leaves no tensors, and the next is right", async () => {
  const { run } = await kernel;
  await run(`const slope = (x: number, ms: number) => slim.tf.tidy(() => slim.tf.grad((value) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return value.square().sum();
})(slim.tf.scalar(x)).dataSync()[0]);`);
  const held = async (): Promise<unknown> => (await run("JSON.stringify(slim.memory())")).result;
  for (const stop of ["message", "signal"] as const) {
    assert.equal((await run("slope(3, 0)")).result, "6");
    const before = await held();
    assert.equal((await run('console.log("go"); for (;;) slope(2, 200);', stop)).result, interrupted);
    assert.equal(await held(), before);
  }
  assert.equal((await run("slope(4, 0)")).result, "8");
});

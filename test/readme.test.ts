import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { renderPhotos } from "../src/input";
import { Model } from "../src/model";
import { Saver } from "../src/training";
import { exportWeights } from "../src/weights";
import { startCells } from "./kernel/interrupted";
import { python } from "./python";
import { temporaryFolder } from "./temporary";

const README = readFileSync(resolve(__dirname, "../../README.md"), "utf8");

/** A network that learns in seconds, in place of the full one of which the README speaks. */
const small = {
  architecture: "resnet_v1_14",
  width: 1 / 4,
  defaultImageSize: 64,
  fixedResizeSide: 72,
} as const;

/** What a program takes for given: the names of the labels of each file. */
const yours = `const names = (file: string) => ["a", "b", "c"].filter((_, i) => Number(/(\\d+)\\.jpg$/.exec(file)?.[1]) & (1 << i));
const namesOf: Record<string, string[]> = new Proxy({}, { get: (_, file) => names(String(file)) });`;

/** The programs of the README in their order, for the small network. */
function programs(): string[] {
  return [...README.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = ""]) =>
    code
      .replace("isTraining: true", `isTraining: true, ...${JSON.stringify(small)}`)
      .replace(/resnet_v1_50(?!\.ckpt)/g, small.architecture),
  );
}

/** The README's last program of Python, where there is one: what it makes is a TFLite model. */
function converted(cwd: string): void {
  const [, code = ""] = [...README.matchAll(/^```python\n([^]*?)^```/gm)].at(-1) ?? [];
  assert.equal(code.trim().split("\n").length, 6);
  if (python === undefined) return;
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" };
  execFileSync(python, ["-c", code], { cwd, env, stdio: "pipe" });
  assert.equal(readFileSync(join(cwd, "hats.tflite")).toString("latin1", 4, 8), "TFL3"); // the schema's file_identifier
}

test("the README's programs run one after the other, as they stand but for a smaller network", async () => {
  const cwd = temporaryFolder("readme");
  const [photo = ""] = await renderPhotos(join(cwd, "photos"), { perClass: 20, size: 40 });
  copyFileSync(photo, join(cwd, "photo.jpg"));
  const pretrained = new Model({ ...small, numClasses: 8 });
  await new Saver().save(join(cwd, "resnet_v1_50.ckpt"), pretrained);
  pretrained.dispose();
  const theirs = new Model({ source: "torchvision" });
  await exportWeights(theirs, join(cwd, "resnet50.safetensors"), { layout: "torchvision" });
  theirs.dispose();
  const { run, close } = await startCells({ cwd });
  try {
    const [tenLines = "", ...others] = programs();
    assert.equal(tenLines.trim().split("\n").length, 1 + 1 + 10);
    const { result, outputs } = await run(tenLines);
    assert.match(String(result), /^8 images: (bottle|mug) [^]*\nEach image has its own scale/);
    assert.match(outputs.join(""), /^epoch +step +train loss +validation loss [^]*\n +4 +8 /);
    await run(yours);
    for (const program of others) {
      const { result: shown } = await run(`${program}\n"done";`);
      assert.equal(shown, "'done'", program);
    }
    assert.equal(others.length, 13);
    converted(cwd);
  } finally {
    await close();
  }
});

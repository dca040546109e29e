import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { makeThreeClasses, THREE_CLASSES } from "./clothing";
import { readCells, type Cell } from "./kernel/notebook";
import { imagenetCheckpoint, sharedPath, withoutImagenet } from "./model/imagenet";
import { temporaryFolder } from "./temporary";

const ROOT = join(__dirname, "../..");
const withoutJupyter = existsSync(join(ROOT, ".venv/bin/python"))
  ? false
  : "no .venv/bin/python: run scripts/setup for Jupyter";

/** Runs `npm run finetune`'s program; gives the cells of build/finetune.ipynb. */
function finetune(env: NodeJS.ProcessEnv): Promise<readonly Cell[]> {
  return run(process.execPath, [join(ROOT, "scripts/finetune")], "finetune", env);
}

/** Runs a program that writes a notebook to build/; gives its cells. */
async function run(
  command: string,
  args: readonly string[],
  name: string,
  env: NodeJS.ProcessEnv = {},
): Promise<readonly Cell[]> {
  const program = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, SLIMLAB_PHOTOS: "", SLIMLAB_CHECKPOINT: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  program.stdout.on("data", (data) => (said.stdout += String(data)));
  program.stderr.on("data", (data) => (said.stderr += String(data)));
  await once(program, "close");
  assert.equal(program.exitCode, 0, `${said.stdout}\n${said.stderr}`);
  assert.equal(said.stderr, "");
  return readCells(join(ROOT, `build/${name}.ipynb`));
}

/** The text that the cell with `part` in its source shows as its result. */
function shownBy(cells: readonly Cell[], part: string): string {
  const cell = cells.find(({ source }) => source.includes(part));
  return (cell?.outputs ?? []).map(({ data }) => String(data["text/plain"] ?? "")).join("\n");
}

/** The names of the classes in the table that a cell shows. */
function classesIn(text: string): string[] {
  return /^([^\d\n]*?) {2,}\d/m.exec(text)?.[1]?.split(", ") ?? [];
}

/** What a notebook says of photographs held back, in the report of its predictions. */
function evaluated(cells: readonly Cell[]): { readonly accuracy: number; readonly count: number } {
  const told = shownBy(cells, "slim.interpret(model");
  const [, accuracy, count] = /^accuracy +([\d.]+) +(\d+)$/m.exec(told) ?? [];
  return { accuracy: Number(accuracy), count: Number(count) };
}

function numberIn(text: string, name: string): number {
  return Number(new RegExp(`${name}: ([\\d.]+)`).exec(text)?.[1] ?? NaN);
}

for (const name of ["finetune", "estimator"]) {
  test(`each cell of ${name}.ipynb has one idea: at most 12 lines, and a sentence above its group`, () => {
    const cells = readCells(join(ROOT, `notebooks/${name}.ipynb`));
    assert.ok(cells.length > 30);
    for (const { type, source } of cells)
      if (type === "code") assert.ok(source.split("\n").length <= 12, source);
    assert.equal(cells[0]?.type, "markdown");
  });
}

test(
  "the notebook takes three classes in train and val, and knows them after 40 steps from ImageNet weights",
  { skip: withoutJupyter || withoutImagenet },
  async () => {
    const folder = temporaryFolder("clothing");
    const held = await makeThreeClasses(folder);
    const cells = await finetune({ SLIMLAB_PHOTOS: folder, SLIMLAB_CHECKPOINT: imagenetCheckpoint() });
    const { accuracy, count } = evaluated(cells);
    assert.deepEqual(classesIn(shownBy(cells, "slim.writeRecords(folder")), THREE_CLASSES);
    assert.equal(count, held);
    assert.ok(accuracy >= 0.7, `expected an accuracy of 0.7, got ${accuracy}`);
  },
);

test(
  "then it runs on what it renders itself, better than from scratch and without a warning",
  {
    skip: withoutJupyter,
  },
  async () => {
    const cells = await finetune({});
    assert.deepEqual(classesIn(shownBy(cells, "slim.writeRecords(folder")), ["bottle", "mug"]);
    const compared = shownBy(cells, 'const weights = { "fine-tuned"');
    const [, fineTuned, fromScratch] =
      /^fine-tuned +([\d.]+) [^]*^from new weights +([\d.]+) /m.exec(compared) ?? [];
    assert.ok(Number(fineTuned) >= 0.95, `expected an accuracy of 0.95, got ${fineTuned}`);
    assert.ok(Number(fineTuned) > Number(fromScratch), `expected more than ${fromScratch} from new weights`);
    assert.match(shownBy(cells, "slim.predict(model"), /\.jpg +(bottle|mug) [\d.]+/);
    const served = shownBy(cells, "slim.loadSavedModel");
    assert.ok((served.match(/✓/g)?.length ?? 0) >= 15, `expected 15 of 16 right, got ${served}`);
    const streams = cells
      .flatMap(({ outputs }) => outputs)
      .filter(({ output_type }) => output_type === "stream");
    assert.deepEqual(streams, []);
    const page = readFileSync(join(ROOT, "build/finetune.html"), "utf8");
    assert.equal(page.match(/plotly\.js v\d/g)?.length ?? 0, 0); // the script is stored once, compressed
    assert.equal(page.match(/const packed = /g)?.length, 1);
    assert.match(page, /Fine-tuning: step 40 of 40, [^]*"name":"validation"/);
    assert.doesNotMatch(page, /<script[^>]+src="http|widget-view/); // widgets stand still on it
    assert.match(page, /layer: resnet_v1_14\/block3[^]*threshold: 0\.3[^]*Heat below 0\.3 is left out\./);
    const saved = readFileSync(join(ROOT, "build/finetune.ipynb"), "utf8");
    assert.match(saved, /"model_name": "DropdownModel"/); // and are drawn where the notebook is opened
  },
);

test(
  "and then classifies 85 photographs of hats and shoes after 40 steps from ImageNet weights",
  {
    skip: withoutJupyter || withoutImagenet,
  },
  async () => {
    const cells = await finetune({
      SLIMLAB_PHOTOS: sharedPath("clothing"),
      SLIMLAB_CHECKPOINT: imagenetCheckpoint(),
    });
    const { accuracy, count } = evaluated(cells);
    assert.deepEqual(classesIn(shownBy(cells, "slim.writeRecords(folder")), ["hat", "shoes"]);
    assert.equal(count, 85);
    assert.ok(accuracy >= 0.95, `expected an accuracy of 0.95, got ${accuracy}`);
    assert.match(shownBy(cells, "slim.fineTune("), /^Fine-tuning: step 40 of 40, /);
  },
);

test(
  "the estimator's notebook stops in mid-epoch, goes on, evaluates, exports, and has no point twice",
  { skip: withoutJupyter },
  async () => {
    const args = ["scripts/execute.py", "notebooks/estimator.ipynb", "build"];
    const cells = await run(join(ROOT, ".venv/bin/python"), args, "estimator");
    assert.match(shownBy(cells, "const reason"), /the plug was pulled[^]*model\.ckpt-25/);
    const result = shownBy(cells, "const result");
    assert.equal(numberIn(result, "global_step"), 90);
    const accuracy = numberIn(result, "accuracy");
    assert.ok(accuracy >= 0.9, `expected an accuracy of 0.9, got ${accuracy}`);
    assert.match(shownBy(cells, "const series"), /\. +loss +18 +1 … 86/);
    assert.match(shownBy(cells, "const evaluations"), /^ +45 [^]*^ +65 [^]*^ +85 [^]*^ +90 /m);
    assert.match(shownBy(cells, "const again"), /done: true[^]*same: true/);
    const streams = cells.flatMap(({ outputs }) => outputs).filter(({ output_type }) => output_type === "stream"); // prettier-ignore
    assert.deepEqual(streams, []);
  },
);

test(
  "the notebook of trust goes from a folder to predictions in ten cells, with all photographs in one picture",
  { skip: withoutJupyter },
  async () => {
    const args = ["scripts/execute.py", "notebooks/trust.ipynb", "build"];
    const cells = await run(join(ROOT, ".venv/bin/python"), args, "trust");
    const code = cells.filter(({ type }) => type === "code");
    assert.equal(code.length, 10);
    assert.ok(code.every(({ source }) => source.split("\n").length <= 12));
    assert.match(shownBy(cells, "slim.inspectPhotos"), /^all photos +400$/m);
    const told = shownBy(cells, "slim.interpret(model");
    const { accuracy, count } = evaluated(cells);
    assert.ok(accuracy >= 0.95, `expected an accuracy of 0.95, got ${accuracy}`);
    assert.match(told, /Figure "Photos by class"[^]*Figure "Calibration error [\d.]+ %, temperature [\d.]+"/);
    assert.match(
      shownBy(cells, "predictions.topLosses"),
      /^photo +file +actual +predicted +probability +cross-entropy\n/,
    );
    const [, bottles, mugs] =
      /^UMAP of \d+ photos: bottle \((\d+)\), mug \((\d+)\)/.exec(shownBy(cells, "embeddings.umap()")) ?? [];
    assert.equal(Number(bottles) + Number(mugs), count);
    assert.match(shownBy(cells, "const doubted"), /^9 images: photo \d+ \(\w+\/\w+\.jpg\): (bottle|mug), /m);
    const predicted = shownBy(cells, "slim.loadClassifier");
    assert.equal(predicted.match(/_\d{4}\.jpg +(bottle|mug) [<>]?[\d.]+/g)?.length, 8, predicted);
    const page = readFileSync(join(ROOT, "build/trust.html"), "utf8");
    assert.equal(
      page.match(/<img [^>]*src="data:image\/jpeg;base64,/g)?.length,
      count + 8,
      "all in one picture, and eight that were predicted",
    );
  },
);

test(
  "the notebook of explanations shows in ten cells which methods point at the thing that is meant",
  { skip: withoutJupyter },
  async () => {
    const args = ["scripts/execute.py", "notebooks/explain.ipynb", "build"];
    const cells = await run(join(ROOT, ".venv/bin/python"), args, "explain");
    const code = cells.filter(({ type }) => type === "code");
    assert.equal(code.length, 10);
    assert.ok(code.every(({ source }) => source.split("\n").length <= 12));
    assert.match(
      shownBy(cells, "byMethod[method]"),
      /^Heat maps of 4 photos\nhiResCam: explains ball [^]*\nrandomCam: /m,
    );
    const told = shownBy(cells, "slim.scoreExplanations");
    const insideOf = (method: string): number =>
      Number(new RegExp(`^${method} +(?:[−\\d.]+ +){4}([\\d.]+)`, "m").exec(told)?.[1] ?? NaN);
    assert.ok(insideOf("hiResCam") >= 0.5, told);
    assert.ok(insideOf("hiResCam") > insideOf("layerCam") && insideOf("layerCam") > 0.2, told);
    assert.ok(insideOf("randomCam") < 0.4, told);
    const page = readFileSync(join(ROOT, "build/explain.html"), "utf8");
    assert.equal(page.match(/"sliders":/g)?.length, 4);
  },
);

test(
  "the notebook of deployment exports each way in eight cells, and each answers as the notebook does",
  { skip: withoutJupyter },
  async () => {
    const args = ["scripts/execute.py", "notebooks/deploy.ipynb", "build"];
    const cells = await run(join(ROOT, ".venv/bin/python"), args, "deploy");
    const code = cells.filter(({ type }) => type === "code");
    assert.equal(code.length, 8);
    assert.ok(code.every(({ source }) => source.split("\n").length <= 18));
    const told = shownBy(cells, "slim.table(rows)");
    const rowOf = (
      format: string,
    ): { readonly mega: number; readonly difference: number; readonly same: number } => {
      const [, mega, difference, same] =
        new RegExp(`^${format} +([\\d.]+) +([\\de.-]+) +(\\d+) of 8 +[\\d.]+$`, "m").exec(told) ?? [];
      return { mega: Number(mega), difference: Number(difference), same: Number(same) };
    };
    for (const format of [
      "this notebook",
      "SavedModel",
      "web, float32",
      "ONNX, float32",
      "SavedModel for TFLite",
    ]) {
      const { mega, difference, same } = rowOf(format);
      assert.ok(difference < 1e-5 && same === 8 && mega > 8 && mega < 9, told);
    }
    for (const format of ["web, uint8", "ONNX, int8"]) {
      const { mega, difference, same } = rowOf(format);
      assert.ok(difference < 0.2 && same >= 7 && mega < 2.5, told);
    }
    assert.match(
      shownBy(cells, "classifier.exportOnnx("),
      /^int8 beside float32, 100 representative images\n/,
    );
    const streams = cells.flatMap(({ outputs }) => outputs).filter(({ output_type }) => output_type === "stream"); // prettier-ignore
    assert.deepEqual(streams, []);
  },
);

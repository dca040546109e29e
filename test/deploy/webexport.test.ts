/** Models as folders for the web: what they hold, and what is refused. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeb, loadClassifier, memory, Model, saveClassifier, tf, type ExportWebOptions } from "../../src"; // prettier-ignore
import { gradCam } from "../../src/explain";
import { temporaryFolder } from "../temporary";
import { differenceFrom, plainTfjs, sent } from "./plaintfjs";

const SIDE = 64;
const form = { architecture: "mobilenet_v2", numClasses: 3, defaultImageSize: SIDE, fixedResizeSide: 72, seed: 3 } as const; // prettier-ignore
const classNames = ["a cat", "a dog", "neither"];

const modelJson = (dir: string): unknown => JSON.parse(readFileSync(join(dir, "model.json"), "utf8"));

test("a classifier's folder has its classes, sizes, threshold, and where heat cells look", async () => {
  const folder = temporaryFolder("web");
  const model = new Model({ ...form, multiLabel: true });
  await saveClassifier(model, join(folder, "kept"), { classNames, threshold: [0.2, 0.5, 0.7], preprocessing: { size: 48, resizeSide: 50 } }); // prettier-ignore
  model.dispose();
  const before = memory().tensors;
  const kept = loadClassifier(join(folder, "kept"));
  const seen: number[] = [];
  const site = join(folder, "site");
  const { dir, bytes } = await kept.exportWeb(site, {
    title: "Pets",
    onProgress: ({ done }) => seen.push(done),
  });
  assert.equal(dir, site);
  assert.equal(seen.at(-1), bytes);
  const { start, stride } = kept.model.fieldOfView("layer_19", [SIDE, SIDE]);
  const within = [4 / 72, 68 / 72] as const; // the model enlarges them to 72
  const middles = [0, 1].map(
    (cell) => within[0] + Math.fround((start[0] + stride * cell + 0.5) / SIDE) * (within[1] - within[0]),
  );
  assert.deepEqual(Reflect.get(Object(modelJson(site)), "userDefinedMetadata"), {
    slimlab: {
      title: "Pets",
      classNames,
      multiLabel: true,
      threshold: [0.2, 0.5, 0.7],
      photo: { size: 48, resizeSide: 50, interpolation: "slim" },
      inputs: { images: "images", classes: "classes" },
      outputs: { logits: "logits", probabilities: "probabilities", heat: "heat" },
      heat: { rows: middles, columns: middles },
    },
  });
  kept.dispose();
  assert.equal(memory().tensors, before);
});

test("of photos that the model makes smaller, heat cells look where the network sees", async () => {
  const site = join(temporaryFolder("web"), "larger");
  for (const [sizes, crop] of [[{ fixedResizeSide: 80 }, 0.8], [{ centralFraction: 0.75 }, 0.75]] as const) {
    const model = new Model({ ...form, ...sizes });
    await exportWeb(model, site, { classNames, photo: { size: 128 }, page: false });
    const { start, stride, cells } = model.fieldOfView("layer_19", [SIDE, SIDE]);
    const middles = Array.from({ length: cells[0] }, (_, cell) => (start[0] + stride * cell + 0.5) / SIDE);
    const path = ["userDefinedMetadata", "slimlab", "heat", "rows"];
    const rows = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), modelJson(site));
    assert.ok(Array.isArray(rows) && rows.length === middles.length);
    middles.forEach((middle, i) => assert.ok(Math.abs(Number(rows[i]) - ((1 - crop) / 2 + crop * middle)) < 1e-6, String(rows)));
    model.dispose();
  }
}); // prettier-ignore

test("an export is replaced whole; other folders stay as they are", async () => {
  const folder = temporaryFolder("web");
  const model = new Model(form);
  const dir = join(folder, "deep", "site");
  await exportWeb(model, dir, { classNames });
  const first = readdirSync(dir);
  writeFileSync(join(dir, "group1-shard9of9.bin"), "of an export before");
  await exportWeb(model, dir, { heat: false, weights: "uint8" });
  assert.deepEqual(readdirSync(dir), ["group1-shard1of1.bin", "model.json"].concat(first.filter((name) => !/^group|^model/.test(name))).sort()); // prettier-ignore
  assert.deepEqual(readdirSync(join(folder, "deep")), ["site"]);
  const other = join(folder, "thesis");
  mkdirSync(other);
  writeFileSync(join(other, "chapter1.tex"), "");
  await assert.rejects(exportWeb(model, other), /thesis": expected a new folder, or one with nothing but a graph model in model\.json, got "chapter1\.tex"/); // prettier-ignore
  assert.deepEqual(readdirSync(other), ["chapter1.tex"]);
  await assert.rejects(exportWeb(model, join(other, "chapter1.tex")), /expected a folder, got/);
  writeFileSync(join(dir, "CNAME"), "clothes.example");
  await assert.rejects(exportWeb(model, dir), /expected a new folder, .* got "CNAME"$/);
  for (const working of ["", ".", "..", "/"])
    await assert.rejects(
      exportWeb(model, working),
      /can be replaced, got the working folder or one around it/,
    );
  model.dispose();
});

test("a network of one class of its own has a heat map, too", async () => {
  const site = join(temporaryFolder("web"), "site");
  const model = new Model({ ...form, numClasses: 1, multiLabel: true });
  await exportWeb(model, site, { page: false });
  const images = tf.randomUniform<tf.Rank.R4>([2, SIDE, SIDE, 3], 0, 255, "float32", 3);
  const classes = tf.tensor1d([0, 0], "int32");
  const inputs = { images: sent(images), classes: sent(classes) };
  const [got] = await plainTfjs({ dir: site, backend: "wasm", calls: [{ inputs, outputs: ["probabilities", "heat"] }] }); // prettier-ignore
  tf.tidy(() => {
    const { heatmaps, probabilities } = gradCam(model, model.preprocess(images));
    assert.ok(differenceFrom(probabilities, got?.["probabilities"]) < 1e-4);
    assert.ok(differenceFrom(heatmaps, got?.["heat"]) < 1e-3);
  });
  tf.dispose([images, classes]);
  model.dispose();
});

test("an interrupted export leaves what was there", async () => {
  const folder = temporaryFolder("web");
  const model = new Model(form);
  const ended = new AbortController();
  const before = memory().tensors;
  const onProgress = (): void => ended.abort(new Error("enough"));
  await assert.rejects(
    exportWeb(model, join(folder, "site"), { onProgress, signal: ended.signal }),
    /enough/,
  );
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(memory().tensors, before);
  model.dispose();
});

test("options are refused by their names, before anything is written", async () => {
  const dir = join(temporaryFolder("web"), "site");
  const model = new Model(form);
  const refused = (options: object, by: RegExp): Promise<void> =>
    assert.rejects(exportWeb(model, dir, Object.assign<ExportWebOptions, object>({}, options)), by);
  await refused({ weights: "int8" }, /expected weights "float32", "float16", "uint8", got "int8"/);
  await refused({ classNames: ["a", "b"] }, /expected.* 3 .*got 2/);
  await refused({ classNames: ["a", "a", "b"] }, /got "a" twice/);
  await refused({ threshold: 2 }, /expected threshold in 0 … 1, got 2/);
  await refused({ photo: { size: 80, resizeSide: 72 } }, /expected a size of at most resizeSide 72, got 80/);
  await refused({ heat: "layer_99" }, /Cannot explain by endpoint "layer_99"/);
  await refused({ page: false, example: __filename }, /got none|expected an example of a page/);
  await refused({ title: "" }, /expected a title of one line, got ""/);
  model.dispose();
  await refused({}, /disposed/);
  assert.ok(!existsSync(dir));
});

test("without a heat map there is no class to give; at another endpoint it is that one's", async () => {
  const folder = temporaryFolder("web");
  const model = new Model({ ...form, architecture: "resnet_v1_14" });
  await exportWeb(model, join(folder, "plain"), { heat: false });
  await exportWeb(model, join(folder, "fine"), { heat: "resnet_v1_14/block3" });
  const images = tf.randomUniform<tf.Rank.R4>([1, SIDE, SIDE, 3], 0, 255, "float32", 3);
  const call = { inputs: { images: sent(images) } };
  const [plain] = await plainTfjs({ dir: join(folder, "plain"), backend: "wasm", calls: [call] });
  const [fine] = await plainTfjs({ dir: join(folder, "fine"), backend: "wasm", calls: [{ ...call, outputs: ["heat"] }] }); // prettier-ignore
  tf.tidy(() => {
    const { heatmaps, probabilities } = gradCam(model, model.preprocess(images), {
      endpoint: "resnet_v1_14/block3",
    });
    assert.ok(differenceFrom(probabilities, plain?.["predicted"]) < 1e-4);
    assert.ok(differenceFrom(heatmaps, fine?.["heat"]) < 1e-3);
  });
  images.dispose();
  model.dispose();
});

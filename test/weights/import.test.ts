/** What importWeights() and exportWeights() refuse, report and leave alone, on a file of torchvision's ResNet-50. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { exportWeights, importWeights, Model, saveCheckpoint, type ImportOptions } from "../../src";
import { memory, tf } from "../../src/tensorflow";
import { openSafetensors } from "../../src/weights/formats/safetensors";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const folder = temporaryFolder("import");
const file = join(folder, "resnet50.safetensors");

before(async () => {
  const entries = Object.entries(readSource("torchvision/resnet50").entries);
  const tensors = entries.map(([name, shape]) => ({ name, shape, values: sourceValue(name, shape) }));
  await writeSafetensors(file, tensors, { dtype: "bfloat16" });
});

const torchvision = (options: ConstructorParameters<typeof Model>[0] = {}): Model =>
  new Model({ source: "torchvision", ...options });

async function fails(
  target: Model | "auto",
  message: RegExp,
  options: ImportOptions = {},
  path = file,
): Promise<void> {
  await assert.rejects(importWeights(target, path, options), { message });
}

test("importWeights() asks whose weights they are where names and shapes are several networks'", async () => {
  const twins = /expected to be told whose weights it has.*: torchvision\/resnet50, timm\/resnetaa50, timm\/resnetblur50; give \{ source: "torchvision\/resnet50" \} if it is that$/;
  await fails("auto", twins);
  await fails("auto", /timm\/resnet50, timm\/resnetaa50, timm\/resnetblur50; give/, { source: "timm" });
  await fails("auto", /expected a source such as .*, got one that no network here computes: it is not timm\/efficientnet_b0$/, { source: "timm/efficientnet_blur_b0" });
  await fails("auto", /expected a source such as "torchvision\/resnet50".*, got no such source$/, { source: "torchvision/resnet5O" });
  await fails("auto", /expected a source such as "torchvision\/[^"]*", .*, or torchvision, timm, keras, slim alone, got no such source$/, { source: "torch" });
  await fails("auto", /expected a source such as "timm\/resnet50", /, { source: "timm/resnet50.tv" });
  const model = new Model({ source: "timm", numClasses: 1000 });
  await fails(model, /expected to be told whose weights it has/);
  const { source } = await importWeights(model, file, { source: "timm/resnet50" });
  assert.equal(source, "timm/resnet50");
  model.dispose();
}); // prettier-ignore

test("importWeights() refuses a model of another form, and changes nothing", async () => {
  const slim = new Model({ numClasses: 1000 });
  const first = slim.variables.expect("resnet_v1_50/conv1/weights").dataSync().slice();
  await fails(slim, /expected weights of the model's resnet_v1_50 of source "slim", got those of a model created with \{"architecture":"resnet_v1_50","source":"torchvision"\} for torchvision\/resnet50/);
  const two = torchvision();
  await fails(two, /expected "fc\.weight" of \[2, 2048\] for "Predict\/logits\/weights", got \[1000, 2048\]; give excludeScopes: "Predict\/logits"/);
  const epsilon = torchvision({ batchNormEpsilon: 1e-3, numClasses: 1000 });
  await fails(epsilon, /expected a model created with .*"source":"torchvision".*, got .*"batchNormEpsilon":0\.001/);
  const cut = join(folder, "cut.safetensors");
  copyFileSync(file, cut);
  truncateSync(cut, 30_000_000);
  await fails(torchvision({ numClasses: 1000 }), /cut\.safetensors/, {}, cut);
  assert.deepEqual(slim.variables.expect("resnet_v1_50/conv1/weights").dataSync(), first);
  [slim, two, epsilon].forEach((model) => model.dispose());
}); // prettier-ignore

test("importWeights() says whose weights a file has, where its caller says others", async () => {
  await fails("auto", /^Cannot import ".*": expected weights of "torchvision\/vgg16", got those of torchvision\/resnet50, or timm\/resnet50/, { source: "torchvision/vgg16" });
  await fails("auto", /expected weights of "keras", got those of torchvision\/resnet50/, { source: "keras" });
}); // prettier-ignore

test("importWeights() names the nearest network and what a file lacks of it", async () => {
  const other = join(folder, "other.safetensors");
  const opened = openSafetensors(file);
  const tensors = opened.entries.map(({ name, shape }) => ({
    ...{ name: name.replace("layer4.2.conv3", "layer4.2.conv9"), shape },
    values: new Float32Array(shape.reduce((size, side) => size * side, 1)),
  }));
  opened.close();
  await writeSafetensors(other, tensors, { dtype: "bfloat16" });
  await fails("auto", /of the nearest, torchvision\/resnet50, expected "layer4\.2\.conv3\.weight" of \[2048, 512, 1, 1\], got none$/, {}, other);
}); // prettier-ignore

test("importWeights() refuses what is no number, and an unknown scope to leave out", async () => {
  const broken = join(folder, "broken.safetensors");
  const bytes = readFileSync(file);
  bytes.set([0xc0, 0x7f, 0x80, 0x7f], bytes.length - 4); // as bfloat16 NaN and infinity
  writeFileSync(broken, bytes);
  const message = /broken\.safetensors": expected finite numbers in "layer4\.2\.conv3\.weight" for "resnet_v1_50\/block4\/unit_3\/bottleneck_v1\/conv3\/weights", got 2 of 1048576 that are NaN or infinite; give excludeScopes: "resnet_v1_50\/block4\/unit_3\/bottleneck_v1\/conv3" to/;
  const model = torchvision({ numClasses: 1000 });
  const source = "torchvision/resnet50";
  await fails(model, message, { source }, broken);
  const near = /Cannot leave out: expected a scope of the network, such as "Predict\/logits".*, got "Predict\/logit"/;
  await fails(model, near, { source, excludeScopes: "Predict/logit" });
  model.dispose();
}); // prettier-ignore

test("importWeights() keeps a head for other classes, tells its progress, can be stopped, and leaks nothing", async () => {
  const held = memory();
  const model = torchvision({ numClasses: 3 });
  const head = model.variables.expect("Predict/logits/weights").dataSync().slice();
  const seen: number[] = [];
  const stop = new AbortController();
  const options = { excludeScopes: "Predict/logits", signal: stop.signal };
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    seen.push(done / total);
    if (done === 40) stop.abort();
  };
  const conv1 = model.variables.expect("resnet_v1_50/conv1/weights").dataSync().slice();
  await assert.rejects(importWeights(model, file, { ...options, onProgress }), { name: "AbortError" });
  assert.deepEqual(model.variables.expect("resnet_v1_50/conv1/weights").dataSync(), conv1);
  const report = await importWeights(model, file, { excludeScopes: "Predict/logits" });
  assert.equal(seen.length, 40);
  assert.deepEqual([report.loaded.length, report.excluded.length, report.missing.length], [265, 2, 0]);
  assert.match(
    String(report),
    /^torchvision\/resnet50 as resnet_v1_50 of 3 classes, 224 px, pixels "torch", from .*import.*safetensors\n/,
  );
  assert.match(String(report), /resnet_v1_50\/conv1\/weights from conv1\.weight/);
  assert.deepEqual(model.variables.expect("Predict/logits/weights").dataSync(), head);
  model.dispose();
  const auto = await importWeights("auto", file, { source: "torchvision", model: { numClasses: 3 } });
  assert.deepEqual(auto.excluded, ["Predict/logits/weights", "Predict/logits/biases"]);
  assert.equal(auto.model.options.preprocessing, "torch");
  auto.model.dispose();
  assert.deepEqual(memory(), held);
});

test("importWeights() of TF-Slim's checkpoint takes its logits for the head, whatever else it has", async () => {
  const model = new Model({ numClasses: 5, seed: 7 });
  const names = model.variables.all().map(({ name, variable }) => [name.replace("Predict/logits", "resnet_v1_50/logits"), variable] as const);
  const step = tf.scalar(3, "int32");
  const prefix = join(folder, "model.ckpt-3");
  tf.tidy(() => {
    const tensors: Record<string, tf.Tensor> = { global_step: step };
    for (const [name, variable] of names)
      tensors[name] = name.endsWith("logits/weights") ? variable.reshape([1, 1, 2048, 5]) : variable;
    saveCheckpoint(prefix, tensors);
  });
  const imported = await importWeights("auto", prefix);
  assert.deepEqual([imported.source, imported.missing, imported.unused], ["slim/resnet_v1_50", [], ["global_step"]]);
  assert.deepEqual(imported.model.options.preprocessing, "vgg");
  for (const { name, variable } of model.variables.all())
    assert.deepEqual(imported.model.variables.expect(name).dataSync(), variable.dataSync(), name);
  [model, imported.model].forEach((one) => one.dispose());
  step.dispose();
}); // prettier-ignore

/** A call with arguments of kinds that TypeScript refuses. */
async function calling(call: (...given: never[]) => unknown, ...given: readonly unknown[]): Promise<void> {
  await Reflect.apply(call, undefined, given);
}

test("exportWeights() refuses layouts and types that there are none of, and says where it can't write", async () => {
  const model = torchvision({ architecture: "resnet_v1_18" });
  const out = join(folder, "refused.safetensors");
  const exporting = (path: string, options: object): Promise<void> => calling(exportWeights, model, path, options);
  await assert.rejects(exporting(out, { layout: "timm", dtype: "int8" }), { name: "RangeError", message: /^Cannot write ".*refused\.safetensors": expected a dtype of float32, float16, bfloat16, got "int8"$/ });
  await assert.rejects(exporting(out, {}), { name: "RangeError", message: /^Cannot export weights: expected a layout of torchvision, timm, got "undefined"$/ });
  assert.equal(existsSync(out), false);
  const below = join(file, "below.safetensors");
  await assert.rejects(exporting(below, { layout: "timm" }), { message: /^Cannot write ".*below\.safetensors": expected a place for a file, got / });
  model.dispose();
}); // prettier-ignore

test("importWeights() says which of its arguments is of another kind", async () => {
  const importing = (...given: unknown[]): Promise<void> => calling(importWeights, ...given);
  await assert.rejects(importing("resnet50", file), { name: "TypeError", message: /expected a Model or "auto" first, got 'resnet50'$/ });
  await assert.rejects(importing("auto", undefined), { name: "TypeError", message: /expected the path of a file, or what fetchWeights\(\) gave, got undefined$/ });
  await assert.rejects(importing("auto", file, { source: 3 }), { name: "TypeError", message: /expected source to be a text, got 3$/ });
}); // prettier-ignore

test("exportWeights() gives back what was imported, to the bit, under the library's names", async () => {
  const { model } = await importWeights("auto", file, { source: "torchvision" });
  const out = join(folder, "new", "out.safetensors");
  const { tensors, ...exported } = await exportWeights(model, out, { layout: "timm" });
  assert.deepEqual(exported, { file: out, name: "timm/resnet50", numClasses: 1000 });
  const [was, is] = [openSafetensors(file), openSafetensors(out)];
  assert.equal(tensors, was.entries.length);
  for (const { name } of was.entries) assert.deepEqual(is.read(name), was.read(name), name);
  assert.equal(is.metadata["format"], "pt");
  [was, is].forEach((one) => one.close());
  model.dispose();
  const slim = new Model();
  await assert.rejects(exportWeights(slim, out, { layout: "timm" }), {
    message:
      /expected a model created with .*"source":"timm".* for timm\/resnet50, got resnet_v1_50 of source "slim"$/,
  });
  slim.dispose();
});

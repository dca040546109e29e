/** What config.json of timm beside a file says of its weights. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { importWeights, Model } from "../../src";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { timmConfigBeside } from "../../src/weights/timmconfig";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

const folder = temporaryFolder("timm");
const file = join(folder, "model.safetensors");
const TORCH = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** What timm takes where nothing is said. */
const UNSAID = { fixedResizeSide: 256, defaultImageSize: 224, interpolation: "bicubic", cropMode: "center" };
const INCEPTION = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

before(async () => {
  const entries = Object.entries(readSource("torchvision/resnet50").entries);
  const tensors = entries.map(([name, shape]) => ({ name, shape, values: sourceValue(name, shape) }));
  await writeSafetensors(file, tensors, { dtype: "bfloat16" });
});

/** A file's path beside which that stands. */
function beside(config: unknown, name: string): string {
  const path = join(folder, name, "model.safetensors");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    join(dirname(path), "config.json"),
    typeof config === "string" ? config : JSON.stringify(config),
  );
  return path;
}

test("config.json is timm's in both of its forms; another's is none; other pixels are refused", () => {
  const resnet = { name: "timm/resnet50", preprocessing: "inception", photos: UNSAID };
  assert.deepEqual(
    timmConfigBeside(beside({ architecture: "resnet50", pretrained_cfg: INCEPTION }, "new")),
    resnet,
  );
  assert.deepEqual(timmConfigBeside(beside({ architecture: "resnet50", ...INCEPTION }, "old")), resnet);
  assert.deepEqual(
    timmConfigBeside(dirname(beside({ architecture: "resnet50", ...INCEPTION }, "old"))),
    resnet,
  );
  assert.equal(timmConfigBeside(beside({ model_type: "bert" }, "other")), undefined);
  assert.equal(timmConfigBeside(file), undefined);
  const pixels = { mean: [0, 0, 0], std: [1, 1, 1] };
  assert.throws(
    () => timmConfigBeside(beside({ architecture: "resnet50", pretrained_cfg: pixels }, "unit")),
    /config.json": expected mean and std as 0.485,.*, got 0,0,0,1,1,1$/,
  );
  assert.throws(
    () => timmConfigBeside(beside("{", "half")),
    /Cannot read ".*config.json": expected JSON, got/,
  );
});

test("config.json of a network that was made with arguments by which it computes otherwise is refused", () => {
  const saved = { architecture: "resnet50", pretrained_cfg: TORCH, global_pool: "avg" };
  const plain = { ...saved, model_args: { in_chans: 3, num_classes: 5, drop_rate: 0.1, global_pool: "avg", aa_layer: null } };
  assert.equal(timmConfigBeside(beside(plain, "plain"))?.name, "timm/resnet50");
  for (const [name, config, got] of [
    ["blur", { ...saved, model_args: { num_classes: 5, aa_layer: "blur" } }, 'aa_layer "blur"'],
    ["stride", { ...saved, model_args: { output_stride: 8 } }, "output_stride 8"],
    ["max", { ...saved, global_pool: "max" }, 'global_pool "max"'],
  ] as const)
    assert.throws(() => timmConfigBeside(beside(config, name)), ({ message }: Error) =>
      message.endsWith(`config.json": expected a network as timm makes it by its name, got one with ${got}`));
}); // prettier-ignore

test("config.json says how photographs are shown; sizes that are none are refused", () => {
  const photosOf = (config: object, name: string): unknown =>
    timmConfigBeside(beside({ architecture: "resnet50", pretrained_cfg: { ...TORCH, ...config } }, name))?.photos;
  const shown = { input_size: [3, 160, 160], crop_pct: 0.95, interpolation: "bilinear", test_input_size: [3, 224, 224] };
  assert.deepEqual(photosOf(shown, "shown"), { ...UNSAID, defaultImageSize: 160, fixedResizeSide: 168, interpolation: "bilinear" });
  const squash = { ...UNSAID, cropMode: "squash", centralFraction: 0.875 };
  assert.deepEqual(photosOf({ crop_pct: null, crop_mode: "squash" }, "squash"), squash);
  for (const [name, config, said] of [
    ["wide", { input_size: [3, 224, 192] }, /config.json": expected input_size of three numbers, .*, got \[3,224,192\]$/],
    ["none", { input_size: 224 }, /expected input_size of three numbers, .*, got 224$/],
    ["percent", { crop_pct: 95 }, /expected crop_pct above 0 and up to 1, got 95$/],
  ] as const)
    assert.throws(() => photosOf(config, name), said);
}); // prettier-ignore

test("importWeights() takes the sizes of photographs from timm's config.json, but what is asked for", async () => {
  const pretrained = { ...TORCH, input_size: [3, 176, 176], crop_pct: 0.9, interpolation: "lanczos", crop_mode: "border" };
  const path = beside({ architecture: "resnet50", pretrained_cfg: pretrained }, "lanczos");
  copyFileSync(file, path);
  await assert.rejects(
    importWeights("auto", path),
    /expected interpolation to be slim, bilinear, bicubic, got "lanczos" in config.json; give model: { interpolation }/,
  );
  const report = await importWeights("auto", path, { source: "timm/resnet50.a1_in1k", model: { interpolation: "bicubic" } });
  const { defaultImageSize, fixedResizeSide, interpolation } = report.model.options;
  assert.deepEqual([defaultImageSize, fixedResizeSide, interpolation], [176, 195, "bicubic"]);
  const otherwise = ["interpolation bicubic, there lanczos", "cropped, there crop_mode border"];
  assert.deepEqual(report.shownOtherwise, otherwise);
  assert.match(String(report), /photos otherwise than there +2 +interpolation bicubic, there lanczos, cropped/);
  report.model.dispose();
  const own = new Model({ source: "timm", numClasses: 1000, fixedResizeSide: 256 });
  const again = await importWeights(own, path);
  assert.equal(own.options.fixedResizeSide, 256);
  assert.deepEqual(again.shownOtherwise, ["fixedResizeSide 256, there 195", "defaultImageSize 224, there 176", ...otherwise]);
  own.dispose();
}); // prettier-ignore

test("importWeights() takes network and pixels from timm's config.json", async () => {
  const path = beside({ architecture: "resnet50", pretrained_cfg: INCEPTION }, "import");
  copyFileSync(file, path);
  const { model, source } = await importWeights("auto", path);
  assert.deepEqual([source, model.options.preprocessing], ["timm/resnet50", "inception"]);
  model.dispose();
  const torch = new Model({ source: "timm", numClasses: 1000 });
  await assert.rejects(
    importWeights(torch, { path, name: "timm/resnet50" }),
    /expected .*"preprocessing":"inception"/,
  );
  await assert.rejects(
    importWeights(torch, path, { source: "timm/resnet101" }),
    /expected weights of timm\/resnet101, got those of timm\/resnet50/,
  );
  torch.dispose();
  const blurred = beside({ architecture: "resnetblur50", pretrained_cfg: TORCH }, "blurred");
  copyFileSync(file, blurred);
  const { model: blurring } = await importWeights("auto", blurred);
  assert.equal(blurring.options.architecture, "resnetblur50");
  blurring.dispose();
  const other = beside({ architecture: "efficientnet_blur_b0", pretrained_cfg: TORCH }, "other");
  copyFileSync(file, other);
  await assert.rejects(
    importWeights("auto", other),
    /one that no network here computes: it is not timm\/efficientnet_b0/,
  );
});

/** How the kind of a file of weights is told. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openWeights } from "../../src/weights/formats/open";
import { temporaryFolder } from "../temporary";
import { DESCRIPTORS, fileOf, openWeightFiles, oracle } from "./files";

const unknown: Readonly<Record<string, readonly [name: string, contents: string, got: RegExp]>> = {
  "a graph": [
    "frozen.pb",
    "\n\x3e\n\x05input\x12\x0bPlaceholder",
    /got a graph of TensorFlow, which has no variables/,
  ],
  "a SavedModel's graph": [
    "saved_model.pb",
    "\x08\x01\x12\x7f\x7f\x7f\n",
    /got the graph of a SavedModel, whose/,
  ],
  onnx: ["resnet50.onnx", "\x08\x07\x12\x07pytorch", /got an ONNX model/],
  "a page": ["resnet50.pth", "<!doctype html><p>404", /got an HTML page, as of a failed download/],
  "a Git LFS pointer": [
    "resnet50.pth",
    "version https://git-lfs.github.com/spec/v1\n",
    /got a Git LFS pointer/,
  ],
  "a Git LFS pointer for safetensors": [
    "model.safetensors",
    "version https://git-lfs.github.com/spec/v1\n",
    /got a Git LFS pointer/,
  ],
  "an empty file": [
    "resnet50.pth",
    "",
    /expected safetensors, a file of torch.save\(\).*, got an empty file/,
  ],
  "a JSON file": ["config.json", '{\n "a": {"b": 1}}', /expected safetensors, .*, got a JSON file/],
  "an archive of something else": ["a.pth", "PK\x03\x04", /a whole ZIP archive, got/],
};

for (const [title, [name, contents, got]] of Object.entries(unknown))
  test(`${title} in place of weights is refused by what it is`, async () => {
    await assert.rejects(openWeights(fileOf(name, Buffer.from(contents))), got);
  });

test("where there is nothing, or a folder of something else, that is said", async () => {
  const folder = temporaryFolder("nothing");
  await assert.rejects(openWeights(join(folder, "resnet50.pth")), /got nothing there/);
  await assert.rejects(
    openWeights(join(folder, "model.safetensors")),
    /^Error: Cannot open .*, got nothing there$/,
  );
  await assert.rejects(
    openWeights("https://host/resnet50.pth"),
    /got an address: fetchWeights\(\) or fetchFile\(\) /,
  );
  await assert.rejects(openWeights(folder), /got a folder/);
});

test("a file is told by its bytes, whatever its name", async () => {
  for (const [file, format] of [
    [oracle.torch.state, "torch"],
    [oracle.torch["state before"], "torch"],
    [oracle.torch["protocol 4 before"], "torch"],
    [oracle.safetensors.single, "safetensors"],
  ] as const) {
    const weights = await openWeights(fileOf("weights.bin", file?.file ?? ""));
    assert.equal(weights.format, format);
    weights.close();
  }
});

test("no file stays open, of those closed or refused", async (t) => {
  if (!existsSync(DESCRIPTORS)) return t.skip("descriptors are looked at where /proc has them");
  const contents = [...Object.values(oracle.torch), ...Object.values(oracle.safetensors)].map(
    ({ file }) => file,
  );
  for (const file of [...contents, ...Object.values(oracle.refused)]) {
    const path = fileOf("weights.bin", file);
    await openWeights(path).then(
      (weights) => weights.close(),
      () => undefined,
    );
  }
  const folder = join(temporaryFolder("shards"), "shards");
  mkdirSync(folder);
  for (const name of ["a", "b"])
    writeFileSync(
      join(folder, `${name}.safetensors`),
      Buffer.from(oracle.safetensors.single?.file ?? "", "base64"),
    );
  const index = { weight_map: { "head.weight": "a.safetensors", "head.bias": "b.safetensors" } };
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  await assert.rejects(
    openWeights(folder),
    /expected "head\.\w+" in b\.safetensors, got it in ".*a\.safetensors"/,
  );
  // yauzl closes what it refuses to open in the background.
  for (const end = Date.now() + 10_000; openWeightFiles().length > 0 && Date.now() < end;)
    await setTimeout(5);
  assert.deepEqual(openWeightFiles(), []);
});

/** Keras' files against what Python's Keras 3.15.1 and 2 (tf_keras 2.21) wrote, and odd and damaged ones. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openKerasFile } from "../../src/weights/formats/keras";
import { kerasVariables } from "../../src/weights/formats/kerasvariables";
import { slabsOf } from "../../src/weights/formats/hdf5slabs";
import { openWeights } from "../../src/weights/formats/open";
import { readFixture } from "../fixtures";
import { pattern } from "../patterns";
import { expectTensors, fileOf, type OracleTensor } from "./files";

interface Fixture {
  readonly models: Readonly<Record<string, Case>>;
  /** By what is odd of them. */
  readonly odd: Readonly<Record<string, string>>;
  /** By whose names they have. */
  readonly former: Readonly<Record<string, string>>;
  readonly nameless: Readonly<Record<string, string>>;
}

/** A model, and files of it by their names: packed by gzip, in base64. */
interface Case {
  readonly tensors: Readonly<Record<string, OracleTensor>>;
  readonly files: Readonly<Record<string, string>>;
}

const oracle = readFixture<Fixture>("kerasfiles");
const bytesOf = (packed: string): Buffer => gunzipSync(Buffer.from(packed, "base64"));
const keras3 = (name: string): Buffer => bytesOf(oracle.models["keras3"]?.files[name] ?? "");

/** Keras 3's files have variables that could be either of two, if there is no configuration. */
function asNumbered(tensors: Case["tensors"]): Case["tensors"] {
  const either = /(?<=bn_nocenter|ln_nocenter)\/gamma$|(?<=bn_noscale)\/beta$/;
  const named = new Map<string, OracleTensor>();
  for (const [name, tensor] of Object.entries(tensors))
    named.set(name.replace(either, "/gamma_or_beta"), tensor);
  return Object.fromEntries(named);
}

for (const [model, { tensors, files }] of Object.entries(oracle.models))
  for (const [name, packed] of Object.entries(files))
    test(`Keras' weights are what Python has: ${model}, ${name}`, async () => {
      const file = await openWeights(fileOf(name, bytesOf(packed)));
      assert.equal(file.format, "keras");
      expectTensors(file, name.endsWith(".weights.h5") ? asNumbered(tensors) : tensors);
      file.close();
      assert.throws(() => file.read(file.entries[0]?.name ?? ""), /the file is closed/);
    });

test("a file says its model and Keras' version, and leaves nothing unpacked behind", async () => {
  const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("slimlab-keras-"));
  const before = left();
  const texts = async (name: string): Promise<[Readonly<Record<string, string>>, string[]]> => {
    const file = await openKerasFile(fileOf(name, keras3(name)));
    const { config, ...others } = file.metadata;
    file.close();
    return [others, [...new Set(config?.match(/"class_name": ?"(Functional|Sequential)"/g))].sort()];
  };
  const known = { layer_names: "file", model: "tiny" };
  assert.deepEqual((await texts("tiny.weights.h5"))[0], known);
  assert.deepEqual((await texts("tiny.keras"))[0], { ...known, keras_version: "3.15.1" });
  assert.deepEqual((await texts("tiny.h5"))[0], { ...known, keras_version: "3.15.1", backend: "tensorflow" });
  const nested = ['"class_name":"Functional"', '"class_name":"Sequential"'];
  assert.deepEqual((await texts("tiny.keras"))[1], nested);
  assert.deepEqual(left(), before);
});

test("without names of layers they are called by their groups, or by config.json", async () => {
  const [bare = ""] = Object.values(oracle.nameless);
  const file = await openKerasFile(fileOf("bare.weights.h5", bytesOf(bare)));
  assert.equal(file.metadata["layer_names"], "groups");
  const names = file.entries.map(({ name }) => name);
  for (const name of ["conv2d/kernel", "functional/conv2d/kernel", "sequential/dense_1/kernel"])
    assert.ok(names.includes(name), name);
  assert.ok(names.includes("batch_normalization/moving_mean") && names.includes("layer_scale/gamma"));
  file.close();
  const folder = join(fileOf("folder", ""), "../model");
  mkdirSync(folder);
  writeFileSync(join(folder, "model.weights.h5"), bytesOf(bare));
  const config = (await openKerasFile(fileOf("c.keras", keras3("tiny.keras")))).metadata["config"] ?? "";
  writeFileSync(join(folder, "config.json"), config);
  const named = await openWeights(folder);
  assert.equal(named.metadata["layer_names"], "config.json");
  expectTensors(named, oracle.models["keras3"]?.tensors ?? {});
  named.close();
});

test("names of before are Keras 3's: Keras 1's, and those of the applications whose layers were called otherwise", async () => {
  const moments = ["bn_conv1/moving_mean", "bn_conv1/moving_variance"];
  const expected: Readonly<Record<string, readonly string[]>> = {
    keras1: ["block1_conv1/kernel", "block1_conv1/bias", "bn_conv1/gamma", "bn_conv1/beta", ...moments],
    resnet: ["conv1_conv/kernel", "predictions/kernel", "predictions/bias"],
    mobilenetV2: ["Conv_1_bn/gamma", "predictions/kernel"],
    mobilenetV3: [
      ...["conv/kernel", "conv_bn/gamma", "expanded_conv_depthwise/kernel", "expanded_conv_project/kernel"],
      ...["expanded_conv_project_bn/beta", "logits/kernel"],
    ],
  };
  for (const [whose, packed] of Object.entries(oracle.former)) {
    const file = await openKerasFile(fileOf(`${whose}.h5`, bytesOf(packed)));
    const names = file.entries.map(({ name }) => name);
    assert.deepEqual(names, expected[whose]);
    if (whose === "keras1") {
      assert.deepEqual(file.read("block1_conv1/kernel"), pattern("block1_conv1_W_1:0", [2]));
      assert.throws(() => file.read("block1_conv1/kernal"), /expected a name as "block1_conv1\/kernel"/);
    }
    file.close();
  }
});

const refused: Readonly<Record<string, RegExp>> = {
  lzf: /"dense\/kernel" of ".*": expected no other filters than deflate, shuffle, fletcher32, got lzf \(number 32000/,
  external: /"dense\/kernel" of ".*": expected its values, got unable to open external raw data file/,
  scaleoffset: /got scaleoffset \(number 6 of HDF5's\)/,
  virtual: /expected values in ".*", got a view of other datasets/,
  bomb: /expected a shape that \d+ bytes can hold, got \[1048576, 1048576\] of float32/,
};

for (const [kind, message] of Object.entries(refused))
  test(`a dataset is refused that is not plainly there: ${kind}`, async () => {
    const file = await openKerasFile(fileOf(`${kind}.weights.h5`, bytesOf(oracle.odd[kind] ?? "")));
    assert.throws(() => file.read("dense/kernel"), message);
    file.close();
  });

test("numbers of the other byte order are read, links are not", async () => {
  const open = (kind: string) => openKerasFile(fileOf(`${kind}.weights.h5`, bytesOf(oracle.odd[kind] ?? "")));
  const big = await open("bigEndian");
  assert.deepEqual(big.read("dense/kernel"), pattern("odd", [4, 3]));
  big.close();
  await assert.rejects(open("softLink"), /expected a dataset "layers\/dense\/vars\/0", got a link/);
});

test("files that are cut off, damaged or no Keras files are refused, with what they are", async () => {
  const whole = fileOf("whole.weights.h5", keras3("tiny.weights.h5"));
  truncateSync(whole, 40000);
  await assert.rejects(
    openKerasFile(whole),
    /Cannot open ".*whole.weights.h5": expected an HDF5 file, got truncated file/,
  );
  const archive = keras3("tiny.keras");
  await assert.rejects(
    openKerasFile(fileOf("cut.keras", archive.subarray(0, 3000))),
    /expected a ZIP archive, got/,
  );
  const flipped = Buffer.from(archive);
  const values = flipped.indexOf(Buffer.from(pattern("first/kernel", [3, 3, 3, 2]).buffer, 0, 32));
  flipped[values] = (flipped[values] ?? 0) ^ 1;
  await assert.rejects(
    openKerasFile(fileOf("flipped.keras", flipped)),
    /Cannot unpack model.weights.h5 of ".*flipped.keras": expected bytes of the checksum \d+, got \d+/,
  );
  const other = Buffer.from(archive);
  for (let at = other.indexOf("model.weights.h5"); at >= 0; at = other.indexOf("model.weights.h5", at + 1))
    other.write("model.weights.x5", at);
  await assert.rejects(
    openKerasFile(fileOf("other.keras", other)),
    /expected "model.weights.h5" in the archive, got metadata.json/,
  );
  await assert.rejects(
    openKerasFile(fileOf("a.h5", "aGVsbG8=")),
    /expected an HDF5 file, got file signature not found/,
  );
  await assert.rejects(
    openKerasFile("none.h5"),
    /Cannot open "none.h5": expected an HDF5 file, got no such file/,
  );
  const damaged = keras3("tiny.weights.h5");
  const from = readFileSync(fileOf("b.h5", damaged)).indexOf("TREE");
  damaged.fill(0xff, from, from + 200);
  await assert.rejects(
    openKerasFile(fileOf("damaged.weights.h5", damaged)),
    /Cannot (read|open|list) ".*damaged/,
  );
});

test("variables are named by what is there of them", () => {
  const normal = ["gamma", "beta", "moving_mean", "moving_variance"];
  assert.deepEqual(kerasVariables("batch_normalization", 4), normal);
  assert.deepEqual(kerasVariables("batch_normalization", 3), ["gamma_or_beta", ...normal.slice(2)]);
  assert.deepEqual(kerasVariables("batch_normalization", 3, { center: false }), [
    "gamma",
    ...normal.slice(2),
  ]);
  assert.deepEqual(kerasVariables("batch_normalization", 4, { center: false }), ["0", "1", "2", "3"]);
  assert.deepEqual(kerasVariables("dense", 1), ["kernel"]);
  assert.deepEqual(kerasVariables("dense", 3), ["0", "1", "2"]);
  assert.deepEqual(kerasVariables("mystery", 1), ["0"]);
});

test("pieces of an array follow each other and cover it", () => {
  const starts = (shape: number[], most: number, chunks: number[] | null): number[][] =>
    [...slabsOf(shape, most, chunks)].map(({ offset, count }) => [...offset, ...count]);
  assert.deepEqual(starts([5, 2], 4, null), [
    [0, 0, 2, 2],
    [2, 0, 2, 2],
    [4, 0, 1, 2],
  ]);
  assert.deepEqual(starts([2, 3], 2, null), [
    [0, 0, 1, 2],
    [0, 2, 1, 1],
    [1, 0, 1, 2],
    [1, 2, 1, 1],
  ]);
  assert.deepEqual(starts([7, 2], 1, [3, 1]), [
    [0, 0, 3, 2],
    [3, 0, 3, 2],
    [6, 0, 1, 2],
  ]);
});

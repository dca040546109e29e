import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
  Dataset,
  fixedLenFeature,
  getDecoder,
  TFExampleDecoder,
  tfexampleDecoder,
  TFRecordDataset,
  varLenFeature,
} from "../../src/input";
import { constant, decodeImage, encodeExample, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";

interface Decoded {
  readonly pixels: string[];
  readonly shapes: number[][];
  readonly labels: number[];
}
const fixture = readFixture<{ flowers: Decoded; imagenet32: Decoded; clothing: Record<string, string> }>(
  "datasets",
);

const shared = process.env["SLIMLAB_SHARED_DATA"] ?? path.resolve(__dirname, "../../../../shared/data");
const skip = existsSync(shared) ? false : `there is no shared data in ${shared}`;

const { BoundingBox, Image, ItemHandlerCallback, LookupTensor, Tensor } = tfexampleDecoder;

/** The hash of an image's pixels as bytes. */
function sha(image: tf.Tensor | undefined): string {
  const pixels = Uint8Array.from(image?.dataSync() ?? []);
  return createHash("sha256").update(pixels).digest("hex").slice(0, 16);
}

test("getDecoder() decodes other people's records to Python's very pixels", { skip }, async () => {
  const records = path.join(shared, "records");
  const files = {
    flowers: [0, 1].map((i) => path.join(records, `flowers_validation_0000${i}-of-00005.tfrecord`)),
    imagenet32: [path.join(records, "imagenet32/validation-00000-of-00001")],
  };
  const decoder = getDecoder();
  const before = memory();
  for (const [name, expected] of [
    ["flowers", fixture.flowers],
    ["imagenet32", fixture.imagenet32],
  ] as const) {
    // prettier-ignore
    const found: Decoded = { pixels: [], shapes: [], labels: [] };
    const dataset = TFRecordDataset(files[name]).take(24).map((record) => decoder.decode(record)); // prettier-ignore
    for await (const [image, label] of dataset) {
      found.pixels.push(sha(image));
      found.shapes.push(image?.shape ?? []);
      found.labels.push(Number(label?.dataSync()[0]));
    }
    const { pixels, shapes, labels } = expected;
    assert.deepEqual(found, { pixels, shapes, labels });
    dataset.dispose();
  }
  assert.deepEqual(memory(), before);
});

test("decodeImage() gives Python's very pixels of photographs", { skip }, () => {
  for (const [file, expected] of Object.entries(fixture.clothing)) {
    const pixels = tf.tidy(() => sha(decodeImage(constant([readFileSync(path.join(shared, file))], [], "string")))); // prettier-ignore
    assert.equal(pixels, expected, file);
  }
});

const BYTES = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
const record = encodeExample({
  encoded: feature.bytes(BYTES),
  format: feature.bytes("raw"),
  name: feature.bytes("shoes", "hat", "sock"),
  ymin: feature.float(0.125, 0.25),
  xmin: feature.float(0.375, 0.5),
  ymax: feature.float(0.625, 0.75),
  xmax: feature.float(0.875, 1),
  height: feature.int64(3),
  width: feature.int64(2),
  values: feature.int64(1, 2, 3, 4, 5, 6),
});

const decoder = new TFExampleDecoder(
  {
    encoded: fixedLenFeature([], "string"),
    format: fixedLenFeature([], "string", ""),
    name: varLenFeature("string"),
    ymin: varLenFeature("float32"),
    xmin: varLenFeature("float32"),
    ymax: varLenFeature("float32"),
    xmax: varLenFeature("float32"),
    height: fixedLenFeature([], "int64", 1),
    width: fixedLenFeature([], "int64", 1),
    values: varLenFeature("int64"),
    absent: fixedLenFeature([2], "float32", [0.5, 1.5]),
  },
  {
    image: Image({ imageKey: "encoded", formatKey: "format", shape: [2, 2, 3] }),
    boxes: BoundingBox(),
    label: LookupTensor("name", ["hat", "shoes"]),
    matrix: Tensor("values", { shapeKeys: ["height", "width"] }),
    row: Tensor("values", { shape: [1, -1] }),
    area: ItemHandlerCallback(["height", "width"], ({ height, width }) => tf.mul(height ?? 0, width ?? 0)),
    absent: Tensor("absent"),
  },
);

const EXPECTED = [
  [[[0, 20, 40], [60, 80, 100]], [[120, 140, 160], [180, 200, 220]]], // prettier-ignore
  [[0.125, 0.375, 0.625, 0.875], [0.25, 0.5, 0.75, 1]], // prettier-ignore
  [1, 0, -1],
  [[1, 2], [3, 4], [5, 6]], // prettier-ignore
  [[1, 2, 3, 4, 5, 6]],
  6,
  [0.5, 1.5],
];

test("TFExampleDecoder gives its items in order, of a record at once", () => {
  const before = memory();
  assert.deepEqual(decoder.listItems(), ["image", "boxes", "label", "matrix", "row", "area", "absent"]);
  const items = decoder.decode(record);
  assert.deepEqual(items.map((item) => item.arraySync()), EXPECTED); // prettier-ignore
  const [area, label] = decoder.decode(record, ["area", "label"]);
  assert.deepEqual([area?.arraySync(), label?.dtype], [6, "int32"]);
  tf.dispose([items, area ?? [], label ?? []]);
  assert.deepEqual(memory(), before);
});

test("TFExampleDecoder gives the same inside map()", async () => {
  const records = constant([record, record], [2], "string");
  const dataset = Dataset.fromTensorSlices(records).map((one) => decoder.decode(one));
  for await (const items of dataset) assert.deepEqual(items.map((item) => item.arraySync()), EXPECTED); // prettier-ignore
  dataset.dispose();
  records.dispose();
});

test("Image() goes by the file's first bytes, whatever its format is called", () => {
  const pixels = tf.tensor3d([...BYTES], [2, 2, 3]);
  const png = encodePng(pixels);
  for (const format of ["png", "PNG", "jpeg", ""]) {
    const [image] = decoder.decode(encodeExample({ encoded: feature.bytes(png), format: feature.bytes(format) }), ["image"]); // prettier-ignore
    assert.deepEqual(image?.arraySync(), EXPECTED[0]);
    image?.dispose();
  }
  pixels.dispose();
});

test("TFExampleDecoder names what is wrong with a record", () => {
  const without = encodeExample({ format: feature.bytes("raw") });
  assert.throws(() => decoder.decode(without), /Cannot decode record: expected the feature "encoded", got "format"; for records of other keys make a TFExampleDecoder$/); // prettier-ignore
  const wrong = encodeExample({ encoded: feature.int64(1) });
  assert.throws(() => decoder.decode(wrong), /Key: encoded\. .*int64 but expected type: string/);
  assert.throws(
    () => decoder.decode(new Uint8Array([1, 2, 3])),
    /Cannot decode record: expected a tf.train.Example, got 3 bytes of something else/,
  );
  const noImage = encodeExample({ encoded: feature.bytes("text"), format: feature.bytes("jpg") });
  assert.throws(() => decoder.decode(noImage), /Cannot decode record: Unknown image file format/);
});

test("a decoding error in a dataset names the element", async () => {
  const wrong = encodeExample({ encoded: feature.int64(1) });
  const records = constant([record, record, wrong], [3], "string");
  const dataset = Dataset.fromTensorSlices(records).map((one) => decoder.decode(one));
  await assert.rejects(async () => {
    for await (const items of dataset) assert.equal(items.length, 7);
  }, /Cannot read element 2 of the dataset: Key: encoded\..*expected type: string$/s);
});

test("decoders, features and handlers refuse what can't be", () => {
  assert.throws(
    () => new TFExampleDecoder({ a: varLenFeature("string") }, { label: Tensor("b") }),
    /Cannot make decoder: expected the feature "b", which item "label" needs, got "a"/,
  );
  const loose: TFExampleDecoder = new TFExampleDecoder({ a: varLenFeature("string") }, { a: Tensor("a") });
  assert.throws(() => loose.decode(record, ["b"]), /Cannot decode item "b": expected one of "a"/);
  assert.throws(() => fixedLenFeature([2], "int64", [1]), /expected 2 default values, got 1/);
  assert.throws(() => fixedLenFeature([], "string", 1), /expected default values for string, got number/);
  assert.throws(() => fixedLenFeature([-1], "int64"), /expected a shape of whole numbers > 0, got \[-1\]/);
  assert.throws(() => Tensor("a", { shape: [], shapeKeys: "b" }), /expected shape or shapeKeys, got both/);
  assert.throws(() => Image({ shape: [2, 2, 1] }), /expected a shape of 3 channels, got \[2, 2, 1\]/);
  assert.throws(() => LookupTensor("a", []), /expected a table with names/);
});

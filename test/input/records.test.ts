import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test, type TestContext } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { readClassFolder, splitFiles } from "../../src/input/folder";
import { writeRecords } from "../../src/input/records";
import { createRecordWriter } from "../../src/input/recordwriter";
import { encodeExample, encodeJpeg, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { frameRecord, maskedCrc32c } from "../../src/tensorflow/formats/frame";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-records-"));
after(() => rmSync(scratch, { recursive: true }));

const python = path.resolve(__dirname, "../../../.venv/bin/python");

function picture(height: number, width: number, color: number): tf.Tensor3D {
  return tf.fill([height, width, 3], color);
}

/** A folder with two classes, `perClass` images each, JPEG and PNG by turns. */
function makePhotos(name: string, perClass = 6): string {
  const folder = path.join(scratch, name);
  for (const label of ["hat", "shoes"]) {
    mkdirSync(path.join(folder, label), { recursive: true });
    for (let i = 0; i < perClass; i++)
      tf.tidy(() => {
        const image = picture(20 + i, 30, i * 20);
        const bytes = i % 2 === 0 ? encodeJpeg(image) : encodePng(image);
        writeFileSync(path.join(folder, label, `${i}.${i % 2 === 0 ? "jpg" : "png"}`), bytes);
      });
  }
  return folder;
}

function recordsIn(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    assert.equal(bytes.readUInt32LE(at + 8), maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 12 + length), maskedCrc32c(data));
    records.push(data);
    at += length + 16;
  }
  return records;
}

test("maskedCrc32c() is RFC 3720's checksum, turned by 15 bits and moved", () => {
  const mask = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  assert.equal(maskedCrc32c(new Uint8Array(32)), mask(0x8a9136aa));
  assert.equal(maskedCrc32c(new Uint8Array(32).fill(0xff)), mask(0x62a8ab43));
});

test("frameRecord() puts length and checksums around the data", () => {
  const frame = Buffer.from(frameRecord(Buffer.from("foo")));
  assert.equal(frame.length, 19);
  assert.equal(frame.readBigUInt64LE(0), 3n);
  assert.equal(frame.subarray(12, 15).toString(), "foo");
});

test("createRecordWriter() writes framed records, and may be closed again", async () => {
  const file = path.join(scratch, "one.tfrecord");
  const writer = await createRecordWriter(file);
  for (const text of ["a", "bc"]) await writer.write(Buffer.from(text));
  await writer.close();
  await writer.close();
  assert.deepEqual(recordsIn(file).map(String), ["a", "bc"]);
});

test("encodeExample() writes the bytes of a protocol buffer", () => {
  const bytes = encodeExample({ a: feature.int64(300), b: feature.bytes("x"), c: feature.float(1) });
  const expected =
    "0a28" +
    "0a0b0a0161120" +
    "61a040a02ac02" +
    "0a0a0a016212050a030a0178" +
    "0a0d0a0163120812060a040000803f";
  assert.equal(Buffer.from(bytes).toString("hex"), expected);
});

test("readClassFolder() lists classes in order, and their files without hidden ones", async () => {
  const folder = makePhotos("list", 2);
  writeFileSync(path.join(folder, "hat", ".DS_Store"), "x");
  mkdirSync(path.join(folder, "shoes", "more"));
  writeFileSync(path.join(folder, "shoes", "more", "9.jpg"), "x");
  const { labels, files } = await readClassFolder(folder);
  assert.deepEqual(labels, ["hat", "shoes"]);
  assert.deepEqual(
    files.map(({ name, labels: [label] }) => `${label} ${name}`),
    ["0 hat/0.jpg", "0 hat/1.png", "1 shoes/0.jpg", "1 shoes/1.png", "1 shoes/more/9.jpg"],
  );
  const turned = await readClassFolder(folder, { labels: ["shoes", "hat", "coat"] });
  assert.deepEqual([...new Set(turned.files.map((file) => file.labels[0]))], [1, 0]);
});

test("readClassFolder() refuses a folder without classes, an empty class and an unknown one", async () => {
  const folder = path.join(scratch, "none");
  mkdirSync(folder);
  await assert.rejects(
    readClassFolder(folder),
    /Cannot read classes of ".*none": expected a folder for each class, got none/,
  );
  mkdirSync(path.join(folder, "hat"));
  await assert.rejects(
    readClassFolder(folder),
    /Cannot read class "hat" of ".*": expected images, got an empty folder/,
  );
  await assert.rejects(readClassFolder(folder, { labels: ["cap"] }), /expected cap, got a folder "hat"/);
});

test("splitFiles() gives each class its share, the same one for the same seed", () => {
  const files = Array.from({ length: 30 }, (_, i) => ({
    path: `${i}`,
    name: `${i}`,
    labels: [i < 10 ? 0 : 1],
  }));
  const fractions = { train: 0.8, validation: 0.1, test: 0.1 };
  const splits = splitFiles(files, fractions, 4);
  assert.deepEqual(
    [...splits].map(([name, part]) => `${name} ${part.length}`),
    ["train 24", "validation 3", "test 3"],
  );
  assert.equal(splits.get("test")?.filter((file) => file.labels[0] === 0).length, 1);
  assert.equal(new Set([...splits.values()].flat()).size, 30);
  assert.deepEqual(splitFiles(files, fractions, 4), splits);
  assert.notDeepEqual(splitFiles(files, fractions, 5), splits);
});

test("splitFiles() refuses fractions that are none, and a split that gets nothing", () => {
  const files = [{ path: "a", name: "a", labels: [0] }];
  assert.throws(
    () => splitFiles(files, { a: 0.8, b: 0.3 }, 0),
    /expected fractions above 0 that add up to at most 1, got {"a":0.8,"b":0.3}/,
  );
  assert.throws(() => splitFiles(files, { a: 0 }, 0), /expected fractions above 0/);
  assert.throws(
    () => splitFiles(files, { a: 0.1, b: 0.9 }, 0),
    /Cannot split 1 files: expected some for "a", got none/,
  );
});

test("writeRecords() writes shards and labels as TF-Slim names them, and leaks nothing", async () => {
  const before = memory();
  const out = path.join(scratch, "whole");
  const seen: string[] = [];
  const result = await writeRecords(makePhotos("photos"), out, {
    split: { train: 0.75, validation: 0.25 },
    onProgress: ({ done, total, file }) => seen.push(`${done}/${total} ${file}`),
  });
  const { written, labels, files, labelsFile, manifestFile, bad } = result;
  assert.deepEqual(written, { train: 10, validation: 2 });
  assert.deepEqual([labels, bad], [["hat", "shoes"], []]);
  assert.deepEqual(readdirSync(out), [
    "labels.txt",
    "photos.records.json",
    "photos_train_00000-of-00002.tfrecord",
    "photos_train_00001-of-00002.tfrecord",
    "photos_validation_00000-of-00002.tfrecord",
    "photos_validation_00001-of-00002.tfrecord",
  ]);
  assert.equal(readFileSync(path.join(out, "labels.txt"), "utf8"), "0:hat\n1:shoes\n");
  assert.deepEqual(files.map((file) => path.basename(file)), readdirSync(out).slice(2)); // prettier-ignore
  assert.deepEqual([labelsFile, manifestFile].map((file) => path.basename(file)), readdirSync(out).slice(0, 2)); // prettier-ignore
  assert.deepEqual(files.map((file) => recordsIn(file).length), [5, 5, 1, 1]); // prettier-ignore
  const text = "split       photos  hat  shoes\ntrain           10    5      5\nvalidation       2    1      1\n6 files in several classes or splits"; // prettier-ignore
  assert.equal(bundleOf(result)["text/plain"], text);
  assert.match(seen[11] ?? "", /^12\/12 (hat|shoes)\/\d\.(jpg|png)$/);
  assert.deepEqual(memory(), before);
});

test("writeRecords() keeps the splits of a folder that is split already", async () => {
  for (const split of ["train", "test"]) makePhotos(`parted/${split}`, split === "train" ? 3 : 1);
  const { written, labels } = await writeRecords(
    path.join(scratch, "parted"),
    path.join(scratch, "parted-out"),
  );
  assert.deepEqual([written, labels], [{ train: 6, test: 2 }, ["hat", "shoes"]]);
});

test("writeRecords() gives the same bytes for the same seed, however many at once, and others for another", async () => {
  const photos = makePhotos("again");
  const contents = async (out: string, seed: number, numParallel: number): Promise<string> => {
    const { files } = await writeRecords(photos, path.join(scratch, out), { seed, numParallel, shards: 1 });
    return readFileSync(files[0] ?? "", "base64");
  };
  const first = await contents("again1", 3, 1);
  assert.equal(await contents("again2", 3, 7), first);
  assert.notEqual(await contents("again3", 4, 7), first);
});

test("writeRecords() names and counts bad images, and writes the others", async () => {
  const photos = makePhotos("spoilt");
  const whole = readFileSync(path.join(photos, "hat", "1.png"));
  writeFileSync(path.join(photos, "hat", "empty.jpg"), "");
  writeFileSync(path.join(photos, "hat", "notes.txt"), "hello");
  writeFileSync(path.join(photos, "shoes", "cut.png"), whole.subarray(0, 60));
  writeFileSync(
    path.join(photos, "shoes", "cut.jpg"),
    readFileSync(path.join(photos, "hat", "0.jpg")).subarray(0, 90),
  );
  const { written, bad } = await writeRecords(photos, path.join(scratch, "spoilt-out"));
  assert.deepEqual(written, { train: 12 });
  const reasons = new Map(bad.map(({ file, reason }) => [file, reason]));
  assert.equal(reasons.get("hat/empty.jpg"), "the file is empty");
  assert.equal(reasons.get("hat/notes.txt"), "it is neither JPEG, PNG, GIF, BMP, WebP nor JPEG XL");
  assert.match(reasons.get("shoes/cut.png") ?? "", /PNG/);
  assert.match(reasons.get("shoes/cut.jpg") ?? "", /JPEG/);
  assert.equal(reasons.size, 4);
});

test("writeRecords() makes larger images smaller, and leaves others byte for byte", async () => {
  const photos = makePhotos("large", 1);
  tf.tidy(() => writeFileSync(path.join(photos, "hat", "large.png"), encodePng(picture(100, 200, 90))));
  const { files } = await writeRecords(photos, path.join(scratch, "large-out"), {
    resizeSide: 25,
    shards: 1,
  });
  const records = recordsIn(files[0] ?? "");
  const small = records.find((record) => record.includes("large.png")) ?? Buffer.alloc(0);
  assert.ok(small.includes(Buffer.from(encodeExample({ "image/width": feature.int64(50) }).subarray(2))));
  assert.ok(small.includes(Buffer.from([0xff, 0xd8, 0xff])));
  const kept = readFileSync(path.join(photos, "hat", "0.jpg"));
  assert.ok(records.some((record) => record.includes(kept)));
});

test("writeRecords() stops at an abort and leaves nothing behind", async () => {
  const before = memory();
  const out = path.join(scratch, "aborted");
  const stop = new AbortController();
  const running = writeRecords(makePhotos("aborting"), out, {
    signal: stop.signal,
    onProgress: ({ done }) => done === 3 && stop.abort(),
  });
  await assert.rejects(running, { name: "AbortError" });
  assert.equal(existsSync(out), false);
  assert.deepEqual(memory(), before);
});

test("writeRecords() refuses numbers that are none, and a folder of bad images", async () => {
  const photos = makePhotos("strict", 2);
  const out = path.join(scratch, "strict-out");
  await assert.rejects(
    writeRecords(photos, out, { shards: 0 }),
    /expected shards to be a whole number from 1, got 0/,
  );
  const spoilt = path.join(scratch, "allbad");
  for (const label of ["hat", "shoes"]) {
    mkdirSync(path.join(spoilt, label), { recursive: true });
    writeFileSync(path.join(spoilt, label, "a.jpg"), "");
  }
  await assert.rejects(
    writeRecords(spoilt, path.join(scratch, "allbad-out")),
    /expected images for split "train", got none; 2 were bad, the first "(?:hat|shoes)\/a.jpg": the file is empty/,
  );
});

test("Python TensorFlow reads what writeRecords() writes", async (context: TestContext) => {
  if (!existsSync(python)) return context.skip("no .venv with Python TensorFlow");
  const { files } = await writeRecords(makePhotos("python", 3), path.join(scratch, "python-out"), {
    shards: 1,
  });
  const script = `
import sys, json, tensorflow as tf
for record in tf.data.TFRecordDataset(sys.argv[1]):
    feature = tf.train.Example.FromString(record.numpy()).features.feature
    text = lambda key: feature[key].bytes_list.value[0].decode()
    number = lambda key: feature[key].int64_list.value[0]
    image = tf.io.decode_image(feature["image/encoded"].bytes_list.value[0])
    assert image.shape == (number("image/height"), number("image/width"), 3), image.shape
    print(number("image/class/label"), text("image/class/text"), text("image/format"), text("image/filename"))
`;
  const printed = execFileSync(python, ["-c", script, files[0] ?? ""], {
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.deepEqual(printed.trim().split("\n").sort(), [
    "0 hat jpg hat/0.jpg",
    "0 hat jpg hat/2.jpg",
    "0 hat png hat/1.png",
    "1 shoes jpg shoes/0.jpg",
    "1 shoes jpg shoes/2.jpg",
    "1 shoes png shoes/1.png",
  ]);
});

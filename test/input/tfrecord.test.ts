import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { CorruptRecordError, readDataset, TFRecordDataset, type Dataset } from "../../src/input";
import { bytesOf, frameRecord, memory, type tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const fixture = readFixture<{
  lengths: number[];
  reads: { numReaders: number; readBlockLength: number; numEpochs: number; order: string[] }[];
  flowers: { order: string[] };
}>("datasets");

const shared = process.env["SLIMLAB_SHARED_DATA"] ?? path.resolve(__dirname, "../../../../shared/data");
const flowers = path.join(shared, "records/flowers*");
const noFlowers = existsSync(path.join(shared, "records")) ? false : `there are no records in ${shared}`;

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-tfrecord-"));
after(() => rmSync(scratch, { recursive: true }));

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(scratch, name);
  writeFileSync(file, bytes);
  return file;
}

function frames(file: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => frameRecord(Buffer.from(`${file}:${i}`))));
}

async function strings(dataset: Dataset<tf.Tensor>): Promise<string[]> {
  const found: string[] = [];
  for await (const record of dataset) found.push(Buffer.from(bytesOf(record)[0] ?? []).toString());
  return found;
}

const ten = Array.from({ length: 10 }, (_, i) => `0:${i}`);
const FRAME = 19; // 12 + "0:0".length + 4

test("TFRecordDataset() reads plain and compressed files, one after the other", async () => {
  const plain = write("plain", frames(0, 10));
  assert.deepEqual(await strings(TFRecordDataset(plain)), ten);
  assert.deepEqual(await strings(TFRecordDataset([plain, plain], { bufferSize: 0 })), [...ten, ...ten]);
  const gzip = write("gzip", gzipSync(frames(0, 10)));
  assert.deepEqual(await strings(TFRecordDataset(gzip, { compressionType: "GZIP" })), ten);
  const zlib = write("zlib", deflateSync(frames(0, 10)));
  assert.deepEqual(await strings(TFRecordDataset(zlib, { compressionType: "ZLIB" })), ten);
  assert.deepEqual(await strings(TFRecordDataset(write("empty", Buffer.alloc(0)))), []);
});

test("TFRecordDataset() names files that are not there", () => {
  assert.throws(() => TFRecordDataset("/absent/file"), /expected a file at "\/absent\/file", got ENOENT/);
  assert.throws(() => TFRecordDataset(scratch), /got something else, e.g. a folder/);
  assert.throws(() => TFRecordDataset([]), /expected at least one file, got none/);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8((copy[at] ?? 0) ^ 1, at);
  return copy;
}

const whole = frames(0, 10);
const damaged: readonly (readonly [string, Buffer, "" | "GZIP" | "ZLIB", number, RegExp])[] = [
  [
    "data-cut",
    whole.subarray(0, 5 * FRAME + 14),
    "",
    5,
    /the record has 19 bytes, of which the file holds 14/,
  ],
  [
    "header-cut",
    whole.subarray(0, 5 * FRAME + 3),
    "",
    5,
    /the file ends 3 bytes into a record's 12-byte header/,
  ],
  ["data-flipped", flipped(whole, 5 * FRAME + 13), "", 5, /the checksum of the record's data is wrong/],
  ["length-flipped", flipped(whole, 5 * FRAME), "", 5, /the checksum of the record's length is wrong/],
  ["no-records", Buffer.from("this is a text, not a file of records"), "", 0, /does not begin with a record/],
  ["gzip-flipped", gzipSync(flipped(whole, 5 * FRAME + 13)), "GZIP", 5, /the record's data is wrong/],
  ["gzip-as-plain", gzipSync(whole), "", 0, /the file is compressed, which compressionType must say/],
  ["plain-as-gzip", whole, "GZIP", 0, /the file is not compressed, which compressionType does not say/],
];

for (const [name, bytes, compressionType, record, reason] of damaged) {
  test(`TFRecordDataset() stops at the damage of ${name}, with file, record and offset`, async () => {
    const file = write(name, bytes);
    const before = memory();
    await assert.rejects(strings(TFRecordDataset(file, { compressionType })), (error) => {
      assert.ok(error instanceof CorruptRecordError);
      assert.deepEqual([error.file, error.record, error.offset], [file, record, record * FRAME]);
      assert.match(error.message, new RegExp(`Cannot read record ${record} of ".*${name}"`));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(memory(), before);
  });
}

test("readDataset() finds the damaged file among many", async () => {
  for (let i = 0; i < 3; i++) write(`many-${i}`, frames(i, 10));
  const file = write("many-3", flipped(whole, 4 * FRAME + 13));
  const dataset = readDataset(TFRecordDataset, path.join(scratch, "many-*"), { numEpochs: 1 });
  await assert.rejects(strings(dataset), { name: "CorruptRecordError", file, record: 4, offset: 4 * FRAME });
});

test("readDataset() has the order of Python's read_dataset()", async () => {
  const before = memory();
  fixture.lengths.forEach((length, i) => write(`order-${i}`, frames(i, length)));
  const pattern = path.join(scratch, "order-*");
  for (const { order, ...options } of fixture.reads) {
    const warnings: string[] = [];
    const dataset = readDataset(TFRecordDataset, pattern, { ...options, onWarning: (w) => warnings.push(w) });
    assert.deepEqual(await strings(dataset), order, JSON.stringify(options));
    assert.equal(warnings.length, options.numReaders > 1 ? 1 : 0);
    dataset.dispose();
  }
  assert.deepEqual(memory(), before);
});

test("readDataset() reads for ever by default, all records, shuffled if asked to", async () => {
  const pattern = path.join(scratch, "order-*");
  const endless = readDataset(TFRecordDataset, pattern).take(31);
  assert.deepEqual((await strings(endless)).slice(15, 30), (await strings(endless)).slice(0, 15));
  const options = { shuffle: true, numEpochs: 1, seed: 3 };
  const orders = [1, 2].map(() => strings(readDataset(TFRecordDataset, pattern, options)));
  const [first = [], second] = await Promise.all(orders);
  assert.deepEqual(first, second);
  const inOrder = await strings(readDataset(TFRecordDataset, pattern, { numEpochs: 1 }));
  assert.notDeepEqual(first, inOrder);
  assert.deepEqual(first.sort(), inOrder.sort());
});

test("readDataset() warns of fewer readers and of a slight shuffle, and refuses patterns that match nothing", () => {
  const warnings: string[] = [];
  const onWarning = (message: string): number => warnings.push(message);
  readDataset(TFRecordDataset, path.join(scratch, "order-*"), { numReaders: 8, onWarning });
  assert.match(warnings[0] ?? "", /numReaders has been reduced to 3/);
  assert.match(warnings[1] ?? "", /still slightly shuffled since numReaders > 1/);
  readDataset(TFRecordDataset, path.join(scratch, "order-*"), { numReaders: 3, shuffle: true, onWarning });
  assert.equal(warnings.length, 2);
  const pattern = path.join(scratch, "absent-*");
  assert.throws(() => readDataset(TFRecordDataset, ["/", pattern]), new RegExp(`files that match "${pattern.replace("*", "\\*")}", got none`)); // prettier-ignore
  assert.throws(() => readDataset(TFRecordDataset, []), /expected a pattern/);
  assert.throws(() => readDataset(TFRecordDataset, pattern, { numReaders: 0 }), /numReaders/);
});

test("readDataset() gives TF-Slim's flowers in Python's order", { skip: noFlowers }, async () => {
  const options = { numReaders: 2, readBlockLength: 32, numEpochs: 1, onWarning: () => undefined };
  const order: string[] = [];
  for await (const record of readDataset(TFRecordDataset, flowers, options)) {
    const [bytes = new Uint8Array()] = bytesOf(record);
    order.push(createHash("sha256").update(bytes).digest("hex").slice(0, 16));
  }
  assert.equal(order.length, 140);
  assert.deepEqual(order, fixture.flowers.order);
});

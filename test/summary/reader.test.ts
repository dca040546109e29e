import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readEvents, SummaryWriter, type EventPoint } from "../../src/summary";
import { CorruptRecordError, tf } from "../../src/tensorflow";
import { fixturePath, readFixture } from "../fixtures";

type FixtureValue = number | number[][] | string[];

/** By run, then tag: what TensorBoard keeps of the files, as tensors; strings as hexadecimal digits. */
type Fixture = Record<"v1" | "v2", Record<string, { step: number; wallTime: number; value: FixtureValue }[]>>;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** TensorBoard rounds buckets of version 1 to float32. */
const rounded = (value: FixtureValue): number | number[][] =>
  Array.isArray(value) ? value.map((row) => [...row].map((x) => Math.fround(Number(x)))) : value;

/** A point's value as TensorBoard keeps it. */
function asTensor(point: EventPoint): unknown {
  switch (point.kind) {
    case "scalar":
      return point.value;
    case "histogram":
      return point.value.buckets.map(({ left, right, count }) => [left, right, count].map(Math.fround));
    case "image": {
      const { width, height, files } = point.value;
      return [hex(Buffer.from(String(width))), hex(Buffer.from(String(height))), ...files.map(hex)];
    }
    case "text":
      return [hex(Buffer.from(point.value))];
    case "tensor": {
      const [, columns = 1] = point.value.shape;
      const values = point.value.values.map(Number);
      return Array.from({ length: values.length / columns }, (_, i) =>
        values.slice(i * columns, (i + 1) * columns),
      );
    }
  }
}

test("readEvents() gives what TensorBoard keeps of Python's event files, resumed runs among them", async () => {
  const expected = readFixture<Fixture>("events");
  const got: Record<string, Record<string, unknown[]>> = {};
  for await (const point of readEvents(fixturePath("events"))) {
    ((got[point.run] ??= {})[point.tag] ??= []).push({
      step: point.step,
      wallTime: point.wallTime,
      value: asTensor(point),
    });
  }
  for (const point of Object.values(expected).flatMap((tags) => tags["weights"] ?? []))
    point.value = rounded(point.value);
  assert.deepEqual(got, expected);
});

const whole = readFileSync(fixturePath("events/v1/events.out.tfevents.0000000001.first"));

async function readBytes(bytes: Uint8Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-events-"));
  const file = join(folder, "events.out.tfevents.1.host");
  writeFileSync(file, bytes);
  try {
    let points = 0;
    for await (const point of readEvents(file)) points += point.tag === "loss" ? 1 : 0;
    return points;
  } catch (error) {
    if (error instanceof CorruptRecordError) assert.equal(error.file, file);
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Offsets of the records, and of the file's end. */
function offsetsOf(bytes: Buffer): number[] {
  const offsets = [0];
  for (let at = 0; at < bytes.length; offsets.push(at)) at += 16 + Number(bytes.readBigUInt64LE(at));
  return offsets;
}

test("readEvents() ends quietly where a file that is being written ends, at every byte of its last record", async () => {
  const offsets = offsetsOf(whole);
  const isLoss = (i: number): boolean => whole.subarray(offsets[i], offsets[i + 1]).includes("loss");
  for (const at of [1, 2, 3, 4]) {
    const [start = 0, end = 0] = offsets.slice(at);
    const before = Array.from({ length: at }, (_, i) => isLoss(i)).filter(Boolean).length;
    for (let length = start; length < end; length++)
      assert.equal(await readBytes(whole.subarray(0, length)), before);
  }
});

test("readEvents() names the record in which a bit is wrong", async () => {
  const offsets = offsetsOf(whole);
  const [start = 0, end = 0] = offsets.slice(2);
  for (let at = start; at < end; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    const reason = at < start + 12 ? "length" : "data";
    await assert.rejects(readBytes(bytes), {
      name: "CorruptRecordError",
      record: 2,
      offset: start,
      message: new RegExp(`the checksum of the record's ${reason} is wrong$`),
    });
  }
});

test("readEvents() finds which steps come again behind records that are large, whole, cut off or damaged", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-large-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const large = tf.randomUniform([256, 256, 3]);
  const first = new SummaryWriter(folder);
  for (const step of [1, 2, 3]) {
    first.scalar("loss", step, step);
    await first.image("large", large, step);
  }
  await first.close();
  const second = new SummaryWriter(folder, { purgeStep: 3 });
  second.scalar("loss", 30, 3);
  await second.close();
  large.dispose();
  const seen = async (): Promise<unknown[]> => {
    const points: unknown[] = [];
    for await (const { kind, step, value } of readEvents(folder)) points.push([step, kind === "scalar" ? value : kind]); // prettier-ignore
    return points;
  };
  const expected = [[1, 1], [1, "image"], [2, 2], [2, "image"], [3, 30]]; // prettier-ignore
  assert.deepEqual(await seen(), [...expected.slice(0, -1), [3, "image"], ...expected.slice(-1)]);
  const bytes = readFileSync(first.path);
  const [start = 0, end = 0] = offsetsOf(bytes).slice(-2);
  assert.ok(end - start > 100_000);
  for (const length of [end - 1, start + 9000, start + 13, start + 12, start + 5]) {
    writeFileSync(first.path, bytes.subarray(0, length));
    assert.deepEqual(await seen(), expected, `cut at ${length} of ${start} to ${end}`);
  }
  bytes[end - 5] = (bytes[end - 5] ?? 0) ^ 1;
  writeFileSync(first.path, bytes);
  await assert.rejects(seen(), { name: "CorruptRecordError", offset: start });
});

test("readEvents() says when there is nothing to read", async () => {
  await assert.rejects(async () => {
    for await (const point of readEvents(join(tmpdir(), "slimlab-no-such-folder"))) assert.fail(point.tag);
  }, /^RangeError: Cannot read events of ".*": expected event files, got nothing there$/);
});

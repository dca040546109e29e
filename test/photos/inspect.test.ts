/** inspectPhotos() of folders and records. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { writeRecords } from "../../src/input";
import { createRecordWriter } from "../../src/input/recordwriter";
import { inspectPhotos, type PhotoGroup } from "../../src/photos";
import { encodeExample, encodeJpeg, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { renderPhoto } from "../../src/input";
import { readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";

const root = temporaryFolder("look");
const turned = readFixture<Readonly<Record<string, { readonly file: string }>>>("phash");

/** A rendered photo, unlike those of other numbers. */
function photo(number: number, quality = 90): Uint8Array {
  return tf.tidy(() => encodeJpeg(renderPhoto("mug", { size: 48, seed: number }), { quality }));
}

function put(folder: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(root, folder, name, ".."), { recursive: true });
    writeFileSync(join(root, folder, name), contents);
  }
  return join(root, folder);
}

const mixed = put("mixed", {
  "train/hat/a.jpg": photo(1),
  "train/hat/again.jpg": photo(1),
  "train/hat/notes.txt": "hello",
  "train/hat/side.jpg": Buffer.from(turned["turned6.jpg"]?.file ?? "", "base64"),
  "train/<shoes>/b.jpg": photo(2),
  "train/<shoes>/c.png": tf.tidy(() => encodePng(tf.fill([20, 30, 3], 9))),
  "val/hat/a.jpg": photo(1),
  "val/hat/d.jpg": photo(3),
  "val/<shoes>/worse.jpg": photo(3, 40),
  "val/<shoes>/e.jpg": photo(4),
});

const told = ({ files, labels, splits, isAcrossClasses, isAcrossSplits }: PhotoGroup): unknown[] => [files, labels, splits, isAcrossClasses, isAcrossSplits]; // prettier-ignore

test("inspectPhotos() counts classes and splits, and tells sizes, turned, broken, copied and alike", async () => {
  await inspectPhotos(mixed);
  const before = memory();
  const progress: unknown[] = [];
  const found = await inspectPhotos(mixed, { onProgress: (at) => progress.push(at) });
  assert.deepEqual(memory(), before);
  assert.deepEqual(progress.at(-1), { done: 10, total: 10, file: "val/hat/d.jpg" });
  assert.deepEqual(found.classes, [
    { name: "<shoes>", photos: { train: 2, validation: 2 }, broken: 0 },
    { name: "hat", photos: { train: 3, validation: 2 }, broken: 1 },
  ]);
  assert.deepEqual(found.splits, { train: 5, validation: 4 });
  assert.deepEqual(found.broken, [
    { file: "train/hat/notes.txt", reason: "it is neither JPEG, PNG, GIF, BMP, WebP nor JPEG XL" },
  ]);
  assert.deepEqual(found.width, { least: 30, median: 48, greatest: 48 });
  assert.deepEqual(found.height, { least: 20, median: 48, greatest: 64 });
  assert.deepEqual(found.orientations, { "1": 8, "6": 1 });
  assert.deepEqual(found.formats, { jpg: 8, png: 1 });
  assert.deepEqual(found.copies.map(told), [
    [["train/hat/a.jpg", "train/hat/again.jpg", "val/hat/a.jpg"], ["hat"], ["train", "validation"], false, true], // prettier-ignore
  ]);
  assert.deepEqual(found.near.map(told), [
    [["val/<shoes>/worse.jpg", "val/hat/d.jpg"], ["<shoes>", "hat"], ["validation"], true, false],
  ]);
  assert.equal(found.photos.length, 9);
  const side = found.photos.find(({ file }) => file.endsWith("side.jpg"));
  assert.deepEqual([side?.width, side?.height, side?.orientation], [40, 64, 6]);
});

test("an inspection shows itself, and goes into JSON, without its photos one by one", async () => {
  const found = await inspectPhotos(mixed);
  const { "text/html": html, "text/plain": text } = bundleOf(found);
  assert.doesNotMatch(String(html), /<shoes>/);
  assert.match(String(html), /&lt;shoes&gt;/);
  assert.match(text, /9 photos of 2 classes/);
  assert.match(text, /^hat +3 +2 +5 +1$/m);
  assert.match(text, /^all photos +5 +4 +9 +1$/m);
  assert.match(text, /^the same file several times +3 +1 group, as train\/hat\/a\.jpg = train\/hat\/again\.jpg = … \(3\)$/m); // prettier-ignore
  assert.match(text, /^turned by Exif +1 +orientation 6: 1$/m);
  const { photos: _, counts: __, findings: ___, ...rest } = found;
  const facts = Object.entries(rest).filter(([, value]) => typeof value !== "function");
  assert.deepEqual(JSON.parse(JSON.stringify(found)), Object.fromEntries(facts));
  assert.equal(found.duplicates().rows.length, 2);
  const { "application/vnd.plotly.v1+json": spec, "image/png": png } = bundleOf(found.figure());
  assert.match(String(png), /^iVBORw0KGgo/);
  assert.match(JSON.stringify(spec), /"name":"validation"[^{]*"x":\[2,2\],"y":\["<shoes>","hat"\]/);
});

test("records are inspected as the folder that they were written of", async () => {
  const out = join(root, "records");
  await writeRecords(mixed, out, { name: "photos" });
  const [folder, records] = [await inspectPhotos(mixed), await inspectPhotos(out)];
  const { source: _, broken: __, classes, ...rest } = records.toJSON();
  const sorted = Object.entries(rest).map(([name, value]) => [name, value]);
  const expected = folder.toJSON();
  assert.deepEqual(classes, expected.classes.map((one) => ({ ...one, broken: 0 }))); // prettier-ignore
  for (const [name, value] of sorted)
    if (!["orientations", "copies", "near"].includes(String(name))) assert.deepEqual(value, Reflect.get(expected, String(name)), String(name)); // prettier-ignore
  assert.deepEqual(records.orientations, { "1": 9 });
  assert.deepEqual(records.copies.map(told), expected.copies.map(told));
  const train = await inspectPhotos(join(out, "photos_train_*"));
  assert.deepEqual(train.splits, { train: 5 });
  await assert.rejects(inspectPhotos(out, { csv: [] }), /^TypeError: Cannot inspect records: expected no csv, which is for folders of photos, got one$/); // prettier-ignore
});

test("records without labels.txt, names or images are told of", async () => {
  const folder = join(root, "bare");
  mkdirSync(folder);
  const file = join(folder, "train-00000-of-00001");
  const writer = await createRecordWriter(file);
  const image = { "image/encoded": feature.bytes(photo(5)) };
  await writer.write(encodeExample({ ...image, "image/class/label": feature.int64(2) }));
  await writer.write(encodeExample({ ...image, "image/class/label": feature.int64(-1) }));
  await writer.write(encodeExample({ "image/class/label": feature.int64(0) }));
  await writer.write(Buffer.from("\xff\xff\xff"));
  await writer.close();
  const found = await inspectPhotos(file);
  assert.deepEqual(found.classes.map(({ name, photos }) => [name, photos]), [["class 0", { train: 0 }], ["class 1", { train: 0 }], ["class 2", { train: 1 }]]); // prettier-ignore
  assert.deepEqual(found.broken.map(({ file: name, reason }) => `${name}: ${reason}`), [
    "record 1 of train-00000-of-00001: its label is -1",
    "record 2 of train-00000-of-00001: the record has no image/encoded",
    "record 3 of train-00000-of-00001: it is no tf.train.Example, but 6 other bytes",
  ]); // prettier-ignore
});

test("photos of several classes count in each, and those without any are told", async () => {
  const labelsOf = (file: string): string[] | undefined =>
    ({ "hat/a.jpg": ["hat", "round"], "hat/d.jpg": [], "<shoes>/e.jpg": ["round"] })[file];
  const found = await inspectPhotos(join(mixed, "val"), { labelsOf });
  assert.deepEqual(found.classes.map(({ name, photos }) => [name, photos]), [["hat", { all: 1 }], ["round", { all: 2 }]]); // prettier-ignore
  assert.equal(found.without, 1);
  assert.match(String(found.counts), /^without a class +1$/m);
  assert.match(String(found.counts), /^all photos +3$/m);
  assert.deepEqual(found.warnings, [
    `labelsOf() leaves out 1 of the files in "${join(mixed, "val")}", as "<shoes>/worse.jpg"`,
  ]);
});

test("inspectPhotos() refuses what has no photos and what is out of range, and stops by the signal", async () => {
  const texts = put("texts", { "a/1.txt": "x", "b/2.txt": "y" });
  await assert.rejects(inspectPhotos(texts), /^RangeError: Cannot inspect photos of ".*texts": expected some that can be decoded, got 2 that can't, as "a\/1\.txt": it is neither/); // prettier-ignore
  await assert.rejects(inspectPhotos(mixed, { distance: 16 }), /^RangeError: Cannot inspect photos: expected distance to be a whole number in 0 … 15, got 16$/); // prettier-ignore
  await assert.rejects(inspectPhotos(mixed, { numParallel: 0 }), /expected numParallel to be a whole number from 1 on, got 0$/); // prettier-ignore
  await assert.rejects(inspectPhotos(join(root, "absent")), /expected files that match ".*absent", got none/);
  const stop = new AbortController();
  const before = memory();
  const onProgress = (): void => stop.abort(new Error("stopped"));
  await assert.rejects(inspectPhotos(mixed, { signal: stop.signal, onProgress }), /^Error: stopped$/);
  assert.deepEqual(memory(), before);
  copyFileSync(join(mixed, "val/hat/a.jpg"), join(texts, "a/1.jpg"));
  assert.equal((await inspectPhotos(texts)).photos.length, 1);
});

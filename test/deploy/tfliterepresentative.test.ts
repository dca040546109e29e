/** Representative images: a .npy file as NumPy reads and writes it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  createInputFn,
  Dataset,
  memory,
  Model,
  representativeDataset,
  tf,
  writeRecords,
  type ModelOptions,
  type RepresentativeOptions,
} from "../../src";
import { npyHeader, readNpy } from "../../src/deploy/npy";
import { preprocessForEval, readImage, renderPhotos } from "../../src/input";
import { filesUnder } from "../../src/input/folder";
import { encodePng } from "../../src/tensorflow";
import { python, skip } from "../python";
import { settleBeforeEach, settled } from "../settled";
import { temporaryFolder } from "../temporary";

settleBeforeEach();

const root = temporaryFolder("representative");
const SIDE = 24;

const small = (options: ModelOptions = {}): Model =>
  new Model({
    architecture: "resnet_v1_14",
    width: 1 / 4,
    numClasses: 2,
    defaultImageSize: SIDE,
    fixedResizeSide: 32,
    ...options,
  });

const images = (count: number): tf.Tensor4D => tf.randomUniform([count, 32, 40, 3], 0, 255, "float32", 1);

/** All rows of a file. */
async function numbersOf(path: string, size: number): Promise<number[]> {
  const all: number[][] = [];
  for await (const batch of (await readNpy(path)).batches(size)) all.push([...batch.dataSync()]);
  return all.flat();
}

test("images of a tensor are written as they are, or preprocessed, and read again in batches", async () => {
  const model = small();
  const given = images(5);
  const before = memory().tensors;
  const file = join(root, "tensor.npy");
  const told: unknown[] = [];
  const options = { file, onProgress: (progress: unknown) => told.push(progress) };
  assert.deepEqual(await representativeDataset(given, 3, options), { file, count: 3, shape: [3, 32, 40, 3] });
  assert.deepEqual(told, [{ done: 3, total: 3 }]);
  assert.deepEqual(
    await numbersOf(file, 2),
    tf.tidy(() => [...given.slice(0, 3).dataSync()]),
  );
  const shape = [5, SIDE, SIDE, 3];
  assert.deepEqual(await representativeDataset(given, 5, { file, model }), { file, count: 5, shape });
  assert.deepEqual(
    await numbersOf(file, 5),
    tf.tidy(() => [...model.preprocess(given).dataSync()]),
  );
  assert.equal(memory().tensors, before);
  given.dispose();
  model.dispose();
});

test("photos are squashed as their model does it, or as asked", async () => {
  const folder = join(root, "squashed");
  await renderPhotos(folder, { perClass: 1, size: 50 });
  const model = small({ centralFraction: 0.875 });
  const { size: side, ...photo } = model.photoSize;
  const shape = [2, side, side, 3];
  const own = await representativeDataset(folder, 2, {
    file: join(root, "own.npy"),
    model,
    receive: "images",
  });
  const asked = await representativeDataset(folder, 2, { file: join(root, "asked.npy"), side, ...photo });
  assert.deepEqual([own.shape, asked.shape], [shape, shape]);
  assert.deepEqual(await numbersOf(own.file, 2), await numbersOf(asked.file, 2));
  const [first = ""] = await filesUnder(folder);
  const image = await readImage(first);
  const expected = tf.tidy(() => [...preprocessForEval(image, model.photoSize).dataSync()]);
  const numbers = await numbersOf(own.file, 2);
  assert.ok(expected.every((value, i) => Math.abs(value - (numbers[i] ?? NaN)) < 1e-3));
  const large = small({ defaultImageSize: 299, fixedResizeSide: 342, centralFraction: 0.875 }); // as createInputFn() makes photos then
  const plain = await representativeDataset(folder, 2, { file: join(root, "plain.npy"), model: large, receive: "images", resizeSide: 280 }); // prettier-ignore
  assert.deepEqual(plain.shape, [2, 256, 256, 3]);
  large.dispose();
  await assert.rejects(representativeDataset(folder, 3, { side, centralFraction: 2 }), /expected centralFraction in 0\.01 … 1, got 2$/); // prettier-ignore
  image.dispose();
  model.dispose();
});

test("NumPy reads what is written, and what it writes is read", { skip }, async () => {
  const given = images(2);
  const file = join(root, "numpy.npy");
  await representativeDataset(given, 2, { file });
  const script = `import sys, numpy as np
a = np.load(sys.argv[1], mmap_mode="r"); print(a.dtype, a.shape, a.offset % 64, repr(float(a[1, 2, 3, 1])))
np.save(sys.argv[2], a[::-1].copy()); np.save(sys.argv[3], a.astype("float64")); np.save(sys.argv[4], np.asfortranarray(a))`;
  const [back, wide, fortran] = [join(root, "back.npy"), join(root, "wide.npy"), join(root, "fortran.npy")];
  const told = execFileSync(python ?? "", ["-c", script, file, back, wide, fortran], { encoding: "utf8" });
  const number = tf.tidy(() => given.slice([1, 2, 3, 1], [1, 1, 1, 1]).dataSync()[0]);
  assert.equal(told.trim(), `float32 (2, 32, 40, 3) 0 ${number ?? ""}`);
  const reversed = tf.tidy(() => [...given.reverse(0).dataSync()]);
  assert.deepEqual(await numbersOf(back, 1), reversed);
  assert.deepEqual(readFileSync(back).subarray(0, 128), Buffer.from(npyHeader([2, 32, 40, 3])));
  await assert.rejects(readNpy(wide), /wide\.npy": expected float32 numbers \("<f4"\), got "<f8"$/);
  await assert.rejects(readNpy(fortran), /got an array in Fortran's order$/);
  given.dispose();
});

test("what is no such file is refused by name", async () => {
  const at = (name: string, contents: Uint8Array): string => {
    writeFileSync(join(root, name), contents);
    return join(root, name);
  };
  await assert.rejects(
    readNpy(join(root, "none.npy")),
    /Cannot read ".*none\.npy": expected a \.npy file, got ENOENT/,
  );
  await assert.rejects(
    readNpy(at("text.npy", Buffer.from("no array, but text"))),
    /format version 1\.0, got another$/,
  );
  await assert.rejects(readNpy(at("short.npy", Buffer.from("text"))), /expected 10 bytes or more, got 4$/);
  const cut = Buffer.concat([npyHeader([2, 3]), Buffer.alloc(20)]);
  await assert.rejects(
    readNpy(at("cut.npy", cut)),
    /expected 152 bytes, as its shape \(2, 3\) tells, got 148$/,
  );
  const vector = Buffer.concat([npyHeader([2]), Buffer.alloc(8)]);
  await assert.rejects(readNpy(at("vector.npy", vector)), /the shape \(2,\)$/);
  const whole = await readNpy(at("whole.npy", Buffer.concat([npyHeader([2, 1]), Buffer.alloc(8)])));
  await assert.rejects(whole.batches(0).next(), RangeError);
});

test("photos come from records and from folders, of which they are taken evenly", async () => {
  const photos = join(root, "photos");
  await renderPhotos(photos, { perClass: 4, size: 40 });
  await writeRecords(photos, join(root, "records"), { split: "train" });
  const model = small();
  const inputFn = createInputFn(join(root, "records/photos_*"), { batchSize: 3 });
  await settled();
  const before = memory().tensors;
  const file = join(root, "photos.npy");
  const { shape } = await representativeDataset(inputFn(), 7, { file, receive: "images", model, side: 32 });
  assert.deepEqual(shape, [7, 32, 32, 3]);
  const preprocessed = await representativeDataset(photos, 6, { file, model, side: 32, resizeSide: 36 });
  assert.deepEqual(preprocessed.shape, [6, SIDE, SIDE, 3]);
  const classes = readdirSync(photos).filter((name) => !name.startsWith("."));
  const paths = classes.flatMap((name) =>
    readdirSync(join(photos, name)).map((one) => join(photos, name, one)),
  );
  const all = await representativeDataset(paths, paths.length, { file });
  assert.deepEqual(all.shape, [paths.length, 256, 256, 3]);
  await settled();
  assert.equal(memory().tensors, before);
  model.dispose();
});

test("photos are resized as the model's are, or as is asked for", async () => {
  const photo = join(root, "photo.png");
  const pixels = tf.tidy(() => tf.randomUniform<tf.Rank.R3>([70, 91, 3], 0, 255, "int32", 3).toInt().as3D(70, 91, 3));
  writeFileSync(photo, encodePng(pixels));
  const file = join(root, "resized.npy");
  const model = small({ source: "torchvision", interpolation: "bicubic" });
  const expectWritten = async (options: RepresentativeOptions, expected: () => tf.Tensor): Promise<void> => {
    await representativeDataset(photo, 1, { file, ...options });
    const [got, wanted] = [await numbersOf(file, 1), tf.tidy(() => [...expected().dataSync()])];
    assert.equal(got.length, wanted.length);
    got.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-3, `${i}: ${value}, expected ${wanted[i] ?? NaN}`));
  };
  const ofPhoto = (options: object): tf.Tensor4D => preprocessForEval(pixels, options).expandDims<tf.Tensor4D>(0);
  await expectWritten({ model }, () => model.preprocess(ofPhoto(model.photoSize)));
  await expectWritten({ model, receive: "images" }, () => ofPhoto(model.photoSize));
  await expectWritten({ model, receive: "images", side: 40, resizeSide: 50 }, () => ofPhoto({ size: 40, resizeSide: 50, interpolation: "bicubic" }));
  await expectWritten({ side: 40, resizeSide: 50, interpolation: "bilinear" }, () => ofPhoto({ size: 40, resizeSide: 50, interpolation: "bilinear" }));
  await expectWritten({}, () => ofPhoto({ size: 256, resizeSide: 256 }));
  pixels.dispose();
  model.dispose();
}); // prettier-ignore

test("what no file can be written of is refused, and nothing stays", async () => {
  const folder = join(root, "refused");
  mkdirSync(folder);
  const file = join(folder, "it.npy");
  const given = images(3);
  const model = small();
  const before = memory().tensors;
  const refuses = (work: Promise<unknown>, expected: RegExp): Promise<void> => assert.rejects(work, expected);
  await refuses(
    representativeDataset(given, 4, { file }),
    /expected 4 images, got 3, all that the input has$/,
  );
  await refuses(representativeDataset(given, 0, { file }), /expected 1 or more, got 0$/);
  // @ts-expect-error -- what JavaScript may give
  await refuses(representativeDataset(given, 1, { file, receive: "files" }), /no operations for files .* got "files"$/); // prettier-ignore
  await refuses(representativeDataset(given, 1, { file, receive: "preprocessed" }), /expected a model/);
  await refuses(representativeDataset(given, 1, { file, side: 0 }), /expected side .* got 0$/);
  await refuses(
    representativeDataset(given, 1, { file, side: 9, resizeSide: 8 }),
    /the side 9 or more, got 8$/,
  );
  await refuses(representativeDataset([], 1, { file }), /expected 1 images, got 0/);
  // @ts-expect-error -- what JavaScript may give
  await refuses(representativeDataset(given, 1, { file, interpolation: "area" }), /expected interpolation to be slim, bilinear, bicubic, got area$/); // prettier-ignore
  const none = join(folder, "none.jpg");
  await refuses(representativeDataset(none, 1, { file }), /none\.jpg": expected a photo/);
  await refuses(
    representativeDataset(given, 1, { file: join(folder, "no/it.npy") }),
    /room to write to, got ENOENT/,
  );
  const odd = tf.tidy(() => given.div<tf.Tensor4D>(tf.scalar(-1)));
  await refuses(representativeDataset(odd, 1, { file, model }), /expected pixels in 0…255/);
  const vectors = Dataset.fromTensorSlices(tf.ones([4, 3])).batch(2);
  await refuses(
    representativeDataset(vectors, 1, { file }),
    /images \[batch, height, width, 3\].* got float32 \[2, 3\]$/,
  );
  async function* sizes(): AsyncGenerator<tf.Tensor> {
    await Promise.resolve();
    yield given;
    yield tf.tidy(() => given.slice([0, 0, 0, 0], [1, 16, 16, 3]));
  }
  await refuses(
    representativeDataset(sizes(), 4, { file }),
    /expected all of \[32, 40, 3\], got image 3 of \[16, 16, 3\]$/,
  );
  const stop = new AbortController();
  const { signal } = stop;
  const stopped = representativeDataset(given, 4, {
    file,
    signal,
    onProgress: () => stop.abort(new Error("enough")),
  });
  await refuses(stopped, /^Error: enough$/);
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(memory().tensors <= before + 3, "the tensors made here alone");
  tf.dispose([given, odd]);
  model.dispose();
});

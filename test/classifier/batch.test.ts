/** createBatchPredictor(): photos that come together run together, and each has its own answer. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createBatchPredictor, UnavailableError, predict, type PredictedPhoto } from "../../src/classifier";
import { createPhotoDecoder, knownPhoto } from "../../src/classifier/batchphotos";
import { BatchQueue } from "../../src/classifier/batchqueue";
import { modelSourceOf } from "../../src/classifier/source";
import { PhotoError, PhotoTooLargeError } from "../../src/input";
import { encodeJpeg, encodePng, memory, tf } from "../../src/tensorflow";
import { NAMES, photo, smallModel } from "./small";

const model = smallModel();
after(() => model.dispose());
const options = { classNames: NAMES };

/** Files of different photos, PNG and JPEG in turn. */
function filesOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const image = photo(`photo ${i}`, 40 + i, 60);
    const file = Buffer.from(i % 2 === 0 ? encodePng(image) : encodeJpeg(image));
    image.dispose();
    return file;
  });
}

/** That both say the same: a row's last digits differ with the batch that it is in. */
function assertSame(got: PredictedPhoto | undefined, wanted: PredictedPhoto | undefined): void {
  assert.deepEqual(got?.classes, wanted?.classes);
  assert.deepEqual(Object.keys(got?.probabilities ?? {}), Object.keys(wanted?.probabilities ?? {}));
  for (const [name, value] of Object.entries(wanted?.probabilities ?? {}))
    assert.ok(Math.abs((got?.probabilities[name] ?? NaN) - value) < 1e-6, `${name}: ${value}`);
}

/** A queue whose batches' sizes are noted. */
function notingQueue(batching: { readonly maxBatchSize: number; readonly batchTimeoutMs: number }) {
  const source = modelSourceOf(model, options);
  const decoder = createPhotoDecoder(source.sizes);
  const sizes: number[] = [];
  const run: typeof source.run = (images) => {
    sizes.push(images.length);
    return source.run(images);
  };
  const queue = new BatchQueue({ ...source, run }, decoder, { ...batching, maxPixels: 1e7 });
  const add = (contents: Buffer, signal?: AbortSignal): Promise<PredictedPhoto> =>
    queue.add(knownPhoto({ called: `of ${contents.length} bytes`, contents }, 1e7), { name: "one", signal });
  const close = async (): Promise<void> => {
    queue.hurryUp();
    await queue.idle();
    decoder.dispose();
    source.dispose();
  };
  return { add, close, queue, sizes };
}

test("photos that come together run as one batch, at most maxBatchSize at once, each with predict()'s answer", async () => {
  const files = filesOf(9);
  const { photos: wanted } = await predict(model, files, options);
  const before = memory();
  const { add, close, sizes } = notingQueue({ maxBatchSize: 4, batchTimeoutMs: 0 });
  assertSame(await add(files[0] ?? Buffer.of()), wanted[0]);
  assert.deepEqual(sizes, [1]);
  const answers = await Promise.all(files.map((file) => add(file)));
  assert.deepEqual(sizes, [1, 4, 4, 1]);
  for (const [i, answer] of answers.entries()) assertSame(answer, wanted[i]);
  await close();
  assert.deepEqual(memory(), before);
});

test("a full batch does not wait for batchTimeoutMs, others do, until the end", async () => {
  const [one, two, three] = filesOf(3);
  const { add, close, queue, sizes } = notingQueue({ maxBatchSize: 2, batchTimeoutMs: 600_000 });
  const first = add(one ?? Buffer.of());
  await Promise.all([first, add(two ?? Buffer.of())]);
  assert.deepEqual(sizes, [2]);
  const last = add(three ?? Buffer.of());
  queue.hurryUp();
  await last;
  assert.deepEqual(sizes, [2, 1]);
  await close();
});

test("who goes away before the run is dropped from it, at once; a damaged photo fails alone", async () => {
  const [one = Buffer.of(), two = Buffer.of(), three = Buffer.of()] = filesOf(3);
  const before = memory();
  const { add, close, queue, sizes } = notingQueue({ maxBatchSize: 8, batchTimeoutMs: 600_000 });
  const gone = new AbortController();
  const kept = add(one);
  const left = add(two, gone.signal);
  const broken = add(three.subarray(0, 200));
  gone.abort(new Error("gone"));
  await assert.rejects(left, /^Error: gone$/);
  await assert.rejects(broken, /^PhotoError: Cannot read image of 200 bytes: expected a photo, got none: /);
  queue.hurryUp();
  await kept;
  assert.deepEqual(sizes, [1]);
  await close();
  assert.deepEqual(memory(), before);
});

test("each photo's faults are told by name, and the others are predicted", async () => {
  const [png = Buffer.of(), jpeg = Buffer.of()] = filesOf(2);
  const before = memory();
  const predictor = createBatchPredictor(model, options);
  const huge = Buffer.from(png);
  huge.writeUInt32BE(60_000, 16);
  huge.writeUInt32BE(60_000, 20);
  const given = [
    png,
    Buffer.of(),
    Buffer.from("hat"),
    png.subarray(0, 20),
    jpeg.subarray(0, 300),
    huge,
    jpeg,
  ];
  const outcomes = await Promise.allSettled(given.map((file) => predictor.predict(file)));
  const told = outcomes.map((one) => (one.status === "fulfilled" ? one.value.photo : String(one.reason)));
  for (const [i, text] of [
    /^photo 0$/,
    /^PhotoError: Cannot read image of 0 bytes: expected a photo, got none: the file is empty$/,
    /^PhotoError: Cannot read image of 3 bytes: expected a photo, got none: it is neither JPEG/,
    /^PhotoError: Cannot read image of 20 bytes: .* its header, a png file's, is damaged or cut off$/,
    /^PhotoError: Cannot read image of 300 bytes: expected a photo, got none: .*JPEG/,
    /^PhotoTooLargeError: Cannot read image of \d+ bytes: expected at most 50000000 pixels, got 3600000000$/,
    /^photo 0$/,
  ].entries())
    assert.match(told[i] ?? "", text);
  await predictor.close();
  assert.deepEqual(memory(), before);
});

test("too many photos or bytes at once are refused, and accepted again later", async () => {
  const [one = Buffer.of(), two = Buffer.of(), three = Buffer.of()] = filesOf(3);
  const predictor = createBatchPredictor(model, { ...options, maxBatchSize: 2, maxEnqueuedBatches: 1 });
  const accepted = [predictor.predict(one), predictor.predict(two)];
  assert.equal(predictor.enqueued, 2);
  await assert.rejects(predictor.predict(three), (error) => error instanceof UnavailableError);
  await Promise.all(accepted);
  assert.equal(predictor.enqueued, 0);
  await predictor.predict(three);
  await predictor.close();
  const small = createBatchPredictor(model, { ...options, maxEnqueuedBytes: one.length + 1 });
  const first = small.predict(one);
  await assert.rejects(small.predict(two), /^UnavailableError: Cannot predict: expected at most \d+ bytes of photos at once, got \d+$/); // prettier-ignore
  await first;
  await small.close();
});

test("the body of a request is the photo, or the file of its form; more than maxPhotoBytes is not read", async () => {
  const [png = Buffer.of()] = filesOf(1);
  const { photos: wanted } = await predict(model, png, options);
  const predictor = createBatchPredictor(model, { ...options, maxPhotoBytes: 100_000 });
  const request = (body: Buffer | FormData | ReadableStream, headers = {}): Request =>
    new Request("http://one.test/", { method: "POST", body, headers, duplex: "half" });
  const formOf = (...entries: readonly (string | Blob)[]): FormData => {
    const form = new FormData();
    for (const entry of entries)
      if (typeof entry === "string") form.set("text", entry);
      else form.append("photo", entry, "one.png");
    return form;
  };
  const file = new Blob([png]);
  assertSame(await predictor.predict(request(png)), wanted[0]);
  assertSame(await predictor.predict(request(png, { "content-length": String(png.length) })), wanted[0]);
  const ofForm = await predictor.predict(request(formOf("more", file)));
  assert.equal(ofForm.photo, "one.png");
  assertSame(ofForm, wanted[0]);
  let read = 0;
  const endless = new ReadableStream({
    pull: (to) => {
      read += 10_000;
      to.enqueue(new Uint8Array(10_000));
    },
  });
  await assert.rejects(predictor.predict(request(endless)), PhotoTooLargeError);
  assert.ok(read < 200_000, String(read));
  const told = request(png, { "content-length": "100001" });
  await assert.rejects(predictor.predict(told), /^PhotoTooLargeError: .* at most 100000 bytes, got 100001/);
  await assert.rejects(
    predictor.predict(request(formOf("more"))),
    /^PhotoError: .* one file, got 0 in fields: text$/,
  );
  await assert.rejects(predictor.predict(request(formOf(file, file))), /^PhotoError: .* one file, got 2/);
  const noForm = request(png, { "content-type": "multipart/form-data; boundary=x" });
  await assert.rejects(predictor.predict(noForm), /^PhotoError: .* expected multipart\/form-data, got a body that is none$/); // prettier-ignore
  await assert.rejects(
    predictor.predict(request(formOf(new Blob(["hat"])))),
    /^PhotoError: Cannot read image "one.png": /,
  );
  assert.equal(predictor.enqueued, 0);
  await predictor.close();
});

test("close() lets those that were accepted have their answers, and frees all", async () => {
  const files = filesOf(5);
  const before = memory();
  const predictor = createBatchPredictor(model, { ...options, batchTimeoutMs: 600_000 });
  const answers = files.map((file) => predictor.predict(file));
  const closed = predictor.close();
  await assert.rejects(
    predictor.predict(files[0] ?? Buffer.of()),
    /^UnavailableError: Cannot predict: expected an open predictor/,
  );
  await Promise.all([closed, ...answers]);
  await predictor.close();
  assert.deepEqual(memory(), before);
});

test("options and models that do not fit are refused", () => {
  const before = memory();
  const refused = (more: object, message: RegExp): void =>
    assert.throws(() => createBatchPredictor(model, { ...options, ...more }), message);
  refused({ maxBatchSize: 0 }, /^RangeError: Cannot create a batch predictor: expected maxBatchSize a whole number from 1 on, got 0$/); // prettier-ignore
  refused({ maxPixels: NaN }, /expected maxPixels/);
  refused({ batchTimeoutMs: -1 }, /expected batchTimeoutMs/);
  refused({ classNames: ["one"] }, /^RangeError: Cannot predict/);
  const other = smallModel({ pixels: "any" });
  assert.throws(
    () => createBatchPredictor(other),
    /^RangeError: Cannot predict photos by a model of pixels "any"/,
  );
  other.dispose();
  assert.deepEqual(memory(), before);
});

test("several classes a photo, and a model whose training has diverged, whose fault is not the photo's", async () => {
  const [png = Buffer.of()] = filesOf(1);
  const several = smallModel({ multiLabel: true });
  const { photos: wanted } = await predict(several, png, { ...options, threshold: 0.2 });
  const predictor = createBatchPredictor(several, { ...options, threshold: 0.2 });
  assert.ok((wanted[0]?.classes.length ?? 0) > 0);
  assertSame(await predictor.predict(png), wanted[0]);
  const biases = several.variables.expect("Predict/logits/biases");
  tf.tidy(() => biases.assign(tf.fill([3], NaN)));
  await assert.rejects(
    predictor.predict(png),
    (error) => error instanceof RangeError && !(error instanceof PhotoError) && /finite/.test(error.message),
  );
  await predictor.close();
  several.dispose();
});

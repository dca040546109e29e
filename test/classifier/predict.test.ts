import assert from "node:assert/strict";
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadClassifier, predict, saveClassifier } from "../../src/classifier";
import { bundleOf } from "../../src/display";
import { exportSavedModel } from "../../src/export";
import { preprocessForEval, readImage } from "../../src/input";
import { encodePng, memory, tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, smallModel } from "./small";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = temporaryFolder("predict");
const folder = join(root, "photos");
mkdirSync(join(folder, "more"), { recursive: true });
for (const name of ["1.png", "2.png", "more/3.png"]) {
  const image = photo(name, 44, 60);
  writeFileSync(join(folder, name), encodePng(image));
  image.dispose();
}
const first = join(folder, "1.png");
const model = smallModel();
const several = smallModel({ multiLabel: true });
after(() => [model, several].forEach((one) => one.dispose()));

/** What a model says of a file, by hand. */
async function expected(file: string, by = model, sizes = { size: 32, resizeSide: 36 }): Promise<number[]> {
  const image = await readImage(file);
  const values = tf.tidy(() => {
    const batch = preprocessForEval(image, sizes).expandDims<tf.Tensor4D>(0);
    const { probabilities } = by.postprocess(by.predict(by.preprocess(batch), { isTraining: false }));
    return [...probabilities.dataSync()];
  });
  image.dispose();
  return values;
}

function assertClose(got: readonly number[], wanted: readonly number[]): void {
  assert.equal(got.length, wanted.length);
  for (const [i, value] of wanted.entries())
    assert.ok(Math.abs((got[i] ?? NaN) - value) < 1e-6, `${got.join()} is not ${wanted.join()}`);
}

test("predict() takes a path, a URL, bytes, pixels, a list and a folder, and keeps no tensor", async () => {
  const server = createServer((_, response) => response.end(readFileSync(first)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port }: AddressInfo = Object(server.address()); // eslint-disable-line @typescript-eslint/no-unsafe-assignment -- of a port it is one
  const address = `http://127.0.0.1:${port}/one.png`;
  const wanted = await expected(first);
  const options = { classNames: NAMES };
  const pixels = await readImage(first);
  const before = memory();
  for (const [given, name] of [
    [first, first],
    [address, address],
    [new URL(address), address],
    [readFileSync(first), "photo 0"],
    [new Uint8Array(readFileSync(first)), "photo 0"],
    [pixels, "photo 0"],
  ] as const) {
    const { photos, bad } = await predict(model, given, options);
    assert.deepEqual([photos.map((one) => one.photo), bad], [[name], []]);
    assertClose(Object.values(photos[0]?.probabilities ?? {}), wanted);
    assert.deepEqual(Object.keys(photos[0]?.probabilities ?? {}), NAMES);
    assert.deepEqual(photos[0]?.scores.map(({ probability }) => probability), Object.values(photos[0]?.probabilities ?? {}).sort((a, b) => b - a)); // prettier-ignore
    assert.deepEqual(photos[0].classes, [photos[0].scores[0]?.className]);
  }
  const told: unknown[] = [];
  const all = await predict(model, [folder, readFileSync(first)], {
    ...options,
    onProgress: (at) => told.push(at),
  });
  assert.deepEqual(all.photos.map((one) => one.photo), [first, join(folder, "2.png"), join(folder, "more/3.png"), "photo 3"]); // prettier-ignore
  assertClose(Object.values(all.photos[2]?.probabilities ?? {}), await expected(join(folder, "more/3.png")));
  assert.deepEqual(told.at(-1), { done: 4, total: 4 });
  assert.deepEqual(memory(), before);
  server.close();
  pixels.dispose();
});

test("predict() takes pixels of the network's size as they are, and a batch of them", async () => {
  const batch = tf.tidy(() => tf.stack([photo("a", 32, 32), photo("b", 32, 32)]));
  const wanted = tf.tidy(() => {
    const images = model.preprocess(batch.as4D(2, 32, 32, 3));
    return [...model.postprocess(model.predict(images, { isTraining: false })).probabilities.dataSync()];
  });
  const { photos } = await predict(model, batch);
  assertClose(photos.flatMap(({ probabilities }) => Object.values(probabilities)), wanted); // prettier-ignore
  assert.deepEqual(Object.keys(photos[0]?.probabilities ?? {}), ["class 0", "class 1", "class 2"]);
  batch.dispose();
});

test("a photo that can't be read is named, and the others are predicted; alone it is an error", async () => {
  const spoilt = join(root, "spoilt");
  mkdirSync(spoilt);
  writeFileSync(join(spoilt, "a.png"), readFileSync(first));
  writeFileSync(join(spoilt, "b.png"), readFileSync(first).subarray(0, 90));
  writeFileSync(join(spoilt, "notes.txt"), "hats");
  const before = memory();
  const { photos, bad } = await predict(model, [spoilt, join(root, "gone.png"), "http://127.0.0.1:1/x.png"]);
  assert.deepEqual(photos.map((one) => one.photo), [join(spoilt, "a.png")]); // prettier-ignore
  const named = ["spoilt/b.png", "spoilt/notes.txt", "gone.png"].map((name) => join(root, name));
  assert.deepEqual(bad.map(({ file }) => file), [...named, "http://127.0.0.1:1/x.png"]); // prettier-ignore
  assert.match(bad[1]?.reason ?? "", /^Cannot read image ".*notes.txt": expected a photo, got none: it is neither JPEG/); // prettier-ignore
  assert.match(bad[2]?.reason ?? "", /gone.png": expected a photo, got none: ENOENT$/);
  await assert.rejects(predict(model, named[0] ?? ""), /^PhotoError: Cannot read image ".*b.png"/);
  await assert.rejects(predict(model, Buffer.from("hat")), /^PhotoError: Cannot read image of 3 bytes: expected a photo, got none: it is neither/); // prettier-ignore
  assert.deepEqual(memory(), before);
});

test("of several classes a photo those above the threshold are predicted, perhaps none", async () => {
  const wanted = await expected(first, several);
  const order = [...wanted].sort((a, b) => b - a);
  const between = ((order[0] ?? 0) + (order[1] ?? 0)) / 2;
  const { photos } = await predict(several, first, { classNames: NAMES, threshold: between });
  assertClose(Object.values(photos[0]?.probabilities ?? {}), wanted);
  assert.deepEqual(photos[0]?.classes, [NAMES[wanted.indexOf(order[0] ?? NaN)]]);
  const none = await predict(several, first, { classNames: NAMES, threshold: 1 });
  assert.deepEqual(none.photos[0]?.classes, []);
  assert.match(String(none), /no class/);
});

test("predict() takes the folder of a classifier, what was loaded of it, and an export, to the same probabilities", async () => {
  const preprocessing = { size: 34, resizeSide: 38 };
  const dir = await saveClassifier(several, join(root, "kept"), {
    classNames: NAMES,
    preprocessing,
    threshold: 0,
  });
  const loaded = loadClassifier(dir);
  const wanted = await expected(first, several, preprocessing);
  const before = memory();
  const places = (["examples", "files", "images"] as const).map((receive) => {
    const servo = join(root, "servo", receive);
    loaded.exportSavedModel(servo, { receive });
    return servo;
  });
  for (const by of [loaded, dir, ...places]) {
    const { photos } = await predict(by, [first, first]);
    for (const one of photos) {
      assert.deepEqual(Object.keys(one.probabilities), NAMES);
      const got = Object.values(one.probabilities);
      for (const [i, value] of wanted.entries())
        assert.ok(Math.abs((got[i] ?? NaN) - value) < 1e-5, String(by));
      assert.deepEqual(one.classes, by === loaded || by === dir ? NAMES : [one.scores[0]?.className]);
    }
    assert.equal(photos.length, 2);
  }
  const thresholded = await predict(places[0] ?? "", first, { threshold: 0 });
  assert.deepEqual(thresholded.photos[0]?.classes, NAMES);
  assert.deepEqual(memory(), before);
  const taking = exportSavedModel({ double: { fn: ({ x }) => ({ y: tf.mul(x ?? 0, 2) }), example: { x: tf.ones([2, 3]) } } }, join(root, "other")); // prettier-ignore
  await assert.rejects(predict(taking, first), /Cannot load|Cannot predict by/);
  loaded.dispose();
});

test("predictions show themselves as photos beside bars, with texts for those who do not see them", async () => {
  const shown = await predict(model, folder, { classNames: NAMES });
  const { "text/html": html, "text/plain": text, "image/png": png } = bundleOf(shown);
  assert.match(String(png), /^iVBORw0KGgo/);
  assert.equal([...String(html).matchAll(/<img alt="[^"]+\.png: [^"]+ 0\.\d\d"/g)].length, 3);
  assert.match(String(html), /&lt;bag&gt;/);
  assert.doesNotMatch(String(html), /<bag>/);
  assert.match(text, /^photo +predicted +next\n.*1\.png +\S+ 0\.\d\d +\S+ 0\.\d\d\n/);
});

test("predict() refuses what it can't tell of", async () => {
  const any = smallModel({ pixels: "any" });
  const [scaled, flat] = [tf.ones([40, 40, 3]).div(3), tf.ones([40, 40])];
  const empty = join(root, "empty");
  mkdirSync(empty);
  const refused = (work: Promise<unknown>, message: RegExp): Promise<void> => assert.rejects(work, message);
  await refused(predict(model, []), /^RangeError: Cannot predict: expected photos, got an empty list$/);
  await refused(predict(model, empty), /^RangeError: Cannot predict: expected photos, got an empty .*empty$/);
  await refused(predict(model, flat), /^TypeError: Cannot predict: expected \[height, width, 3\] or .*, got float32 \[40, 40\]$/); // prettier-ignore
  await refused(predict(model, scaled), /expected pixels in 0…255, got values from 0.3333 to 0.3333/);
  await refused(predict(any, first), /^RangeError: Cannot predict photos by a model of pixels "any": expected tensors/); // prettier-ignore
  assert.equal((await predict(any, scaled)).photos.length, 1);
  await refused(predict(model, first, { classNames: ["hat"] }), /expected a name for each of the model's 3 classes, got 1$/); // prettier-ignore
  await refused(predict(empty, first), /^Error: Cannot predict by ".*empty": expected a folder of saveClassifier\(\) or exportSavedModel\(\), got neither$/); // prettier-ignore
  await refused(
    predict(model, first, { signal: AbortSignal.abort(new Error("stopped")) }),
    /^Error: stopped$/,
  );
  const broken = smallModel();
  broken.variables.expect("Predict/logits/biases").assign(tf.fill([3], NaN));
  await refused(predict(broken, first), /^RangeError: Cannot predict ".*1.png": expected finite probabilities, got NaN; has the training diverged\?$/); // prettier-ignore
  for (const one of [any, scaled, flat, broken]) one.dispose();
});

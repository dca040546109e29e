import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf as show } from "../../src/display/bundle";
import { caption } from "../../src/inspect/caption";
import { showBatch, showCam, showImage } from "../../src/inspect/gallery";
import { predictedClasses } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

/** Three images of 2 × 4 pixels: black, mid-grey, white. */
const batch = (): tf.Tensor4D =>
  tf.tidy(() => tf.stack([0, 128, 255].map((value) => tf.fill([2, 4, 3], value))).as4D(3, 2, 4, 3));

/** Width and height, from a PNG's header. */
function pngSize(base64: unknown): readonly [number, number] {
  const bytes = Buffer.from(String(base64), "base64");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

test("showBatch() is one bundle of a contact sheet, captioned HTML and text, and leaves no tensor", () => {
  const images = batch();
  const before = memory().tensors;
  const options = { labels: [0, 1, 1], predictions: [0, 0, 1], classNames: ["<hat>", "shoes"] };
  const bundle = show(showBatch(images, options));
  assert.equal(memory().tensors, before);
  assert.deepEqual(Object.keys(bundle), ["image/png", "text/html", "text/plain"]);
  assert.equal(bundle["text/plain"], "3 images: <hat> ✓, <hat> ✗ (is shoes), shoes ✓");
  assert.deepEqual(pngSize(bundle["image/png"]), [16, 12]); // 2 columns of 4 + 4, 2 rows of 2 + 4
  const html = String(bundle["text/html"]);
  assert.equal(html.match(/<img /g)?.length, 3);
  assert.match(html, /&lt;hat&gt; ✗ \(is shoes\)/);
  assert.doesNotMatch(html, /<hat>/);
  images.dispose();
});

test("showBatch() shrinks large images, magnifies small ones and adds means again", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 300, 400, 3]);
  const sheet = show(showBatch(images, { size: 100, means: [255, 0, 0] }))["image/png"];
  assert.deepEqual(pngSize(sheet), [104, 79]);
  const small = batch();
  assert.match(String(show(showBatch(small))["text/html"]), /width:160px;image-rendering:pixelated/);
  assert.match(
    String(show(showBatch(small))["text/html"]),
    /^<div style="display:flex;flex-wrap:wrap;gap:8px">/,
  );
  const rows = String(show(showBatch(small, { columns: 2, size: 40 }))["text/html"]);
  const [, side] = /width:(\d+)px;image-rendering/.exec(rows) ?? [];
  assert.match(rows, new RegExp(`grid-template-columns:repeat\\(2,minmax\\(0,${side}px\\)\\);gap:8px"`)); // two to a row
  tf.dispose([images, small]);
});

test("showImage() shows one image without caption", () => {
  const image = tf.zeros<tf.Rank.R3>([5, 5, 3]);
  assert.equal(show(showImage(image))["text/plain"], "1 image");
  image.dispose();
});

test("showCam() puts each image beside its overlay, with the scale", () => {
  const images = batch();
  const heat = tf.fill<tf.Rank.R3>([3, 1, 1], 1);
  const bundle = show(showCam(images, heat, { columns: 1, labels: tf.tensor1d([0, 1, 2], "int32") }));
  assert.deepEqual(pngSize(bundle["image/png"]), [12, 18]);
  assert.match(String(bundle["text/html"]), /heat 0/);
  assert.match(
    String(bundle["text/plain"]),
    /^3 images: class 0, class 1, class 2\nEach image has its own scale: .*\nA map of 1 x 1 does not say where/,
  );
});

test("showCam() tells those who don't see an image where its heat is greatest", () => {
  const images = tf.zeros<tf.Rank.R4>([2, 4, 4, 3]);
  const heatmaps = tf.tensor3d([[[0, 0], [1, 0]], [[0, 0], [0, 0]]]); // prettier-ignore
  const html = String(show(showCam(images, heatmaps, { labels: [0, 1] }))["text/html"]);
  assert.deepEqual([...html.matchAll(/alt="([^"]*)"/g)].map(([, alt]) => alt), [
    "class 0; heat greatest at 25 % from the left, 75 % from the top",
    "class 1: nothing speaks for the class",
  ]); // prettier-ignore
  tf.dispose([images, heatmaps]);
});

test("showBatch() refuses other shapes and missing labels", () => {
  assert.throws(() => showBatch(tf.zeros([1, 2, 2, 1])), {
    name: "TypeError",
    message: "Cannot show batch: expected images [batch, height, width, 3], got [1, 2, 2, 1]",
  });
  assert.throws(
    () => showCam(tf.zeros([0, 2, 2, 3]), tf.zeros([0, 1, 1])),
    /^TypeError: Cannot show heat maps: expected/,
  );
  assert.throws(() => showBatch(batch(), { columns: 0 }), /Cannot show images: expected columns .* got 0/);
  assert.throws(() => showBatch(batch(), { labels: [1] }), {
    name: "RangeError",
    message: "Cannot caption image 1: expected a label for every image, got 1",
  });
});

test("caption() says label, prediction or both", () => {
  assert.deepEqual(caption(0, {}), { text: "", verdict: undefined });
  assert.deepEqual(caption(0, { labels: [3] }), { text: "class 3", verdict: undefined });
  assert.deepEqual(caption(0, { predictions: [0], classNames: ["hat"] }), {
    text: "hat?",
    verdict: undefined,
  });
});

test("caption() gives a probability in two digits that are never 0 or 1 where it is not", () => {
  const text = (probability: number): string =>
    caption(0, { asked: [0], probabilities: [[probability]], classNames: ["hat"] }).text;
  assert.deepEqual(
    [0, 1e-9, 0.0049, 0.005, 0.5, 0.994, 0.9951, 1].map(text),
    ["0.00", "<0.01", "<0.01", "0.01", "0.50", "0.99", ">0.99", "1.00"].map((one) => `explains hat ${one}`),
  );
});

test("showCam() leaves no tensor, nor when it refuses", () => {
  const [images, heatmaps] = [batch(), tf.ones<tf.Rank.R3>([3, 2, 2])];
  const probabilities = tf.fill<tf.Rank.R2>([3, 2], 0.5);
  const before = memory().tensors;
  const asked = { heatmaps, probabilities, classes: [0, 1, 1], predicted: [1, 1, 1] };
  const { captions } = showCam(images, asked, { classNames: ["hat", "shoes"] });
  assert.equal(captions[1], "explains shoes 0.50: the same heat everywhere");
  assert.throws(() => showCam(images, asked, { classNames: ["hat"] }), RangeError);
  assert.equal(memory().tensors, before);
  tf.dispose([images, heatmaps, probabilities]);
});

test("captions tell several classes an image, or none", () => {
  const images = tf.zeros<tf.Rank.R4>([4, 2, 2, 3]);
  const classNames = ["cap", "hat", "shoes"];
  const labels = [[0, 2], [1], [], 2];
  const probabilities = tf.tensor2d([[0.9, 0.1, 0.6], [0.7, 0.6, 0], [0.1, 0.5, 0.2], [0, 0.1, 0.8]]); // prettier-ignore
  assert.deepEqual(showBatch(images, { labels, classNames }).captions, [
    "cap, shoes",
    "hat",
    "no class",
    "shoes",
  ]);
  assert.deepEqual(showBatch(images, { labels, predictions: probabilities, classNames }).captions, [
    "cap, shoes ✓",
    "cap, hat ✗ (is hat)",
    "no class ✓",
    "shoes ✓",
  ]);
  assert.deepEqual(showBatch(images, { labels, predictions: [2, 0, 1, 2], classNames }).captions, [
    "shoes ✓ (is cap, shoes)",
    "cap ✗ (is hat)",
    "hat ✗ (is no class)",
    "shoes ✓",
  ]);
  assert.throws(
    () => showBatch(images, { labels: [[0.5], [], [], []] }),
    /expected a label that is a whole number, got 0.5/,
  );
  assert.throws(
    () => showBatch(images, { labels: [[3], [], [], []], classNames }),
    /expected a name for class 3, got 3 names/,
  );
  assert.deepEqual(predictedClasses(probabilities), [[0, 2], [0, 1], [], [2]]);
  assert.deepEqual(predictedClasses(probabilities, { threshold: [0.8, 0.05, 0.7] }), [
    [0, 1],
    [1],
    [1],
    [1, 2],
  ]);
  assert.throws(
    () => predictedClasses(probabilities, { threshold: [0.5] }),
    /expected threshold to be one number, or 3, got 1/,
  );
  assert.throws(
    () => predictedClasses(probabilities, { threshold: 2 }),
    /expected threshold in 0 … 1, got 2/,
  );
  assert.throws(
    () => predictedClasses(images),
    /expected probabilities float32 \[batch, classes\], got float32 \[4, 2, 2, 3\]/,
  );
  tf.dispose([images, probabilities]);
});

test("showCam() draws a second explanation beside the first, and says what both explain", () => {
  const images = tf.fill<tf.Rank.R4>([1, 4, 4, 3], 100);
  const probabilities = tf.tensor2d([[0.25, 0.75]]);
  const before = tf.memory().numTensors;
  const [one, other] = [tf.tensor3d([[[0, 1]]]), tf.tensor3d([[[1, 0]]])];
  const asked = { classes: [1], predicted: [1], probabilities };
  const beside = { ...asked, heatmaps: other, classes: [0] };
  const gallery = showCam(images, { ...asked, heatmaps: one }, { classNames: ["dog", "cat"], beside });
  assert.deepEqual(gallery.captions, ["explains cat 0.75 | explains dog 0.25"]);
  assert.equal(gallery.notes.length, 1);
  tf.dispose([one, other]);
  assert.equal(tf.memory().numTensors, before);
});

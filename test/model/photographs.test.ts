import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createInputFn } from "../../src/input";
import { constant, decodeJpeg, tf, trace } from "../../src/tensorflow";
import { preprocessImages } from "../../src/model";
import { imagenetClassifier, imagenetLabels, sharedPath, withoutImagenet } from "./imagenet";

const FOOTWEAR = ["clogs", "cowboy boot", "slip-on shoe", "running shoe", "sandal", "shoe store"];

test("resnetV1() with ImageNet weights sees shoes in the photos of shoes", { skip: withoutImagenet }, () => {
  const labels = imagenetLabels();
  const { variables, classify } = imagenetClassifier("torchvision");
  const likeliest = trace((images: tf.Tensor4D) => tf.argMax(classify(images), 1), { name: "likeliest" });
  const folder = sharedPath("clothing/test/shoes");
  const names = readdirSync(folder).map((file) =>
    tf.tidy(() => {
      const pixels = decodeJpeg(constant([readFileSync(join(folder, file))], [], "string"));
      const image = pixels.as4D(1, ...pixels.shape);
      return labels[likeliest.sync(preprocessImages(image)).dataSync()[0] ?? -1] ?? "";
    }),
  );
  const right = names.filter((name) => FOOTWEAR.includes(name)).length;
  assert.ok(right >= 0.9 * names.length, `${right} of ${names.length}`);
  likeliest.dispose();
  variables.dispose();
});

test(
  "resnetV1() with ImageNet weights finds the daisies among flowers",
  { skip: withoutImagenet },
  async () => {
    const daisy = imagenetLabels().indexOf("daisy");
    const records = sharedPath("records/flowers_validation_0000*-of-00005.tfrecord");
    const { variables, classify } = imagenetClassifier("torchvision");
    const likeliest = trace((images: tf.Tensor4D) => tf.argMax(classify(preprocessImages(images)), 1));
    const counts = { daisies: 0, found: 0, others: 0, mistaken: 0 };
    for await (const [{ image }, label] of createInputFn(records, { batchSize: 20, numEpochs: 1 })()) {
      const classes = likeliest.sync(image);
      const [seen, truth] = [classes.dataSync(), label.dataSync()];
      classes.dispose();
      seen.forEach((found, i) => {
        const isDaisy = truth[i] === 0; // as TF-Slim numbers them
        counts[isDaisy ? "daisies" : "others"]++;
        if (found === daisy) counts[isDaisy ? "found" : "mistaken"]++;
      });
    }
    assert.equal(counts.daisies + counts.others, 140);
    assert.ok(counts.found >= 0.75 * counts.daisies, JSON.stringify(counts));
    assert.ok(counts.mistaken <= 0.2 * counts.others, JSON.stringify(counts)); // most other flowers have no class of their own
    likeliest.dispose();
    variables.dispose();
  },
);

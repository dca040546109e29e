import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { showAugmented } from "../../src/finetune";
import { randomPerspective, renderPhoto } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

test("showAugmented() shows so many draws of a photo, others for another seed, and leaks nothing", () => {
  const photo = renderPhoto("mug", { size: 64, seed: 1 });
  showAugmented(photo, { count: 1 }); // registers what stays
  const before = memory();
  const sheet = (options: Parameters<typeof showAugmented>[1]): unknown =>
    bundleOf(showAugmented(photo, options))?.["image/png"];
  const first = sheet({ count: 5 });
  assert.ok(typeof first === "string" && first.length > 1000);
  assert.equal(sheet({ count: 5 }), first);
  assert.notEqual(sheet({ count: 5, seed: 1 }), first);
  assert.notEqual(sheet({ count: 5, augment: "light" }), first);
  assert.notEqual(sheet({ count: 5, augment: (image, seed) => randomPerspective(image, seed) }), first);
  assert.equal(showAugmented(photo, { count: 5 }).captions.length, 5);
  assert.deepEqual(memory(), before);
  assert.throws(() => showAugmented(photo, { count: 0 }), /^RangeError: Cannot show augmented photo: expected count to be a whole number >= 1, got 0$/); // prettier-ignore
  assert.throws(() => showAugmented(tf.tidy(() => photo.as1D())), /^TypeError: Cannot show augmented photo: expected \[height, width, 3\], got \[12288\]$/); // prettier-ignore
});

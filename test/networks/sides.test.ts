/** How small images may be: what is less is refused by the network's name, and what is enough is enough. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../src/model";
import { declareNetwork } from "../../src/model/declare";
import { expectSides } from "../../src/model/imagesides";
import { specOf } from "../../src/model/networks";
import type { Network } from "../../src/model/part";
import { random, tf } from "../../src/tensorflow";
import { everyNetwork } from "../everynetwork";
import { FORMS, KINDS, leastSideOf, nameOf, pixels, type Form } from "./forms";

const sized = (side: number) => ({ defaultImageSize: side, fixedResizeSide: side, width: 1 / 8 });

/** Also one that mirrors its images at their sides. */
const SIDED: readonly Form[] = [...KINDS, { architecture: "resnetblur18", source: "timm" }];

for (const form of everyNetwork(FORMS, SIDED))
  test(`${nameOf(form)} runs on the least images that it takes, and names their side where they are less`, () => {
    const least = leastSideOf(form);
    const model = new Model({ ...form, ...sized(least) });
    tf.tidy(() => {
      const images = model.preprocess(pixels(4, least));
      for (const isTraining of [false, true]) {
        const { logits } = model.predict(images, { isTraining, seed: random.seed(1) });
        assert.ok(logits.isFinite().all().dataSync()[0], String(isTraining));
      }
    });
    model.dispose();
    if (least === 1) return;
    const { architecture, source } = form;
    const larger = new Model({ ...form, ...sized(least + 8) });
    const of = `${architecture} in the form of ${source}`;
    assert.throws(() => new Model({ ...form, ...sized(least - 1) }), {
      name: "RangeError",
      message: `Cannot create model: expected defaultImageSize to be ${least} or more of ${of}, got ${least - 1}`,
    });
    tf.tidy(() => {
      const small = pixels(1, least - 1, least);
      const expected = `expected images of ${least} x ${least} pixels or more for ${of}, got ${least - 1} x ${least}`;
      assert.throws(() => larger.predict(small), { name: "RangeError", message: `Cannot predict: ${expected}` });
      const message = `Cannot tell fields of view: ${expected}`;
      assert.throws(() => larger.fieldOfView("global_pool", [least - 1, least]), { name: "RangeError", message });
    });
    larger.dispose();
  }); // prettier-ignore

test("whether images are too small is looked up in a network once for each size", () => {
  const { build } = specOf("resnet_v1_14");
  const network = build({ source: "slim", strides: "slim", width: 1 / 8, dropoutKeepProb: 1 });
  const declaration = declareNetwork(network, [1, 64, 64, 3]);
  const options = { architecture: "resnet_v1_14", source: "slim", createAuxLogits: false };
  let walks = 0;
  const counted: Network = (layers, images) => {
    walks++;
    return network(layers, images);
  };
  for (const sides of [
    [40, 40],
    [40, 40],
    [48, 40],
    [48, 40],
    [40, 40],
  ] as const)
    expectSides("predict", { network: counted, declaration, options }, sides);
  assert.equal(walks, 2);
});

for (const architecture of ["inception_v3", "inception_v4", "inception_resnet_v2"] as const)
  test(`${architecture} refuses images that are less than its auxiliary classifier's kernel is for, and takes larger ones`, () => {
    const model = new Model({ architecture, ...sized(299), createAuxLogits: true });
    tf.tidy(() => {
      const message = `Cannot predict: expected images of 299 x 299 pixels or more for ${architecture} in the form of slim and its auxiliary classifier, got 250 x 250`;
      assert.throws(() => model.predict(pixels(1, 250)), { name: "RangeError", message });
      assert.deepEqual(model.predict(pixels(1, 310)).logits.shape, [1, 2]);
    });
    model.dispose();
  }); // prettier-ignore

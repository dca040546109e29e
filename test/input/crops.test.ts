import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fiveCrop, tenCrop } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface Case {
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly five: string;
  readonly ten: string;
}

function digest(crops: tf.Tensor4D): string {
  const hash = createHash("sha256").update(Uint8Array.from(crops.dataSync())).digest("hex");
  crops.dispose();
  return hash.slice(0, 16);
}

test("fiveCrop() and tenCrop() give the pixels that torchvision's FiveCrop and TenCrop give, and keep no tensor", () => {
  const before = memory();
  for (const { height, width, size, ...wanted } of readFixture<Case[]>("crops")) {
    const image = tf.tidy(() =>
      tf
        .range(0, height * width * 3, 1, "int32")
        .mod(251)
        .reshape([height, width, 3]),
    );
    const float = image.toFloat();
    for (const one of [image, float])
      assert.deepEqual({ five: digest(fiveCrop(one, size)), ten: digest(tenCrop(one, size)) }, wanted);
    tf.dispose([image, float]);
  }
  assert.deepEqual(memory(), before);
});

test("fiveCrop() and tenCrop() refuse crops that are larger than the image, and what is no image", () => {
  const image = tf.zeros([8, 9, 3]);
  for (const crop of [fiveCrop, tenCrop]) {
    assert.throws(
      () => crop(image, 9),
      /^RangeError: Cannot crop image: expected at least 9 x 9, got 8 x 9$/,
    );
    assert.throws(() => crop(image, 2.5), /expected size a whole number from 1 on, got 2.5$/);
    assert.throws(() => crop(image.expandDims(0), 2), /^TypeError: Cannot crop image: expected \[height, width, channels\], got \[1, 8, 9, 3\]$/); // prettier-ignore
  }
  image.dispose();
});

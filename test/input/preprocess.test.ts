import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { aspectPreservingResize, VGG_MEANS } from "../../src/input/image";
import { preprocessForEval } from "../../src/input/preprocess";
import { constant, decodeImage, resizeImage, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { distanceFrom, type Summary } from "../patterns";

interface Photo {
  readonly shape: readonly number[];
  readonly pixelsSha256: string;
  /** These four only of the first photos. */
  readonly resized?: Summary;
  readonly preprocessed?: Summary;
  readonly resized224?: Summary;
  readonly resized224HalfPixelCenters?: Summary;
}

const { photos } = readFixture<{ photos: Record<string, Photo> }>("records");
const shared = process.env["SLIMLAB_SHARED_DATA"] ?? path.resolve(__dirname, "../../../../shared/data");

for (const [name, photo] of Object.entries(photos)) {
  const file = path.join(shared, name);
  const skip = existsSync(file) ? false : `no ${file}`;

  test(`decodeImage() gives Python's pixels of ${name}, and preprocessForEval() TF-Slim's`, { skip }, () => {
    tf.tidy(() => {
      const image = decodeImage(constant([readFileSync(file)], [], "string"));
      assert.deepEqual(image.shape, photo.shape);
      const pixels = createHash("sha256").update(Uint8Array.from(image.dataSync())).digest("hex");
      assert.equal(pixels, photo.pixelsSha256);
      const expectEqual = (actual: tf.Tensor, expected: Summary | undefined): void =>
        assert.ok(expected === undefined || distanceFrom(expected, actual.dataSync(), actual.shape) < 1e-6);
      expectEqual(aspectPreservingResize(image), photo.resized);
      expectEqual(preprocessForEval(image, { means: VGG_MEANS }), photo.preprocessed);
      expectEqual(resizeImage(image, [224, 224]), photo.resized224);
      const centered = resizeImage(image, [224, 224], { halfPixelCenters: true });
      expectEqual(centered, photo.resized224HalfPixelCenters);
    });
  });
}

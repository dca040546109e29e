import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { imageOps } from "../../src/input";
import { withChanges } from "../../src/input/imageops";
import { policyChanges } from "../../src/input/policies";
import { castTo, memory, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";

type Digests = Readonly<Record<string, string>>;

const { height, width, ...oracle } = readFixture<{
  readonly height: number;
  readonly width: number;
  readonly photo: string;
  readonly single: Digests;
  readonly blurred: Digests;
  readonly policies: Digests;
}>("augment");

/** The photo of test/oracle/augment.py. */
function photo(): tf.Tensor3D {
  const pixels = Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 20 + ((x * 5 + y * (c + 2) + c * 40 + ((x * y) % 13) * 4) % 210);
  });
  return tf.tensor3d(pixels, [height, width, 3], "int32");
}

const bytesOf = (image: tf.Tensor): Uint8Array => Uint8Array.from(image.dataSync());
const digestOf = (image: tf.Tensor): string =>
  createHash("sha256").update(bytesOf(image)).digest("hex").slice(0, 16);

function single(image: tf.Tensor, name: string): tf.Tensor {
  const [kind = "", text = "", mode = text] = name.split(" ");
  const amount = Number(text);
  const interpolation = mode === "bilinear" ? "bilinear" : "nearest";
  const options = { interpolation, fill: [10, 20, 30] } as const;
  const corners = [[3, 2], [width - 5, 1], [width - 2, height - 4], [6, height - 1]] as const; // prettier-ignore
  switch (kind) {
    case "affine":
      return text === "a"
        ? imageOps.affine(image, {
            ...options,
            angle: 20.5,
            translate: [3, -4],
            scale: 1.3,
            shear: [7.5, -4.25],
          })
        : imageOps.affine(image, { ...options, angle: -8, scale: 0.7, center: [5, 9] });
    case "perspective":
      return imageOps.perspective(image, corners, options);
    case "erase":
      return imageOps.erase(image, { top: 4, left: 6, height: 9, width: 11 });
    case "rotate":
    case "shearX":
    case "shearY":
    case "translateX":
    case "translateY":
      return imageOps[kind](image, amount, options);
    case "brightness":
    case "color":
    case "contrast":
    case "sharpness":
    case "posterize":
    case "solarize":
      return imageOps[kind](image, amount);
    case "autocontrast":
    case "equalize":
    case "invert":
    case "grayscale":
      return imageOps[kind](image);
    default:
      throw new Error(`no ${kind}`);
  }
}

test("each change gives torchvision's pixels to the bit", () => {
  const before = memory().tensors;
  tf.tidy(() => {
    const image = photo();
    assert.equal(digestOf(image), oracle.photo);
    const wrong = Object.entries(oracle.single).filter(
      ([name, digest]) => digestOf(single(image, name)) !== digest,
    );
    assert.deepEqual(wrong.map(([name]) => name), []); // prettier-ignore
    assert.ok(Object.keys(oracle.single).length > 80);
    assert.equal(digestOf(imageOps.invert(castTo(image, "float32"))), oracle.single["invert"]);
    assert.equal(digestOf(imageOps.invert(castTo(image, "uint8"))), oracle.single["invert"]);
  });
  assert.equal(memory().tensors, before);
});

test("gaussianBlur() gives torchvision's to one level, in less than one of a hundred", () => {
  tf.tidy(() => {
    for (const [name, text] of Object.entries(oracle.blurred)) {
      const [kernelSize = 0, sigma = 0] = name.split(" ").map(Number);
      const actual = bytesOf(imageOps.gaussianBlur(photo(), { kernelSize, sigma }));
      const expected = Buffer.from(text, "base64");
      const distances = actual.map((level, i) => Math.abs(level - (expected[i] ?? NaN)));
      assert.ok(Math.max(...distances) <= 1, name);
      assert.ok(distances.filter((one) => one > 0).length < actual.length / 100, name);
    }
  });
});

test("what the policies draw is torchvision's, change by change and magnitude by magnitude", () => {
  tf.tidy(() => {
    const image = photo();
    const wrong = Object.entries(oracle.policies).filter(([name, digest]) => {
      const [space = "", which = 0, bin = 0, sign = 0] = name
        .split(" ")
        .map((word, i) => (i === 0 ? word : Number(word)));
      const made = withChanges(image, () => [
        policyChanges(image, space === "randAugment" ? space : "trivialAugmentWide", {
          which: tf.tensor1d([Number(which)], "int32"),
          bins: tf.tensor1d([Number(bin)], "int32"),
          isNegative: tf.tensor1d([Number(sign) < 0], "bool"),
        }),
      ]);
      return digestOf(made) !== digest;
    });
    assert.deepEqual(wrong.map(([name]) => name), []); // prettier-ignore
    assert.ok(Object.keys(oracle.policies).length > 200);
  });
});

test("pixels that are not in 0…255, and amounts that make no change, are refused", () => {
  tf.tidy(() => {
    const image = photo();
    assert.throws(() => imageOps.invert(image.sub(128)), /expected pixels in 0…255/);
    assert.throws(() => imageOps.invert(image.toFloat().add(NaN)), /expected pixels in 0…255/);
    assert.throws(() => imageOps.affine(image, { scale: 0 }), /expected amounts that make a change/);
    assert.throws(() => imageOps.rotate(image, Infinity), /expected amounts that make a change/);
    assert.throws(
      () => imageOps.gaussianBlur(image, { kernelSize: 4 }),
      /expected kernelSize to be an odd whole number, got 4$/,
    );
    const nowhere = [[0, 0], [0, 0], [0, 0], [0, 0]] as const; // prettier-ignore
    assert.throws(() => imageOps.perspective(image, nowhere), /expected amounts that make a change/);
  });
});

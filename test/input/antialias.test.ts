import assert from "node:assert/strict";
import { test } from "node:test";
import { aspectPreservingResize, preprocessForEval, preprocessForTrain, tenCrop } from "../../src/input";
import { Model, preprocessImages } from "../../src/model";
import { centralPart } from "../../src/model/preprocessing";
import { fitCentral } from "../../src/input/fit";
import { withOrigin } from "../../src/input/origin";
import { constant, decodePixels, encodePng, execute, memory, random, recordFunction, tf, type Interpolation } from "../../src/tensorflow"; // prettier-ignore
import { readFixture } from "../fixtures";

/** What torch makes of photos; see test/oracle/antialias.py. */
interface Case {
  readonly size: readonly [number, number];
  readonly resizeSide: number;
  readonly side: number;
  readonly interpolation: Exclude<Interpolation, "slim">;
  readonly mean: number;
  readonly rows: readonly number[];
  /** Nine pixels. */
  readonly some: readonly number[];
}

/** Of a photo's middle, squashed into a square. */
interface Squashed extends Omit<Case, "resizeSide" | "interpolation"> {
  readonly centralFraction: number;
  readonly interpolation: Interpolation;
}

const { cases, squashed } = readFixture<{ readonly cases: readonly Case[]; readonly squashed: readonly Squashed[] }>("antialias"); // prettier-ignore

/** As the oracle makes it. */
function imageOf([height, width]: readonly [number, number]): tf.Tensor3D {
  const whole = (value: number): tf.Scalar => tf.scalar(value, "int32");
  return tf.tidy(() => {
    const y = tf.range(0, height, 1, "int32").reshape([height, 1, 1]);
    const x = tf.range(0, width, 1, "int32").reshape([1, width, 1]);
    const c = tf.range(0, 3, 1, "int32").reshape([1, 1, 3]);
    const sum = [y.mul(y).mul(whole(7)), x.mul(whole(13)), y.mul(x).mul(whole(3)), c.mul(whole(50))];
    return sum.reduce((total, one) => total.add(one)).mod(whole(256)).as3D(height, width, 3); // prettier-ignore
  });
}

function expectAs(
  image: tf.Tensor3D,
  { side, mean, rows, some, ...one }: Case | Squashed,
  what: string,
): void {
  const name = `${what}: ${JSON.stringify(one)}`;
  assert.deepEqual(image.shape, [side, side, 3], name);
  const near = (got: tf.Tensor, expected: readonly number[]): void => {
    const apart = got.flatten().sub(tf.tensor1d([...expected])).abs().max(); // prettier-ignore
    assert.ok((apart.dataSync()[0] ?? NaN) < 0.01, `${name}: ${apart.dataSync()[0]}`);
  };
  near(image.mean(), [mean]);
  near(image.mean([1, 2]), rows);
  const places = [0, Math.floor(side / 2), side - 1].flatMap((y) => [0, Math.floor(side / 3), side - 1].map((x) => image.slice([y, x, 0], [1, 1, 3]).flatten())); // prettier-ignore
  near(tf.concat(places), some);
}

test("antialiased photos are torchvision's, one by one, recorded, in batches and by the model", () => {
  const before = memory();
  const example = imageOf([50, 60]);
  for (const one of cases) {
    const { size, resizeSide, side, interpolation } = one;
    const options = { resizeSide, interpolation };
    const recorded = recordFunction((image) => [preprocessForEval(image, { ...options, size: side })], [example]); // prettier-ignore
    tf.tidy(() => {
      const image = imageOf(size);
      const [compiled = image] = execute(recorded.name, [image, ...recorded.captures], {}, 1);
      const batch = tf.stack([image.reverse(1), image]).as4D(2, ...image.shape);
      expectAs(preprocessForEval(image, { ...options, size: side }), one, "preprocessForEval()");
      expectAs(compiled.as3D(side, side, 3), one, "recorded");
      expectAs(lastOf(fitCentral(batch, { ...options, side })), one, "fitCentral() of a batch");
      const model = { ...options, imageSize: side, preprocessing: "none" } as const;
      if (size.join() !== `${side},${side}`) expectAs(lastOf(preprocessImages(batch, model)), one, "preprocessImages()"); // prettier-ignore
    });
    recorded.dispose();
  }
  example.dispose();
  assert.deepEqual(memory(), before);
});

test("squashed photos are timm's and TF-Slim's, one by one, recorded, from a file, in batches and by the model", () => {
  const before = memory();
  for (const one of squashed) {
    const { size, side, centralFraction, interpolation } = one;
    const options = { centralFraction, interpolation };
    const toNetwork = { ...options, imageSize: side, preprocessing: "none" } as const;
    tf.tidy(() => {
      const image = imageOf(size);
      const batch = tf.stack([image.reverse(1), image]).as4D(2, ...image.shape);
      const file = constant([encodePng(image)], [], "string");
      expectAs(preprocessForEval(image, { ...options, size: side }), one, "preprocessForEval()");
      const decoded = withOrigin(decodePixels(file), { contents: file, decode: "exact" });
      expectAs(preprocessForEval(decoded, { ...options, size: side }), one, "preprocessForEval() of a file");
      expectAs(
        lastOf(fitCentral(batch, { ...options, side, resizeSide: 1 })),
        one,
        "fitCentral() of a batch",
      );
      expectAs(lastOf(preprocessImages(batch, toNetwork)), one, "preprocessImages()");
    });
    const example = imageOf([50, 60]);
    const recorded = recordFunction((image) => [preprocessForEval(image, { ...options, size: side })], [example]); // prettier-ignore
    tf.tidy(() => {
      const [compiled] = execute(recorded.name, [imageOf(size), ...recorded.captures], {}, 1);
      expectAs(compiled?.as3D(side, side, 3) ?? example, one, "recorded");
    });
    recorded.dispose();
    example.dispose();
  }
  assert.deepEqual(memory(), before);
});

test("centralPart() is where squashed photos were cut out", () => {
  const partOf = (interpolation: Interpolation, centralFraction: number, side = 16): number[] =>
    tf.tidy(() => {
      const images = tf.zeros<tf.Rank.R4>([1, 50, 40, 3]);
      const part = centralPart(images, { fixedResizeSide: 20, defaultImageSize: side, interpolation, centralFraction }); // prettier-ignore
      return [part.top, part.bottom, part.left, part.right];
    });
  assert.deepEqual(partOf("slim", 0.875), [3 / 50, 47 / 50, 2 / 40, 38 / 40]); // 3.125 and 2.5 pixels are left out
  assert.deepEqual(partOf("bilinear", 0.875), [1 / 18, 17 / 18, 1 / 18, 17 / 18]); // of 18 x 18
  assert.deepEqual(partOf("bicubic", 1), [0, 1, 0, 1]);
});

test("images of the network's size are not squashed, and a seed crops", () => {
  tf.tidy(() => {
    const images = imageOf([24, 24]).as4D(1, 24, 24, 3);
    const options = { imageSize: 24, resizeSide: 24, preprocessing: "none", centralFraction: 0.5 } as const;
    assert.deepEqual(preprocessImages(images, options).dataSync(), images.toFloat().dataSync());
    const { centralFraction: _, ...plain } = { ...options, imageSize: 20, seed: random.seed(3) };
    const drawn = preprocessImages(images, { ...plain, centralFraction: 0.5 });
    assert.deepEqual(drawn.dataSync(), preprocessImages(images, plain).dataSync());
    const text: object = { centralFraction: "0.5" };
    for (const preprocess of [() => preprocessForEval(imageOf([9, 9]), text), () => new Model(text)])
      assert.throws(preprocess, /expected centralFraction in 0\.01 … 1, got 0\.5$/);
    for (const centralFraction of [0, 1e-9, 1.1, NaN])
      for (const preprocess of [
        () => preprocessImages(images, { ...options, centralFraction }),
        () => preprocessForEval(imageOf([9, 9]), { centralFraction }),
        () => new Model({ centralFraction }),
      ])
        assert.throws(preprocess, new RegExp(`expected centralFraction in 0.01 … 1, got ${centralFraction}$`)); // prettier-ignore
  });
});

function lastOf(batch: tf.Tensor4D): tf.Tensor3D {
  const [count, height, width] = batch.shape;
  return batch.slice([count - 1, 0, 0, 0]).as3D(height, width, 3);
}

test("aspectPreservingResize() has torchvision's longer side, and its crops lie in it", () => {
  tf.tidy(() => {
    const image = imageOf([37, 53]);
    const resized = aspectPreservingResize(image, 24, "bicubic");
    assert.deepEqual(resized.shape, [24, 34, 3]); // 34.38
    const middle = tenCrop(resized, 17).slice([4], [1]).as3D(17, 17, 3);
    const one = cases.find(({ size, side, interpolation }) => size.join() === "37,53" && side === 17 && interpolation === "bicubic"); // prettier-ignore
    assert.ok(one !== undefined);
    expectAs(middle, one, "tenCrop()");
    assert.deepEqual(aspectPreservingResize(image.expandDims<tf.Tensor4D>(0), 24, "bilinear").shape, [1, 24, 34, 3]); // prettier-ignore
  });
});

test("antialiased crops for training are parts of the resized photo, mirrored or not", () => {
  const before = memory();
  tf.tidy(() => {
    for (const size of [
      [40, 64],
      [24, 120],
    ] as const) {
      const image = imageOf(size);
      const whole = aspectPreservingResize(image, 24, "bilinear");
      const batch = tf.stack([image, image, image, image]).as4D(4, ...image.shape);
      const options = { imageSize: 24, resizeSide: 24, preprocessing: "none", interpolation: "bilinear" } as const; // prettier-ignore
      const crops = preprocessImages(batch, { ...options, seed: random.seed(5) });
      for (const crop of tf.unstack(crops)) assert.ok(isIn(whole, crop), `${size.join(" x ")}`);
      const seeds = [1, 2, 3, 4].map((n) => random.seed(n));
      for (const seed of seeds) assert.ok(isIn(whole, preprocessForTrain(image, { seed, size: 24, resizeSide: 24, interpolation: "bilinear" }))); // prettier-ignore
    }
  });
  assert.deepEqual(memory(), before);
});

/** Whether a crop of a resized image's height is a part of it, perhaps mirrored. */
function isIn(whole: tf.Tensor3D, crop: tf.Tensor): boolean {
  const [, width] = whole.shape;
  const [height = 0, side = 0] = crop.shape;
  const places = Array.from({ length: width - side + 1 }, (_, left) => left);
  return places.some((left) =>
    [crop, crop.reverse(1)].some((one) => {
      const apart = whole.slice([0, left, 0], [height, side, 3]).sub(one).abs().max();
      return (apart.dataSync()[0] ?? NaN) < 0.02;
    }),
  );
}

test("a bicubic photo stays in 0…255, unless the model takes any pixels", () => {
  tf.tidy(() => {
    const edge = tf.concat([tf.zeros([1, 20, 10, 3]), tf.fill([1, 20, 10, 3], 255)], 2).as4D(1, 20, 20, 3);
    const sizes = { resizeSide: 30, imageSize: 30, interpolation: "bicubic", preprocessing: "none" } as const; // prettier-ignore
    const range = (images: tf.Tensor): number[] => [...images.min().dataSync(), ...images.max().dataSync()];
    assert.deepEqual(range(preprocessImages(edge, sizes)), [0, 255]);
    const [low = NaN, high = NaN] = range(preprocessImages(edge, { ...sizes, pixels: "any" }));
    assert.ok(low < -5 && high > 260, `${low}, ${high}`);
  });
});

test("interpolation follows the source, and what is none is refused", () => {
  const interpolations = (["slim", "torchvision", "keras"] as const).map((source) => {
    const model = new Model({ architecture: "mobilenet_v2", source });
    model.dispose();
    return model.photoSize.interpolation;
  });
  assert.deepEqual(interpolations, ["slim", "bilinear", "bilinear"]);
  const wrong: object = { interpolation: "lanczos" };
  assert.throws(() => new Model(wrong), /expected interpolation to be slim, bilinear, bicubic, got lanczos$/);
  tf.tidy(() => {
    assert.throws(() => preprocessForEval(imageOf([9, 9]), wrong), /got lanczos$/);
  });
});

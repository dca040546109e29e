import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { createInputFn, Dataset, getDecoder, preprocessForEval, preprocessForTrain, RecordError, writeRecords, type ImageTransform } from "../../src/input"; // prettier-ignore
import {
  castTo,
  constant,
  encodeExample,
  encodeJpeg,
  encodePng,
  feature,
  frameRecord,
  memory,
  random,
  resizeImage,
  resizeRegion,
  tf,
  type DctMethod,
} from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();
const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-cut-"));
after(() => rmSync(scratch, { recursive: true }));

/** Like a photograph: soft shades, edges and noise. */
function scene(height: number, width: number): tf.Tensor3D {
  return tf.tidy(() => {
    const y = tf.range(0, height).reshape([height, 1, 1]);
    const x = tf.range(0, width).reshape([1, width, 1]);
    const c = tf.range(0, 3).reshape([1, 1, 3]);
    const shades = tf.sin(y.div(17)).add(tf.cos(x.div(11).add(c))).mul(50); // prettier-ignore
    const noise = random.uniform([height, width, 3], random.seed(height, width), -20, 20);
    return shades.add(noise).add(120).clipByValue(0, 255).toInt().as3D(height, width, 3);
  });
}

/** Green tells how far a pixel is to the right, red how far down; of red, TensorFlow's fast transform of JPEGs is off by one or two. */
function ramp(height: number, width: number): tf.Tensor3D {
  return tf.tidy(() => {
    const y = tf.linspace(20, 230, height).reshape([height, 1]).tile([1, width]);
    const x = tf.linspace(20, 230, width).reshape([1, width]).tile([height, 1]);
    return tf
      .stack([y, x, x.mul(0).add(90)], 2)
      .toInt()
      .as3D(height, width, 3);
  });
}

function encoded(image: tf.Tensor3D, encode: (image: tf.Tensor3D) => Uint8Array): Uint8Array {
  const bytes = encode(image);
  image.dispose();
  return bytes;
}

const example = (file: Uint8Array): Uint8Array =>
  encodeExample({ "image/encoded": feature.bytes(file), "image/class/label": feature.int64(0) });

type Decode = "exact" | "scaled";

const isImage = (item: tf.Tensor | undefined): item is tf.Tensor3D => item?.rank === 3;

function imageOf(
  record: tf.Tensor | Uint8Array,
  decode: Decode,
  dctMethod: DctMethod = "INTEGER_FAST",
): tf.Tensor3D {
  const [image] = getDecoder({ decode, dctMethod }).decode(record, ["image"]);
  assert.ok(isImage(image));
  return image;
}

/** What a transform gives of a file inside of map()'s function. */
async function mapped(file: Uint8Array, transform: ImageTransform, decode: Decode): Promise<tf.Tensor3D> {
  const records = constant([example(file)], [1], "string");
  const dataset = Dataset.fromTensorSlices(records).map((record) =>
    transform(imageOf(record, decode), random.seed(3, 5)),
  );
  const result = await dataset.first();
  dataset.dispose();
  records.dispose();
  return result;
}

/** The same of the whole decoded image, in a cell. */
function atOnce(file: Uint8Array, transform: ImageTransform, dctMethod: DctMethod): tf.Tensor3D {
  return tf.tidy(() => transform(imageOf(example(file), "exact", dctMethod), random.seed(3, 5)));
}

async function distances(
  file: Uint8Array,
  transform: ImageTransform,
  decode: Decode,
  dctMethod: DctMethod = "INTEGER_FAST",
): Promise<{ most: number; shift: number }> {
  const [actual, expected] = [await mapped(file, transform, decode), atOnce(file, transform, dctMethod)];
  assert.deepEqual(actual.shape, expected.shape);
  return tf.tidy(() => {
    const differences = actual.sub(expected);
    tf.dispose([actual, expected]);
    const [most = NaN] = differences.abs().max().dataSync();
    const [, shift = NaN] = differences.mean([0, 1]).dataSync(); // of green
    return { most, shift };
  });
}

const TRANSFORMS: Readonly<Record<string, ImageTransform>> = {
  evaluation: (image) => preprocessForEval(image, { size: 56 }),
  "random crop": (image, seed) => preprocessForTrain(image, { seed, size: 56 }),
  "random box": (image, seed) => preprocessForTrain(image, { seed, size: 56, crop: "box" }),
  "random box, not mirrored": (image, seed) =>
    preprocessForTrain(image, { seed, size: 56, crop: "box", flip: false }),
  "antialiased evaluation": (image) => preprocessForEval(image, { size: 56, interpolation: "bilinear" }),
  "antialiased box": (image, seed) =>
    preprocessForTrain(image, { seed, size: 56, crop: "box", interpolation: "bicubic" }),
};

/** Antialiased photos are decoded as Pillow does it. */
const dctMethodOf = (name: string): DctMethod =>
  name.startsWith("antialiased") ? "INTEGER_ACCURATE" : "INTEGER_FAST";

test("resizeRegion() gives what resizeBilinear() gives of a region, to the bit", () => {
  const sizes = [[90, 77, 60, 70], [33, 61, 80, 64], [1, 300, 7, 90], [300, 1, 50, 3], [301, 150, 301, 150]] as const; // prettier-ignore
  for (const [height, width, toHeight, toWidth] of sizes)
    for (const channels of [1, 3])
      tf.tidy(() => {
        const image = scene(height, width).slice([0, 0, 0], [-1, -1, channels]);
        const [top, left] = [Math.floor(height / 5), Math.floor(width / 3)];
        const part = image.slice([top, left, 0], [height - 2 * top, width - 2 * left, channels]);
        const resized = resizeImage(part, [toHeight, toWidth]);
        const [from, to] = [Math.floor(toHeight / 4), Math.floor(toWidth / 3)];
        const inside = [toHeight - 2 * from, toWidth - 2 * to] as const;
        const expected = resized.slice([from, to, 0], [...inside, channels]);
        for (const isMirrored of [false, true]) {
          const actual = resizeRegion(castTo(image, "uint8"), {
            region: tf.tensor1d([top, left, part.shape[0] ?? 0, part.shape[1] ?? 0]),
            size: tf.tensor1d([toHeight, toWidth], "int32"),
            window: tf.tensor1d([from, to, ...inside], "int32"),
            mirrored: tf.scalar(isMirrored, "bool"),
          });
          const wanted = isMirrored ? tf.reverse(expected, 1) : expected;
          assert.deepEqual(actual.dataSync(), wanted.dataSync(), `${height} x ${width}`);
        }
      });
});

test("photos decoded inside of map() for a crop are to the bit those that are decoded whole", async () => {
  const before = memory();
  const files = [
    ...[[200, 310], [310, 200], [64, 64], [41, 700], [500, 33]].map(([height = 0, width = 0], i) =>
      encoded(scene(height, width), (image) => encodeJpeg(image, { chromaDownsampling: i % 2 === 0 })),
    ),
    encoded(scene(90, 130), encodePng),
  ]; // prettier-ignore
  for (const file of files)
    for (const [name, transform] of Object.entries(TRANSFORMS))
      assert.equal((await distances(file, transform, "exact", dctMethodOf(name))).most, 0, name);
  assert.deepEqual(memory(), before);
});

test("a part of a JPEG decoded alone is to the pixel the whole's, whatever box is drawn", async () => {
  const file = encoded(scene(223, 301), (image) => encodeJpeg(image, { quality: 80 }));
  const records = constant([example(file)], [1], "string");
  const draws = 120;
  const crop = (image: tf.Tensor3D, seed: tf.Tensor1D): tf.Tensor3D =>
    preprocessForTrain(image, { seed, size: 16, crop: "box" });
  const both = Dataset.zip(Dataset.fromTensorSlices(records).repeat(), Dataset.range(draws));
  const dataset = both.map(([record, n]) => crop(imageOf(record, "exact"), tf.stack([n, n]).as1D()));
  const whole = imageOf(example(file), "exact");
  let drawn = 0;
  for await (const part of dataset) {
    const expected = tf.tidy(() => crop(whole, random.seed(drawn, drawn)));
    assert.deepEqual(part.dataSync(), expected.dataSync(), `seed ${drawn}`);
    expected.dispose();
    drawn++;
  }
  assert.equal(drawn, draws);
  tf.dispose([records, whole]);
});

test("decode: scaled decodes JPEGs smaller, but no smaller than what they are resized to", async () => {
  const stripes = (side: number): Uint8Array => {
    const x = tf
      .range(0, side, 1, "int32")
      .mod<tf.Tensor>(tf.scalar(2, "int32"))
      .mul(tf.scalar(255, "int32"));
    return encoded(x.reshape<tf.Tensor3D>([1, side, 1]).tile([side, 1, 3]), encodeJpeg);
  };
  const transform: ImageTransform = (image) => preprocessForEval(image, { size: 64, resizeSide: 64 });
  assert.equal((await distances(stripes(127), transform, "scaled")).most, 0); // twice smaller it would be enlarged
  for (const side of [128, 256, 512, 1024]) {
    const result = await mapped(stripes(side), transform, "scaled");
    const { mean, variance } = tf.moments(result);
    assert.ok(Math.abs((mean.dataSync()[0] ?? NaN) - 127.5) < 2, `${side}`); // where each second pixel is left out: 0
    assert.ok((variance.dataSync()[0] ?? NaN) < 4, `${side}`);
    tf.dispose([result, mean, variance]);
  }
});

test("decode: scaled puts everything where it was, of all sizes, upright and mirrored", async () => {
  const sizes = [[1000, 700], [449, 997], [120, 2000], [1500, 90], [64, 70]] as const; // prettier-ignore
  for (const [height, width] of sizes)
    for (const [name, transform] of Object.entries(TRANSFORMS)) {
      const file = encoded(ramp(height, width), encodeJpeg);
      const { most, shift } = await distances(file, transform, "scaled");
      assert.ok(most < 6 && Math.abs(shift) < 0.6, `${name} of ${height} x ${width}: ${most}, ${shift}`);
    }
  const png = encoded(ramp(300, 400), encodePng);
  assert.equal((await distances(png, TRANSFORMS["random box"] ?? preprocessForEval, "scaled")).most, 0);
});

test("photos that lie on their side are upright, decoded exactly and scaled", async () => {
  const tiff = Buffer.from("49492a00080000000100120103000100000006000000", "hex");
  const exif = Buffer.concat([Buffer.from("ffe1001e457869660000", "hex"), tiff]);
  const lying = Buffer.from(encoded(ramp(600, 800), encodeJpeg));
  for (const name of ["a", "b"]) {
    mkdirSync(path.join(scratch, "photos", name), { recursive: true });
    const file = Buffer.concat([lying.subarray(0, 2), exif, lying.subarray(2)]);
    writeFileSync(path.join(scratch, "photos", name, "1.jpg"), file);
  }
  const { files } = await writeRecords(path.join(scratch, "photos"), path.join(scratch, "upright"));
  for (const decode of ["exact", "scaled"] as const) {
    const [{ image }, label] = await createInputFn(files, { batchSize: 2, decode })().first();
    const [corner = NaN, right = NaN] = [image.slice([0, 4, 4, 0], [1, 1, 1, 2]), image.slice([0, 4, 250, 0], [1, 1, 1, 2])].map((pixel) => pixel.dataSync()[0]); // prettier-ignore
    assert.ok(
      corner > 200 && right < 60,
      `${decode}: the stored bottom left is now on top: ${corner}, ${right}`,
    );
    tf.dispose([image, label]);
  }
});

test("a cut JPEG is refused and named whatever part of it is wanted", async () => {
  const file = path.join(scratch, "cut");
  const whole = encoded(scene(300, 300), encodeJpeg);
  const records = [whole, whole.subarray(0, whole.length * 0.9), Buffer.from("no image")].map(example);
  for (const bad of records.slice(1))
    for (const decode of ["exact", "scaled"] as const) {
      const [good = bad] = records;
      writeFileSync(file, Buffer.concat([good, bad].map((record) => frameRecord(record))));
      const transform: ImageTransform = (image, seed) =>
        preprocessForTrain(image, { seed, size: 16, crop: "box" });
      const dataset = createInputFn(file, { batchSize: 2, numEpochs: 1, transform, decode })();
      await assert.rejects(dataset.iterator().next(), (error) => {
        assert.ok(error instanceof RecordError, String(error));
        assert.equal(error.record, 1);
        return true;
      });
    }
});

test(
  "a photo of 30000 x 10 takes no more memory than its pixels and its crop",
  { skip: process.platform !== "linux" },
  () => {
    const script = `
    const { readFileSync } = require("node:fs");
    const { tf, encodeJpeg, encodeExample, feature, constant } = require("./dist/src/tensorflow");
    const slim = require("./dist/src/input");
    const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
    const all = async (height, width) => {
      const file = encodeJpeg(tf.fill([height, width, 3], 100));
      const record = constant([encodeExample({ "image/encoded": feature.bytes(file) })], [1], "string");
      for (const decode of ["exact", "scaled"])
        for (const transform of [
          (image) => slim.preprocessForEval(image),
          (image, seed) => slim.preprocessForTrain(image, { seed }),
          (image, seed) => slim.preprocessForTrain(image, { seed, crop: "box" }),
        ]) {
          const decoder = slim.getDecoder({ decode });
          const dataset = slim.Dataset.fromTensorSlices(record).map((one) =>
            transform(decoder.decode(one, ["image"])[0], tf.tensor1d([1, 2], "int32")));
          await dataset.first();
        }
    };
    all(300, 256).then(async () => {
      const before = peak();
      await all(10, 30000);
      await all(30000, 10);
      console.log(peak() - before);
    });`;
    const output = execFileSync(process.execPath, ["-e", script], {
      cwd: path.resolve(__dirname, "../../.."),
      encoding: "utf8",
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.ok(Number(output.trim().split("\n").at(-1)) < 100, `${output} MiB more`);
  },
);

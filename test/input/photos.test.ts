/** writeRecords() and readImage() on photos of all kinds, compared with Pillow. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import {
  fixedLenFeature,
  preprocessForEval,
  readImage,
  TFExampleDecoder,
  tfexampleDecoder,
  TFRecordDataset,
  writeRecords,
} from "../../src/input";
import { createPhotoDecoder, knownPhoto } from "../../src/classifier/batchphotos";
import type { WrittenRecords } from "../../src/input";
import { formatOf } from "../../src/input/format";
import { pixelCountOf } from "../../src/input/pixelcount";
import { bytesOf, memory, tf } from "../../src/tensorflow";
import { fixturePath } from "../fixtures";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = temporaryFolder("photos");
const photos = join(root, "photos");

const decoder = new TFExampleDecoder(
  {
    "image/encoded": fixedLenFeature([], "string"),
    "image/format": fixedLenFeature([], "string"),
    "image/filename": fixedLenFeature([], "string"),
  },
  { image: tfexampleDecoder.Image(), name: tfexampleDecoder.Tensor("image/filename") },
);

/** Greatest difference from Pillow's upright pixels; Infinity for another number of them. */
function distance(image: tf.Tensor, name: string): number {
  const pixels = readFileSync(join(root, "pixels", name));
  const values = [...image.dataSync()];
  if (values.length !== pixels.length) return Infinity;
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - (pixels[i] ?? 0))), 0);
}

/** Of each record, how far its image is from Pillow's. */
async function distances(files: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const record of TFRecordDataset(files)) {
    const [image, name] = decoder.decode(record, ["image", "name"]);
    const file = Buffer.from(bytesOf(name ?? record)[0] ?? []).toString();
    if (image !== undefined && file.startsWith("all/")) found.set(file.slice(4), distance(image, file.slice(4))); // prettier-ignore
    tf.dispose([record, image ?? record, name ?? record]);
  }
  return found;
}

/** TensorFlow's usual decoder of JPEGs is not exact; re-encoding loses as little. */
const tolerance = (name: string): number => (name === "cmyk.jpg" ? 14 : name.endsWith(".jpg") ? 8 : 0);

/** How many pixels a file has by its first bytes, and how many it is decoded to; of a GIF, whose further frames count, the latter at least. */
async function countedAndDecoded(file: string): Promise<[counted: number | undefined, decoded: number]> {
  const contents = readFileSync(file);
  const format = formatOf(contents);
  const counted = typeof format === "object" ? undefined : pixelCountOf(contents, format);
  const image = await readImage(file);
  const decoded = image.size / 3;
  image.dispose();
  return format === "gif" && counted !== undefined && counted % decoded === 0
    ? [decoded, decoded]
    : [counted, decoded];
}

const REFUSED: Readonly<Record<string, RegExp>> = {
  "1.bmp":
    /^it is a BMP of 1 bits a pixel, which TensorFlow does not read: convert it, e\.g\. by ImageMagick: mogrify -format png \*\.bmp$/,
  "16.bmp": /a BMP of 16 bits a pixel/,
  "32swapped.bmp": /a BMP whose masks TensorFlow does not heed, so that its colours are wrong/,
  "4palette.bmp": /a BMP of 4 bits a pixel/,
  "8negative.bmp": /a BMP with a palette, which TensorFlow takes for shades of grey/,
  "8palette.bmp": /a BMP with a palette/,
  "8rle.bmp": /a BMP that is compressed/,
  "os2.bmp": /a BMP of an old kind/,
  "photo.avif": /^it is AVIF, which TensorFlow does not read: convert it, .*\*\.avif$/,
  "photo.jp2": /^it is JPEG 2000, /,
  "photo.tif": /^it is TIFF or a camera's raw file, /,
};

describe("photos of all kinds", { skip }, () => {
  let names: readonly string[] = [];
  let result: WrittenRecords | undefined;
  before(async () => {
    const script = join(__dirname, "../../../test/input/photos.py");
    execFileSync(python ?? "python3", [script, join(photos, "all")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    names = readdirSync(join(photos, "all"));
    mkdirSync(join(photos, "other"));
    cpSync(fixturePath("photos/rgb.jxl"), join(photos, "other/rgb.jxl"));
    result = await writeRecords(photos, join(root, "records"));
  });

  test("writeRecords() names what TensorFlow does not read, or reads wrongly", () => {
    const bad = new Map((result?.bad ?? []).map(({ file, reason }) => [file, reason]));
    assert.deepEqual([...bad.keys()].sort(), Object.keys(REFUSED).map((name) => `all/${name}`)); // prettier-ignore
    for (const [name, reason] of Object.entries(REFUSED)) assert.match(bad.get(`all/${name}`) ?? "", reason);
  });

  test("the images of writeRecords() are Pillow's, upright, in all else", async () => {
    const found = await distances(result?.files ?? []);
    assert.equal(found.size, names.length - Object.keys(REFUSED).length);
    for (const [name, far] of found) assert.ok(far <= tolerance(name), `${name}: ${far}`);
    assert.equal(result?.turned, 7 * 2 * 3);
    assert.equal(result.reencoded, 7 * 2 * 3 + 3); // transparent and animated WebP
  });

  test("readImage() gives the same, and leaks nothing", async () => {
    const live = memory();
    for (const name of names.filter((one) => REFUSED[one] === undefined)) {
      const image = await readImage(join(photos, "all", name));
      assert.ok(distance(image, name) <= tolerance(name), name);
      image.dispose();
    }
    await assert.rejects(readImage(join(photos, "all/8rle.bmp")), /Cannot read image ".*8rle.bmp": expected a photo, got none: it is a BMP that is compressed/); // prettier-ignore
    await assert.rejects(
      readImage(join(photos, "none.jpg")),
      /none.jpg": expected a photo, got none: ENOENT/,
    );
    assert.deepEqual(memory(), live);
  });

  test("a file's first bytes tell its pixels, a GIF's those of all frames", async () => {
    for (const name of names.filter((one) => REFUSED[one] === undefined))
      assert.deepEqual(...(await countedAndDecoded(join(photos, "all", name))), name);
  });

  test("servers' decoder gives the very pixels of readImage(), resized and cropped", async () => {
    const sizes = { resizeSide: 30, size: 24, interpolation: "slim" } as const;
    const decoder = createPhotoDecoder(sizes);
    for (const name of names.filter((one) => REFUSED[one] === undefined)) {
      const file = join(photos, "all", name);
      const [image, fitted] = [await readImage(file), await decoder.decode(knownPhoto({ called: name, contents: readFileSync(file) }, 1e6))]; // prettier-ignore
      const wanted = preprocessForEval(image, sizes);
      assert.deepEqual(fitted.dataSync(), wanted.dataSync(), name);
      tf.dispose([image, fitted, wanted]);
    }
    decoder.dispose();
  });

  test('orient: "stored" leaves all photos byte for byte', async () => {
    const { turned, reencoded } = await writeRecords(photos, join(root, "stored"), { orient: "stored" });
    assert.deepEqual([turned, reencoded], [0, 3]);
    const image = await readImage(join(photos, "all/lying6big.jpg"), { orient: "stored" });
    assert.deepEqual(image.shape, [48, 64, 3]);
    image.dispose();
  });

  test("resizeSide keeps photos upright", async () => {
    const { turned } = await writeRecords(photos, join(root, "small"), { resizeSide: 12 });
    assert.equal(turned, 7 * 2 * 3);
  });
});

test("writeRecords() and readImage() take JPEG XL: coloured, grey and transparent", async () => {
  const folder = join(root, "jxl");
  for (const label of ["a", "b"]) cpSync(fixturePath("photos"), join(folder, label), { recursive: true });
  const { written, reencoded, bad } = await writeRecords(folder, join(root, "jxl-records"));
  assert.deepEqual([written, reencoded, bad], [{ train: 6 }, 4, []]);
  for (const name of ["rgb", "rgba"]) {
    const image = await readImage(join(folder, `a/${name}.jxl`));
    assert.deepEqual([...image.slice([4, 6], [1, 1]).dataSync()], [6 * 36, 4 * 51, 6 * 7 + 4 * 11]);
    image.dispose();
  }
  for (const name of ["rgb", "rgba", "grey"])
    assert.deepEqual(...(await countedAndDecoded(join(folder, `a/${name}.jxl`))), name);
  const grey = await readImage(join(folder, "a/grey.jxl"));
  assert.deepEqual(grey.shape, [5, 7, 3]);
  grey.dispose();
});

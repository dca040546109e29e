/** The page of exportWeb() in a real browser, of networks whose photos are resized antialiased. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { exportWeb, tf } from "../../src";
import { preprocessForEval } from "../../src/input";
import { encodePng, type Interpolation } from "../../src/tensorflow";
import { encodeJpeg } from "../../src/tensorflow/ops/encode";
import { smallModel } from "../classifier/small";
import { temporaryFolder } from "../temporary";
import { fromPredict, pixels, savedFile, savedPng } from "./pagephotos";
import { startBrowser, withoutBrowser, withSite } from "./pagesite";

const SIZES = { size: 48, resizeSide: 56 };
const classNames = ["hat", "shoes", "bag", "coat"];
const folder = temporaryFolder("page");

const skip = withoutBrowser;
let browser: Browser;

before(async () => {
  if (skip === false) browser = await startBrowser();
});
after(async () => {
  if (skip === false) await browser.close();
});

/** A photo of more pixels than the page reads at once. */
function large(height: number, width: number): tf.Tensor3D {
  const small = pixels("large", height / 10, width / 10);
  return tf.tidy(() => {
    const four = small.as4D(1, height / 10, width / 10, 3);
    small.dispose();
    return tf.image.resizeNearestNeighbor(four, [height, width]).toInt().as3D(height, width, 3);
  });
}

/** The numbers that the page makes of a PNG beside it. */
const numbersOf = (page: Page, name: string, size: object): Promise<readonly number[]> =>
  page.evaluate(`(async () => {
    const [{ readPhoto }, { pixelsOf }] = await Promise.all([import("./app/photo.js"), import("./app/pixels.js")]);
    const photo = await readPhoto(await (await fetch("${name}")).blob(), "${name}");
    return [...pixelsOf(photo, ${JSON.stringify(size)}).values];
  })()`);

/** Of photos that are squashed into a square. */
const FRACTIONS = [{ centralFraction: 0.875 }, { centralFraction: 0.7, interpolation: "bicubic" }] as const;

const FORMS = [[90, 200], [131, 77], [20, 31], [2000, 40], [56, 57], [1200, 1240], [1, 9]] as const; // prettier-ignore

/** Asserts that photos of any form have the numbers of preprocessForEval(); slim's where the page is told of no interpolation. @param site  the page's files */
async function expectNumbers(page: Page, site: Record<string, Uint8Array>, interpolation: Interpolation): Promise<void> {
  for (const [height, width] of FORMS) {
    const name = `${height}x${width}.png`;
    const photo = height * width > 1e6 ? large(height, width) : pixels("any", height, width);
    site[name] = tf.tidy(() => encodePng(photo));
    for (const size of [{ ...SIZES, interpolation }, SIZES, ...FRACTIONS.map((one) => ({ ...SIZES, ...one }))]) {
      const expected = tf.tidy(() => preprocessForEval(photo, size).dataSync());
      const got = await numbersOf(page, name, size);
      assert.equal(got.length, expected.length);
      const far = got.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0);
      assert.ok(far < 0.05, `${name}, ${JSON.stringify(size)}: ${far}`);
    }
    photo.dispose();
  }
} // prettier-ignore

/** Asserts that heat lies over a part of the photo: top, left, height and width as shares of it. */
async function expectPlace(page: Page, part: readonly number[]): Promise<void> {
  await page.locator("#heat").waitFor();
  const frame = await page.locator("#photo").boundingBox();
  const heat = await page.locator("#heat").boundingBox();
  assert.ok(frame && heat);
  const shares = [(heat.y - frame.y) / frame.height, (heat.x - frame.x) / frame.width, heat.height / frame.height, heat.width / frame.width]; // prettier-ignore
  for (const [i, share] of part.entries())
    assert.ok(Math.abs((shares[i] ?? NaN) - share) < 3e-3, `${i}: ${shares[i] ?? NaN}`);
}

test("the page of a model that squashes photos answers as predict() does, with its heat over their middle", { skip }, async () => {
  const site = join(folder, "squashed");
  const sides = { defaultImageSize: SIZES.size, fixedResizeSide: SIZES.resizeSide };
  const model = smallModel({ numClasses: 4, ...sides, width: 1 / 4, centralFraction: 0.875 });
  await exportWeb(model, site, { classNames });
  await withSite(site, async ({ url }) => {
    const page = await browser.newPage();
    await page.goto(`${url}?backend=wasm`);
    for (const photo of [savedPng("narrow", 900, 40), savedPng("odd", 162, 242)]) {
      const { most } = await fromPredict({ page, model, classNames, preprocessing: {} }, photo);
      assert.ok(most < 1e-3, `${basename(photo)}: ${most}`);
    }
    await expectPlace(page, [10 / 162, 15 / 242, 142 / 162, 212 / 242]); // 10.125 and 15.125 pixels are left out
    await page.close();
  });
  model.dispose();
}); // prettier-ignore

for (const interpolation of ["bilinear", "bicubic"] as const)
  test(`the page of a ${interpolation} model sees photos and answers as predict() does`, { skip }, async () => {
    const site = join(folder, interpolation);
    const sides = { defaultImageSize: SIZES.size, fixedResizeSide: SIZES.resizeSide };
    const model = smallModel({ numClasses: 4, ...sides, width: 1 / 4, interpolation });
    await exportWeb(model, site, { classNames });
    const beside: Record<string, Uint8Array> = {};
    const work = async ({ url }: { readonly url: string }): Promise<void> => {
      const page = await browser.newPage();
      await page.goto(`${url}?backend=wasm`);
      await expectNumbers(page, beside, interpolation);
      const jpeg = tf.tidy(() => savedFile("large.jpg", encodeJpeg(large(300, 400), { quality: 90 })));
      for (const photo of [savedPng("small", 20, 31), savedPng("narrow", 900, 40), jpeg, savedPng("odd", 162, 242)]) {
        const { most } = await fromPredict({ page, model, classNames, preprocessing: SIZES }, photo);
        assert.ok(most < 1e-3, `${basename(photo)}: ${most}`);
      }
      // 162 x 242 becomes 56 x 83.65, so 83, of which rows 4 to 52 and, as 17.5 is rounded to even, columns 18 to 66 are seen
      await expectPlace(page, [4 / 56, 18 / 83, 48 / 56, 48 / 83]);
      await page.close();
    };
    await withSite(site, work, beside);
    model.dispose();
  }); // prettier-ignore

/** The page of exportWeb() in a real browser: what it answers, and where its heat is. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { exportWeb, tf, type Model } from "../../src";
import { gradCam } from "../../src/explain";
import { colorize } from "../../src/inspect/colormap";
import { placeHeat } from "../../src/inspect/place";
import { preprocessForEval } from "../../src/input";
import { encodePng } from "../../src/tensorflow";
import { encodeJpeg } from "../../src/tensorflow/ops/encode";
import { smallModel } from "../classifier/small";
import { sharedPath } from "../model/imagenet";
import { temporaryFolder } from "../temporary";
import { fromPredict, pixels, savedFile, savedPng } from "./pagephotos";
import { answerOf, startBrowser, withoutBrowser, withSite } from "./pagesite";

const SIDE = 48;
const photoSize = { size: SIDE, resizeSide: 56 };
const classNames = ["hat", "shoes", "<bag>", "coat"];
const site = join(temporaryFolder("page"), "site");

const skip = withoutBrowser;
let browser: Browser;
let model: Model;

before(async () => {
  if (skip !== false) return;
  browser = await startBrowser();
  model = smallModel({ numClasses: 4, defaultImageSize: SIDE, fixedResizeSide: 56, width: 1 / 4 });
  await exportWeb(model, site, { classNames, photo: photoSize, title: "Clothes" });
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  model.dispose();
});

async function opened(url: string, query = ""): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}${query}`);
  return page;
}

const differenceOf = (page: Page, photo: string): ReturnType<typeof fromPredict> =>
  fromPredict({ page, model, classNames, preprocessing: photoSize }, photo);

for (const backend of ["wasm", "webgl"])
  test(`${backend} answers as predict() does, to 1e-3, of photos of any form`, { skip }, async () => {
    await withSite(site, async ({ url }) => {
      const page = await opened(url, `?backend=${backend}`);
      const photos = [
        savedPng("wide", 90, 200),
        savedPng("tall", 131, 77),
        savedPng("small", 20, 31),
        savedPng("narrow", 2000, 40),
      ];
      const firsts: number[] = [];
      for (const photo of photos) {
        const { most, first } = await differenceOf(page, photo);
        assert.ok(most < 1e-3, `${photo}: ${most}`);
        firsts.push(first);
      }
      assert.ok(Math.max(...firsts) - Math.min(...firsts) > 0.02, `photos that differ: ${String(firsts)}`);
      assert.match((await page.locator("#facts").textContent()) ?? "", backend === "wasm" ? /WebAssembly/ : /WebGL/); // prettier-ignore
      await page.close();
    });
  });

test("JPEGs are decoded as predict() decodes them", { skip }, async () => {
  await withSite(site, async ({ url }) => {
    const page = await opened(url);
    const smooth = tf.tidy(() => tf.image.resizeBilinear(pixels("jpeg", 12, 16), [300, 400]).toInt().as3D(300, 400, 3)); // prettier-ignore
    const made = savedFile("smooth.jpg", encodeJpeg(smooth, { quality: 90 }));
    smooth.dispose();
    const real = existsSync(sharedPath("clothing/test/hat")) ? readdirSync(sharedPath("clothing/test/hat")).slice(0, 3).map((name) => join(sharedPath("clothing/test/hat"), name)) : []; // prettier-ignore
    for (const photo of [made, ...real]) {
      const { most } = await differenceOf(page, photo);
      assert.ok(most < 1e-2, `${photo}: ${most}`);
    }
    await page.close();
  });
});

test("what shows through is seen in its own colour, as predict() sees it", { skip }, async () => {
  const glass = tf.tidy(() => savedFile("glass.png", encodePng(tf.concat<tf.Tensor3D>([pixels("glass", 60, 80), tf.fill([60, 80, 1], 128, "int32")], 2)))); // prettier-ignore
  await withSite(site, async ({ url }) => {
    const page = await opened(url);
    const { most } = await differenceOf(page, glass);
    assert.ok(most < 5e-3, String(most));
    await page.close();
  });
});

/** Of the heat's drawing: red, green and blue at shares of its sides. */
function colorAt(page: Page, x: number, y: number): Promise<unknown> {
  return page.evaluate(
    `(() => { const c = document.getElementById("heat"); return [...c.getContext("2d").getImageData(Math.floor(${x} * c.width), Math.floor(${y} * c.height), 1, 1).data.slice(0, 3)]; })()`,
  );
}

test("heat has the notebook's colours and lies over what the network saw", { skip }, async () => {
  const photo = savedPng("heat", 80, 120);
  await withSite(site, async ({ url }) => {
    const page = await opened(url);
    await page.setInputFiles("#file", photo);
    await answerOf(page);
    await page.getByRole("button", { name: "coat" }).click();
    await page.locator('button[aria-pressed="true"]', { hasText: "coat" }).waitFor();
    await page.locator("#heat").waitFor();
    const [frame, heat] = [
      await page.locator("#photo").boundingBox(),
      await page.locator("#heat").boundingBox(),
    ];
    assert.ok(frame && heat);
    // 80 x 120 becomes 56 x 84, of which rows 4 to 52 and columns 18 to 66 are seen
    const shares = [(heat.y - frame.y) / frame.height, (heat.x - frame.x) / frame.width, heat.height / frame.height, heat.width / frame.width]; // prettier-ignore
    const expected = [4 / 56, 18 / 84, 48 / 56, 48 / 84];
    shares.forEach((share, i) => assert.ok(Math.abs(share - (expected[i] ?? NaN)) < 5e-3, `${i}: ${share}`));
    const colours = tf.tidy(() => {
      const image = preprocessForEval(pixels("heat", 80, 120), photoSize);
      const cam = gradCam(model, model.preprocess(image.expandDims<tf.Tensor4D>(0)), { classIndex: [3] });
      return colorize(placeHeat(cam.heatmaps, cam, [256, 256]), "turbo")
        .mul(255)
        .as3D(256, 256, 3)
        .arraySync();
    });
    for (const [x, y] of [
      [0.1, 0.2],
      [0.5, 0.5],
      [0.8, 0.3],
      [0.3, 0.9],
    ] as const) {
      // prettier-ignore
      const wanted = colours[Math.floor(y * 256)]?.[Math.floor(x * 256)] ?? [];
      const got = [await colorAt(page, x, y)].flat().map(Number);
      got.forEach((value, c) => assert.ok(Math.abs(value - (wanted[c] ?? NaN)) < 4, `${x}, ${y}: ${String(got)}, expected ${String(wanted)}`)); // prettier-ignore
    }
    await page.close();
  });
});

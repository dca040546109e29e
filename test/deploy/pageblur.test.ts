/** The page of exportWeb() in a real browser, of networks that pool where ResNets stride: blurred or averaged pixels, mirrored at edges. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { exportWeb, tf, type Architecture, type Model } from "../../src";
import { preprocessForEval } from "../../src/input";
import { everyNetwork } from "../everynetwork";
import { thinModel } from "../networks/forms";
import { temporaryFolder } from "../temporary";
import { fromPredict, pixels, savedPng } from "./pagephotos";
import { startBrowser, withoutBrowser, withSite } from "./pagesite";

const SIDE = 48;
const classNames = ["hat", "shoes", "bag"];
const ALL: readonly Architecture[] = ["resnetaa50", "resnetblur18", "resnetblur50"];
const SOME = everyNetwork(ALL, []);

const skip = withoutBrowser;
let browser: Browser | undefined;

before(async () => {
  if (skip === false && SOME.length > 0) browser = await startBrowser();
});
after(() => browser?.close());

const PHOTOS: readonly (readonly [name: string, height: number, width: number])[] = [["odd", 162, 243], ["small", 31, 20], ["tall", 300, 77]]; // prettier-ignore

/** Changes the last layer so that the photos' logits are about 2 and differ: no class has all the probability. */
function calm(model: Model): void {
  const [weights, biases] = ["weights", "biases"].map((kind) => model.variables.expect(`Predict/logits/${kind}`));
  tf.tidy(() => {
    const images = tf.stack(PHOTOS.map((photo) => preprocessForEval(pixels(...photo), model.photoSize))).as4D(3, SIDE, SIDE, 3);
    const { logits } = model.predict(model.preprocess(images));
    const far = logits.sub(logits.mean(0));
    const scale = far.square().mean().sqrt().div(2);
    weights?.assign(weights.div(scale));
    biases?.assign(biases.sub(logits.mean(0)).div(scale));
  });
} // prettier-ignore

for (const architecture of SOME)
  test(`the page of ${architecture} answers as predict() does`, { skip }, async (t) => {
    const site = join(temporaryFolder("page"), architecture);
    const model = thinModel({ architecture, source: "timm" });
    const { photoSize: preprocessing } = model;
    calm(model);
    await exportWeb(model, site, { classNames });
    await withSite(site, async ({ url }) => {
      for (const backend of ["wasm", "webgl"]) {
        const page = (await browser?.newPage()) ?? assert.fail("no browser");
        await page.goto(`${url}?backend=${backend}`);
        const firsts: number[] = [];
        for (const photo of PHOTOS.map((one) => savedPng(...one))) {
          const { most, first } = await fromPredict({ page, model, classNames, preprocessing }, photo);
          t.diagnostic(`${backend} ${basename(photo)}: ${most} of ${first}`);
          assert.ok(most < 1e-3, `${backend}, ${basename(photo)}: ${most}`);
          firsts.push(first);
        }
        assert.ok(Math.max(...firsts) - Math.min(...firsts) > 0.02, `photos that differ: ${String(firsts)}`);
        await page.close();
      }
    });
    model.dispose();
  }); // prettier-ignore

/** The page of exportWeb() in Chromium on WebAssembly: the first answer after it is opened, and a photo's, beside TensorFlow.js's bare own. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { exportWeb } from "../src/deploy";
import { Model } from "../src/model";
import { answerOf, startBrowser, withSite } from "../test/deploy/pagesite";
import { contest, timed, type Contender, type Result } from "./contest";
import { inFolder, sharedData } from "./folder";

/** What was measured. */
export interface PageResult {
  readonly first: readonly Result[];
  readonly photo: readonly Result[];
}

/** As one writes it by TensorFlow.js alone: drawn at the network's size, classified. */
const BARE = `<!doctype html>
<script src="tfjs/tf-core.min.js"></script>
<script src="tfjs/tf-converter.min.js"></script>
<script src="tfjs/tf-backend-wasm.min.js"></script>
<script src="bare.js"></script>`;

const bareScript = (size: number): string => `
tf.wasm.setWasmPaths("tfjs/");
const model = tf.setBackend("wasm").then(() => tf.loadGraphModel("model.json"));
const canvas = document.createElement("canvas");
canvas.width = canvas.height = ${size};
const context = canvas.getContext("2d", { willReadFrequently: true });
async function classify(file) {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, ${size}, ${size});
  image.close();
  const network = await model;
  const output = tf.tidy(() => network.predict(tf.expandDims(tf.cast(tf.browser.fromPixels(canvas), "float32"), 0)));
  await output.data();
  output.dispose();
}`;

/** In the page of ours: from a photo's file to its classes. */
const OURS = `async function classify(file) {
  const section = document.getElementById("answer");
  const data = new DataTransfer();
  data.items.add(file);
  dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
  await new Promise((resolve) => new MutationObserver((_, seen) => {
    if (section.getAttribute("aria-busy") !== "false") return;
    seen.disconnect();
    resolve();
  }).observe(section, { attributes: true }));
}`;

/** Seconds of mobilenet_v2's answers, the first being ours. */
export function benchPage({
  rounds,
  side,
}: {
  readonly rounds: number;
  readonly side: number;
}): Promise<PageResult> {
  return inFolder(async (folder) => {
    const site = join(folder, "site");
    const model = new Model({
      architecture: "mobilenet_v2",
      numClasses: 1000,
      defaultImageSize: side,
      fixedResizeSide: Math.round((side * 8) / 7),
    });
    const clothing = join(sharedData(), "clothing/test/hat");
    const file = join(folder, "photo.jpg");
    copyFileSync(join(clothing, readdirSync(clothing)[0] ?? ""), file);
    await exportWeb(model, site);
    model.dispose();
    const browser = await startBrowser();
    const measured: { value?: PageResult } = {};
    writeFileSync(join(site, "bare.html"), BARE);
    writeFileSync(join(site, "bare.js"), bareScript(side));
    await withSite(site, async ({ url }) => {
      const first = await contest(
        [{ name: "slimlab's page, opened anew", run: () => firstAnswer(browser, url, file) }],
        rounds,
        1,
      );
      measured.value = { first, photo: await contest(await photoContenders(browser, url, file), rounds, 3) };
    });
    await browser.close();
    if (measured.value === undefined) throw new Error("Cannot bench the page: expected results, got none");
    return measured.value;
  });
}

/** From the page's address to classes of a photo that is given at once, with nothing cached. */
async function firstAnswer(browser: Browser, url: string, file: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const taken = await timed(async () => {
    await page.goto(`${url}?backend=wasm`, { waitUntil: "commit" });
    await page.locator("#file").setInputFiles(file);
    await answerOf(page);
  });
  await context.close();
  return taken;
}

async function photoContenders(browser: Browser, url: string, file: string): Promise<Contender[]> {
  const bytes = readFileSync(file).toString("base64");
  const [plain, heat, bare] = [await browser.newPage(), await browser.newPage(), await browser.newPage()];
  for (const page of [plain, heat]) {
    await page.goto(`${url}?backend=wasm`);
    await page.setInputFiles("#file", file);
    await answerOf(page);
  }
  await plain.locator("#showHeat").uncheck();
  await bare.goto(`${url}bare.html`);
  return [
    { name: "slimlab's page, classes alone", run: () => photoSeconds(plain, OURS, bytes) },
    { name: "slimlab's page, with the heat map", run: () => photoSeconds(heat, OURS, bytes) },
    { name: "bare TensorFlow.js", isPeer: true, run: () => photoSeconds(bare, "", bytes) },
  ];
}

/** From a photo's file to its classes, by the page's own clock. */
async function photoSeconds(page: Page, before: string, bytes: string): Promise<number> {
  await page.bringToFront();
  const taken: unknown = await page.evaluate(`(async () => {
    ${before}
    const bytes = Uint8Array.from(atob("${bytes}"), (c) => c.charCodeAt(0));
    const file = new File([bytes], "photo.jpg", { type: "image/jpeg" });
    const begun = performance.now();
    await classify(file);
    return (performance.now() - begun) / 1000;
  })()`);
  return Number(taken);
}

#!/usr/bin/env bash
# tf.browser.fromPixels(bitmap) of a photo with transparency gives other colours by backend, though it hands alpha off: of an ImageBitmap, as
# createImageBitmap(file) makes it, the WebGL backend has colours times alpha (half as bright where half transparent), the CPU's (and by it WASM's) has
# the colours themselves. With premultiplyAlpha: "none" WebGL has the colours, and the CPU's is 0 where all is transparent and WebGL the colours there, too.
# A canvas that the same bitmap is drawn to is read alike by both. So a page that falls back from WebGL to WASM answers otherwise about a cut-out PNG.
# Seen in @tensorflow/tfjs 4.22.0 (the last), Chromium 153 (software WebGL). Needs Linux on x86_64 with the libraries of a Chromium, Node 20 or newer; about
# 250 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 @sparticuz/chromium@153.0.0 playwright-core@1.65.1
cat >look.mjs <<'JS'
import assert from "node:assert";
import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";

/** Runs in the page: the pixels that each backend reads of a PNG of (200, 100, 50), once opaque, once half and once wholly transparent. */
async function look() {
  const { tf } = globalThis;
  const pixels = [255, 128, 0].flatMap((alpha) => [200, 100, 50, alpha]);
  const canvas = Object.assign(document.createElement("canvas"), { width: 3, height: 1 });
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels), 3, 1), 0, 0);
  const file = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const bitmap = await createImageBitmap(file);
  const plain = await createImageBitmap(new ImageData(new Uint8ClampedArray(pixels), 3, 1), { premultiplyAlpha: "none" });
  const drawn = Object.assign(document.createElement("canvas"), { width: 3, height: 1 });
  drawn.getContext("2d").drawImage(bitmap, 0, 0);
  const seen = {};
  for (const backend of ["cpu", "webgl"]) {
    await tf.setBackend(backend);
    for (const [name, source] of Object.entries({ bitmap, plain, drawn })) {
      seen[`${backend} ${name}`] = tf.browser.fromPixels(source).arraySync()[0].join(" | ");
    }
  }
  return seen;
}
const browser = await chromium.launch({ executablePath: await sparticuz.executablePath(), args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.addScriptTag({ path: "node_modules/@tensorflow/tfjs/dist/tf.min.js" });
  const seen = await page.evaluate(look);
  console.log("Chromium", browser.version(), seen);
  assert.deepEqual(seen, {
    "cpu bitmap": "200,100,50 | 199,100,50 | 0,0,0",
    "cpu plain": "200,100,50 | 199,100,50 | 0,0,0",
    "cpu drawn": "200,100,50 | 199,100,50 | 0,0,0",
    "webgl bitmap": "200,100,50 | 100,50,25 | 0,0,0",
    "webgl plain": "200,100,50 | 200,100,50 | 200,100,50",
    "webgl drawn": "200,100,50 | 199,100,50 | 0,0,0",
  });
} finally {
  await browser.close();
}
JS
TMPDIR="$folder" node look.mjs

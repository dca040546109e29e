/** The page of exportWeb() in a real browser: how it is used, and what it says when something is wrong. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { exportWeb, tf } from "../../src";
import { encodePng } from "../../src/tensorflow";
import { photo, smallModel } from "../classifier/small";
import { temporaryFolder } from "../temporary";
import { answerOf, FAKE_CAMERA, nextError, startBrowser, withoutBrowser, withSite } from "./pagesite";

const classNames = ["hat", "shoes", "bag", "coat", "scarf", "glove", "sock"];
const folder = temporaryFolder("page");
const [site, several] = [join(folder, "site"), join(folder, "several")];
const picture = join(folder, "one.png");

const skip = withoutBrowser;
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  browser = await startBrowser(FAKE_CAMERA);
  tf.tidy(() => writeFileSync(picture, encodePng(photo("one", 60, 90))));
  const options = { numClasses: classNames.length };
  const [one, other] = [smallModel(options), smallModel({ ...options, multiLabel: true })];
  await exportWeb(one, site, { classNames, title: "Clothes", example: picture });
  await exportWeb(other, several, { classNames, threshold: 0.3 });
  for (const model of [one, other]) model.dispose();
});
after(async () => {
  if (skip === false) await browser.close();
});

async function withPage(
  work: (page: Page, url: string, asked: readonly string[]) => Promise<void>,
  { dir = site, changed = {}, query = "" } = {},
): Promise<void> {
  await withSite(
    dir,
    async ({ url, asked }) => {
      const page = await browser.newPage();
      await page.goto(`${url}${query}`);
      await work(page, url, asked);
      await page.close();
    },
    changed,
  );
}

test("it asks no other host, and only for what its backend needs", { skip }, async () => {
  const page = await browser.newPage();
  const wanted: string[] = [];
  page.on("request", (request) => wanted.push(request.url()));
  await withSite(site, async ({ url }) => {
    await page.goto(url);
    await page.setInputFiles("#file", picture);
    await answerOf(page);
    assert.deepEqual(
      wanted.filter((address) => !/^(blob|data):/.test(address) && !address.startsWith(url)),
      [],
    );
    assert.deepEqual(wanted.filter((address) => /webgl|webgpu/.test(address)), []); // prettier-ignore
    assert.ok(wanted.some((address) => address.endsWith("tfjs/tfjs-backend-wasm-simd.wasm")));
    await page.context().setOffline(true);
    await page.setInputFiles("#file", picture);
    await page.locator('#answer[aria-busy="false"]').waitFor();
    assert.equal(await page.locator("#error").isVisible(), false);
  });
  await page.close();
});

test("a photo that is chosen before the scripts are here is answered", { skip }, async () => {
  const page = await browser.newPage();
  await withSite(site, async ({ url }) => {
    let go: () => void = () => undefined;
    const chosen = new Promise<void>((resolve) => (go = resolve));
    await page.route("**/app/main.js", async (route) => {
      await chosen;
      await route.continue();
    });
    await page.goto(url, { waitUntil: "commit" });
    await page.locator("#file").setInputFiles(picture);
    go();
    await answerOf(page);
  });
  await page.close();
});

test("the example, a dropped and a pasted photo are answered", { skip }, async () => {
  await withPage(async (page) => {
    await page.getByRole("button", { name: "Try the example" }).click();
    await answerOf(page);
    assert.equal(await page.title(), "Clothes");
    const bytes = readFileSync(picture).toString("base64");
    for (const [event, data, name] of [
      ["drop", "dataTransfer", "dropped.png"],
      ["paste", "clipboardData", "pasted.png"],
    ] as const) {
      // prettier-ignore
      await page.evaluate(`(() => {
        const bytes = Uint8Array.from(atob("${bytes}"), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], "${name}", { type: "image/png" }));
        const kind = "${event}" === "drop" ? DragEvent : ClipboardEvent;
        dispatchEvent(new kind("${event}", { ${data}: data, cancelable: true }));
      })()`);
      await page.getByRole("img", { name }).waitFor();
      await page.locator('#answer[aria-busy="false"]').waitFor();
    }
  });
});

test("classes: five, more when asked; the keyboard reaches all", { skip }, async () => {
  await withPage(async (page) => {
    await page.setInputFiles("#file", picture);
    await answerOf(page);
    assert.equal(await page.locator("#classes li").count(), 5);
    await page.locator("#more").focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#classes li").count(), 7);
    const order = await page.locator("#classes .share").allTextContents();
    assert.deepEqual([...order].sort((a, b) => parseFloat(b) - parseFloat(a)), order); // prettier-ignore
    await page.locator("#file").focus();
    const reached: string[] = [];
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press("Tab");
      reached.push(String(await page.evaluate("document.activeElement.id || document.activeElement.querySelector?.('.name')?.textContent || ''"))); // prettier-ignore
    }
    for (const name of ["camera", "showHeat", "opacity", ...classNames])
      assert.ok(reached.includes(name), name);
    const last = page.locator("#classes li").last().locator("button");
    await last.focus();
    await page.keyboard.press("Enter");
    await page.locator('#classes li:last-child button[aria-pressed="true"]').waitFor();
    await page.locator("#opacity").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate("document.getElementById('heat').style.opacity"), "0.45");
    await page.locator("#showHeat").focus();
    await page.keyboard.press("Space");
    assert.equal(await page.locator("#heat").isVisible(), false);
  });
});

test("of a multiLabel model a threshold chooses classes", { skip }, async () => {
  await withPage(
    async (page) => {
      await page.setInputFiles("#file", picture);
      const shares = Object.values(await answerOf(page));
      const over = (limit: number): number => shares.filter((share) => share > limit).length;
      assert.equal(await page.locator("#classes .chosen").count(), over(0.3));
      await page.locator("#threshold").fill("1");
      assert.equal(await page.locator("#verdict").textContent(), "None of the classes");
      assert.equal(await page.locator("#limitText").textContent(), "100.0 %");
    },
    { dir: several },
  );
});

test("the camera's pictures are answered until it is stopped", { skip }, async () => {
  await withPage(async (page) => {
    await page.locator("#camera").click();
    await answerOf(page);
    await page.locator("#heat").waitFor();
    assert.equal(await page.locator("#camera").getAttribute("aria-pressed"), "true");
    await page.locator("#camera").click();
    assert.equal(await page.locator("#camera").textContent(), "Camera");
    await page.setInputFiles("#file", picture);
    await page.getByRole("img", { name: "one.png" }).waitFor();
    await page.locator('#answer[aria-busy="false"]').waitFor();
  });
});

const file = (name: string, type: string, text: string) => ({ name, mimeType: type, buffer: Buffer.from(text) }); // prettier-ignore
const huge = '<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="20000"/>';

test(
  "what is no photo, broken, or too large is told by name, and the next photo answered",
  { skip },
  async () => {
    await withPage(async (page) => {
      for (const [given, expected] of [
        [file("notes.txt", "text/plain", "hat"), /Cannot read notes\.txt: expected a photo, got text\/plain/],
        [file("cut.png", "image/png", "hat"), /Cannot read cut\.png: expected a photo, got image\/png, which is broken/], // prettier-ignore
        [file("none.png", "image/png", ""), /expected a photo, got an empty file/],
        [file("huge.svg", "image/svg+xml", huge), /Cannot read huge\.svg: expected at most 120 megapixels, got 400/], // prettier-ignore
      ] as const) {
        await page.setInputFiles("#file", given);
        await page.locator("#error", { hasText: given.name }).waitFor();
        assert.match(await nextError(page), expected);
      }
      await page.setInputFiles("#file", picture);
      await answerAfterError(page);
    });
  },
);

async function answerAfterError(page: Page): Promise<void> {
  await page.locator("#error").waitFor({ state: "hidden" });
  await answerOf(page);
}

test("files that are not there or not whole are told by name", { skip }, async () => {
  const shard = "group1-shard1of1.bin";
  const cut = readFileSync(join(site, shard)).subarray(0, 1000);
  const cases = [
    { changed: { [shard]: cut }, expected: /expected \d+ bytes of weights, got 1000; were its files copied whole\?/ },
    { changed: { "model.json": Buffer.from('{"format":') }, expected: /expected JSON in model\.json/ },
    { changed: { "model.json": Buffer.from("{}") }, expected: /expected model\.json of a classifier/ },
    { dir: join(site, "app"), changed: { "index.html": readFileSync(join(site, "index.html")), ...appOf() }, expected: /expected the whole file model\.json beside this page, got 404/ },
    { query: "?backend=abacus", expected: /expected \?backend=webgpu, webgl or wasm, got "abacus"/ },
  ]; // prettier-ignore
  for (const { expected, ...options } of cases)
    await withPage(async (page) => assert.match(await nextError(page), expected), options);
});

/** The scripts where index.html looks for them, in a folder without a model. */
function appOf(): Record<string, Uint8Array> {
  const names = readFileSync(join(site, "index.html"), "utf8").match(/app\/[\w.]+/g) ?? [];
  const scripts = ["backend", "camera", "classifier", "colors", "description", "download", "elements", "heat", "loading", "photo", "pixels", "results", "stage", "tensorflow", "ways"]; // prettier-ignore
  return Object.fromEntries([...names, ...scripts.map((name) => `app/${name}.js`)].map((path) => [path, readFileSync(join(site, path))])); // prettier-ignore
}

test("opened as a file it says what to do", { skip }, async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(site, "index.html")).href);
  assert.match(
    await nextError(page),
    /expected a page from a server, got a file\. Run "python -m http\.server"/,
  );
  await page.close();
});

import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { Notebook } from "./labnotebook";
import { folder, skip, startBrowser, startLab, type Lab } from "./labserver";
import { createNotebook } from "./notebook";

const CELLS = [
  `import { widgets } from "slimlab";
const go = widgets.button({ description: "Go" });
display(go);
await new Promise<void>((done) => go.onClick(() => done()));
"gone on"`,
  `Math.ma`,
];
const [AWAIT, COMPLETE] = [0, 1];

describe("a kernel in JupyterLab whose cell awaits, with its sockets encrypted", { skip }, () => {
  let lab: Lab, browser: Browser, notebook: Notebook;
  before(async () => {
    lab = await startLab(["--MappingKernelManager.transport_encryption=required"]);
    writeFileSync(join(folder, "answers.ipynb"), JSON.stringify(createNotebook(CELLS)));
    browser = await startBrowser();
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(60_000);
    notebook = new Notebook(page);
    await page.goto(lab.page("answers.ipynb"));
    await page.locator(".jp-Notebook").waitFor();
    await notebook.idle();
  });
  after(async () => {
    await browser?.close();
    await lab?.close();
  });

  test("completes, runs cells of a subshell, and goes on at a click", async () => {
    const { page } = notebook;
    await notebook.start(AWAIT);
    const button = notebook.output(AWAIT).getByRole("button", { name: "Go" });
    await button.waitFor();
    await notebook.edit(COMPLETE);
    await page.keyboard.press("Tab");
    await page.locator(".jp-Completer .jp-Completer-item", { hasText: "max" }).waitFor();
    assert.equal(await notebook.prompt(AWAIT).innerText(), "[*]:");
    await notebook.picture("completes");
    await page.keyboard.press("Escape");
    await notebook.cell(AWAIT).locator(".cm-content").click({ button: "right" });
    const connected = page.waitForEvent("websocket");
    await page.locator(".lm-Menu-item", { hasText: "New Subshell Console for Notebook" }).click();
    const socket = await connected;
    const heard = (...words: readonly string[]): Promise<unknown> =>
      socket.waitForEvent("framereceived", ({ payload }) => words.every((word) => payload.includes(word)));
    // JupyterLab runs in the main shell what comes before it has the subshell
    await Promise.all([heard("create_subshell_reply"), heard("create_subshell_request", '"idle"')]);
    const prompt = page.locator(".jp-CodeConsole-promptCell .cm-content");
    await prompt.click();
    await page.keyboard.type("6 * 7");
    await page.keyboard.press("Shift+Enter");
    await page.locator(".jp-CodeConsole-content .jp-OutputArea-output", { hasText: "42" }).waitFor();
    assert.equal(await notebook.prompt(AWAIT).innerText(), "[*]:");
    await notebook.picture("subshell");
    await button.click();
    await notebook.ended(AWAIT);
    assert.match(await notebook.output(AWAIT).innerText(), /'gone on'/);
    await notebook.idle();
    await notebook.picture("gone-on");
  });

  test("has its keys from the notebook server", () => {
    const runtime = join(folder, "runtime");
    const [file = ""] = readdirSync(runtime).filter((name) => name.startsWith("kernel-"));
    assert.match(readFileSync(join(runtime, file), "utf8"), /"curve_publickey": "/);
  });
});

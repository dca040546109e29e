import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { Notebook } from "./labnotebook";
import { folder, skip, startBrowser, startLab, type Lab } from "./labserver";
import { createNotebook } from "./notebook";

const CELLS = [
  `const greeting: string = "hello";\nconsole.log(greeting);\n6 * 7`,
  `console.log("busy");\nfor (;;);`,
  `Math.ma`,
  `const radius: number = "long";`,
  `function half(x: number): number {\n  if (x > 3) throw new RangeError("too much");\n  return x / 2;\n}\nhalf(4)`,
  `import * as slim from "slimlab";\nslim.figure([{ type: "scatter", x: [1, 2, 3, 4], y: [1, 4, 2, 3] }], { title: { text: "a figure" } })`,
  `const bar = slim.progressBar("Counting");\ndisplay(bar);\nfor (let done = 1; done <= 40; done++) {\n  await new Promise((go) => setTimeout(go, 60));\n  bar.update({ done, total: 40 });\n}`,
  `let total = 0;\nfor (const part of [10, 20, 30]) {\n  total += part;\n}\ntotal`,
  `import { execSync } from "node:child_process";\nexecSync("kill -ABRT " + process.pid)`,
];
const [RUN, LOOP, COMPLETE, MISTYPED, THROW, FIGURE, PROGRESS, DEBUG, CRASH] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

describe("kernel in JupyterLab", { skip }, () => {
  let lab: Lab, browser: Browser, notebook: Notebook;
  before(async () => {
    lab = await startLab();
    writeFileSync(join(folder, "cells.ipynb"), JSON.stringify(createNotebook(CELLS)));
    browser = await startBrowser();
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(60_000);
    notebook = new Notebook(page);
    await page.goto(lab.page("cells.ipynb"));
    await page.locator(".jp-Notebook").waitFor();
    await notebook.idle();
  });
  after(async () => {
    await browser?.close();
    await lab?.close();
  });

  test("runs a cell", async () => {
    await notebook.run(RUN);
    assert.equal((await notebook.output(RUN).innerText()).replace(/\s+/g, " ").trim(), "hello [1]: 42");
    await notebook.picture("run");
  });

  test("interrupts a busy loop, and goes on", async () => {
    await notebook.start(LOOP);
    await notebook.output(LOOP).getByText("busy").waitFor();
    await notebook.press("interrupt");
    await notebook.output(LOOP).getByText("Interrupted").first().waitFor();
    await notebook.idle();
    await notebook.picture("interrupt");
    await notebook.run(RUN);
    assert.match(await notebook.output(RUN).innerText(), /42/);
  });

  test("completes with Tab and explains with Shift-Tab", async () => {
    const { page } = notebook;
    await notebook.edit(COMPLETE);
    await page.keyboard.press("Tab");
    const item = page.locator(".jp-Completer .jp-Completer-item", { hasText: "max" });
    await item.waitFor();
    await notebook.picture("complete");
    await item.click();
    await notebook.cell(COMPLETE).locator(".cm-content", { hasText: "Math.max" }).waitFor();
    await page.keyboard.press("Shift+Tab");
    await page.locator(".jp-Tooltip", { hasText: /max\(.*number/ }).waitFor();
    await notebook.picture("inspect");
    await page.keyboard.press("Escape");
  });

  test("shows type errors with a caret and thrown errors with their cell and line", async () => {
    await notebook.run(MISTYPED);
    const mistyped = await notebook.output(MISTYPED).innerText();
    assert.match(mistyped, /Type 'string' is not assignable to type 'number'/);
    assert.match(mistyped, /Cell \[\d+\], line 1[^]*\^/);
    await notebook.run(THROW);
    const thrown = await notebook.output(THROW).innerText();
    assert.match(thrown, /RangeError: too much[^]*half[^]*Cell \[\d+\], line 2/);
    assert.doesNotMatch(thrown, /node:|kernel\//);
    await notebook.picture("errors");
  });

  test("draws a figure, and a progress bar that moves while its cell runs", async () => {
    await notebook.run(FIGURE);
    await notebook.output(FIGURE).locator(".main-svg").first().waitFor();
    await notebook.output(FIGURE).scrollIntoViewIfNeeded();
    await notebook.picture("figure");
    await notebook.start(PROGRESS);
    const bar = notebook.output(PROGRESS).locator("progress");
    await bar.waitFor();
    const values = new Set<string | null>();
    while ((await notebook.prompt(PROGRESS).innerText()).includes("*")) {
      values.add(await bar.getAttribute("value"));
      await notebook.page.waitForTimeout(100);
    }
    assert.ok(values.size >= 3, [...values].join(", "));
    assert.equal(await bar.getAttribute("value"), "40");
    await notebook.output(PROGRESS).scrollIntoViewIfNeeded();
    await notebook.picture("progress");
  });

  test("stops at a breakpoint in the debugger's panel, shows variables, goes on", async () => {
    const { page } = notebook;
    await page.locator(".jp-DebuggerBugButton").first().click();
    await notebook.cell(DEBUG).scrollIntoViewIfNeeded();
    const gutter = notebook.cell(DEBUG).locator(".cm-breakpoint-gutter .cm-gutterElement");
    await gutter.nth(3).click();
    const panel = page.locator(".jp-DebuggerSidebar");
    await panel.locator(".jp-DebuggerBreakpoint").waitFor(); // then the kernel has it
    await notebook.start(DEBUG);
    await notebook.cell(DEBUG).locator(".jp-DebuggerEditor-highlight").waitFor();
    const onwards = panel.locator('[data-command="debugger:continue"], [title^="Continue"]').first();
    for (const total of [0, 10, 30]) {
      await panel
        .locator(".jp-DebuggerVariables", { hasText: new RegExp(`total\\s*${total}(?!\\d)`) })
        .waitFor();
      if (total === 10) await notebook.picture("debugger");
      await onwards.click();
    }
    await notebook.ended(DEBUG);
    assert.match(await notebook.output(DEBUG).innerText(), /60/);
    await page.locator(".jp-DebuggerBugButton").first().click();
  });

  test("restarts with nothing left of the session", async () => {
    const { page } = notebook;
    await notebook.press("restart");
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    await notebook.idle();
    await notebook.run(RUN);
    assert.equal(await notebook.prompt(RUN).innerText(), "[1]:");
    await notebook.picture("restart");
  });

  test("says that the kernel died, and goes on with a new one", async () => {
    const { page } = notebook;
    await notebook.start(CRASH);
    const dialog = page.locator(".jp-Dialog", { hasText: /appears to have died/ });
    await dialog.waitFor();
    await notebook.picture("crash");
    await dialog.locator(".jp-mod-accept").click();
    await notebook.idle();
    await notebook.picture("started");
    await notebook.start(DEBUG);
    await notebook.prompt(DEBUG).filter({ hasText: "[1]:" }).waitFor();
    assert.match(await notebook.output(DEBUG).innerText(), /60/);
    await notebook.idle();
  });
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { Notebook } from "./labnotebook";
import { folder, skip, startBrowser, startLab, type Lab } from "./labserver";
import { createNotebook } from "./notebook";

const CELLS = [
  `import { widgets } from "slimlab";
const { widget, interact, output, intSlider, floatSlider, dropdown, checkbox, text, button, toggleButtons, play, progress, html, label, hbox, vbox, link } = widgets;
const size = intSlider({ value: 3, max: 10, description: "size" });
const log = output();
size.observe("value", ({ value, previous }) => log.capture(() => console.log(previous + " to " + value)));
vbox([size, log])`,
  `await interact(
  { shape: dropdown({ options: ["circle", "square"] }), width: floatSlider({ min: 1, max: 9, step: 0.5 }) },
  ({ shape, width }) => { display("a " + shape + " of " + width.toFixed(1)); },
)`,
  `const counter = widget({
  esm: \`export default { render({ model, el }) {
    const button = document.createElement("button");
    button.className = "count";
    const bytes = document.createElement("span");
    bytes.className = "bytes";
    const draw = () => {
      button.textContent = "pressed " + model.get("value");
      const view = model.get("data");
      bytes.textContent = [...new Float32Array(view.buffer, view.byteOffset, view.byteLength / 4)].join(" ");
    };
    button.onclick = () => {
      model.set("value", model.get("value") + 1);
      model.set("data", new DataView(new Float32Array([0.5, model.get("value")]).buffer));
      model.save_changes();
    };
    model.on("change:value", draw);
    model.on("change:data", draw);
    draw();
    el.append(button, bytes);
  } };\`,
  css: ".count { color: rgb(1, 2, 3); }",
  state: { value: 0, data: new Float32Array([1.5, 2.5]) },
});
counter`,
  `counter.set({ data: Float32Array.of(7, counter.get("data").at(-1) ?? 0) }); [size.value, counter.value, counter.get("data")]`,
  `const pressed = label({ value: "not pressed" });
const press = button({ description: "Press", buttonStyle: "primary", icon: "check" });
press.onClick(() => (pressed.value = "pressed"));
const steps = play({ max: 5, interval: 20 }), bar = progress({ max: 5, description: "steps" });
const slide = intSlider({ max: 5 });
link(steps, slide);
steps.observe("value", ({ value }) => (bar.value = value));
vbox([hbox([press, pressed]), hbox([steps, slide, bar]), text({ value: "a text", description: "text" }), checkbox({ value: true, description: "tick" }),
  toggleButtons({ options: { small: 64, large: 224 }, value: 224 }), html({ value: "<b>bold</b>", layout: { width: "50px" }, style: { background: "#ffee00" } })])`,
  `const stop = button({ description: "Stop" });
display(stop);
let seconds = 0;
while (await Promise.race([new Promise((done) => setTimeout(done, 20, true)), new Promise((done) => stop.onClick(() => done(false)))])) size.value = ++seconds % 10;
"stopped"`,
];
const [SLIDER, INTERACT, OWN, CHECK, OTHERS, STOP] = [0, 1, 2, 3, 4, 5];

describe("widgets in JupyterLab", { skip }, () => {
  let lab: Lab, browser: Browser, notebook: Notebook;
  before(async () => {
    lab = await startLab();
    writeFileSync(join(folder, "widgets.ipynb"), JSON.stringify(createNotebook(CELLS)));
    browser = await startBrowser();
    const page = await browser.newPage({ viewport: { width: 1400, height: 1400 } });
    page.setDefaultTimeout(20_000);
    notebook = new Notebook(page);
    await page.goto(lab.page("widgets.ipynb"));
    await page.locator(".jp-Notebook").waitFor();
    await notebook.idle();
  });
  after(async () => {
    await browser?.close();
    await lab?.close();
  });

  test("a slider moves; the kernel's observer runs, and what it prints is captured", async () => {
    for (const cell of [SLIDER, INTERACT, OWN, OTHERS]) await notebook.run(cell);
    await notebook.picture("widgets");
    await notebook.output(SLIDER).locator(".noUi-handle").focus();
    await notebook.page.keyboard.press("ArrowRight");
    await notebook.output(SLIDER).getByText("3 to 4").waitFor();
  });

  test("what interact() draws follows its controls", async () => {
    await notebook.output(INTERACT).locator("select").selectOption("square");
    await notebook.output(INTERACT).getByText("a square of 1.0").waitFor();
    await notebook.output(INTERACT).locator(".noUi-handle").focus();
    await notebook.page.keyboard.press("ArrowRight");
    await notebook.output(INTERACT).getByText("a square of 1.5").waitFor();
  });

  test("a widget of one's own draws its state and styles, and bytes go both ways", async () => {
    const own = notebook.output(OWN);
    await own.locator("button.count").click();
    await own.getByText("pressed 1").waitFor();
    await own.getByText("0.5 1").waitFor();
    assert.equal(
      await notebook.page.evaluate('getComputedStyle(document.querySelector("button.count")).color'),
      "rgb(1, 2, 3)",
    );
    await notebook.run(CHECK);
    assert.match(await notebook.output(CHECK).innerText(), /4, 1, Float32Array\(2\) \[ 7, 1 \]/);
    await own.getByText("7 1").waitFor();
  });

  test("buttons are pressed, an animation moves a slider that is linked, and a bar that follows it", async () => {
    const others = notebook.output(OTHERS);
    await others.getByRole("button", { name: "Press" }).click();
    await others.getByText("pressed", { exact: true }).waitFor();
    await others.locator(".jupyter-button .fa-play").click();
    await others.locator('.noUi-handle[aria-valuenow="5.0"]').waitFor();
    await others.locator('.progress-bar[style*="width: 100%"]').waitFor();
    await others.scrollIntoViewIfNeeded();
    await notebook.picture("widgets-moved");
  });

  test("a cell that awaits moves widgets, and ends when its button is pressed", async () => {
    await notebook.start(STOP);
    await notebook.output(SLIDER).getByText("8 to 9").waitFor();
    await notebook.output(STOP).getByRole("button", { name: "Stop" }).click();
    await notebook.ended(STOP);
    await notebook.output(STOP).getByText("'stopped'").waitFor();
  });

  test("a page that is loaded again shows the state, and its widgets go on", async () => {
    const { page } = notebook;
    await notebook.save();
    await page.reload();
    await page.locator(".jp-Notebook").waitFor();
    await notebook.idle();
    await notebook.output(SLIDER).getByText("3 to 4").waitFor();
    await notebook.output(INTERACT).getByText("a square of 1.5").waitFor();
    await notebook.output(OWN).getByText("7 1").waitFor();
    await notebook.output(OTHERS).locator('.progress-bar[style*="width: 100%"]').waitFor();
    await notebook.output(SLIDER).locator(".noUi-handle").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await notebook.output(SLIDER).getByText("0 to 1").last().waitFor();
    await notebook.picture("widgets-reloaded");
  });

  test("a notebook that was saved shows the state without its kernel", async () => {
    const { page } = notebook;
    await notebook.save();
    await page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
    await page.getByRole("menuitem", { name: "Shut Down Kernel", exact: true }).click();
    await page.locator("#jp-main-statusbar").getByText("No Kernel").waitFor();
    await page.reload();
    await page.locator(".jp-Notebook").waitFor();
    await notebook.output(SLIDER).getByText("0 to 1").last().waitFor();
    await notebook.output(INTERACT).getByText("a square of 1.5").waitFor();
    await notebook.output(OWN).getByText("7 1").waitFor();
    await notebook.picture("widgets-saved");
  });
});

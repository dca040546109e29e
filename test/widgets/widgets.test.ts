import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { inspect } from "node:util";
import * as widgets from "../../src/widgets";
import { bundleOf } from "../../src/display/bundle";
import { objectOf, Page } from "./page";

const page = new Page();
const states = (): unknown[] => page.take().map(({ data: { method, state } }) => [method, state]);
const viewType = "application/vnd.jupyter.widget-view+json";

test("set() changes the page and tells observers once; what is as before does neither", () => {
  const slider = page.run(() => widgets.intSlider({ value: 3, max: 10 }));
  const told: unknown[] = [];
  const end = slider.observe("value", ({ name, value, previous }) => told.push([name, value, previous]));
  page.take();
  slider.set({ value: 5, max: 20 });
  slider.value = 5;
  assert.deepEqual(states(), [["update", { value: 5, max: 20 }]]);
  end();
  slider.value += 1;
  assert.deepEqual(told, [["value", 5, 3]]);
  assert.equal(slider.get("value"), 6);
  assert.equal(inspect(slider), "intSlider: 6");
});

test("what a user does is echoed, observers are told, and what they set goes back", async () => {
  const [slider, twice] = page.run(() => [widgets.intSlider(), widgets.intSlider({ max: 200 })] as const);
  slider.observe("value", async ({ value }) => {
    await turn();
    twice.value = 2 * value;
  });
  slider.observe("value", ({ value }) => {
    if (value > 50) slider.value = 50;
  });
  page.take();
  await page.update(slider.modelId, { value: 60, unknown: 1 });
  await turn(); // what an observer within an observer does is not waited for
  assert.deepEqual(states(), [
    ["echo_update", { value: 60 }],
    ["update", { value: 50 }],
    ["update", { value: 120 }],
    ["update", { value: 100 }],
  ]);
});

test("an observer that fails fails the message, once all have been told", async () => {
  const box = page.run(() => widgets.checkbox());
  const told: boolean[] = [];
  box.observe("value", () => Promise.reject(new Error("one")));
  box.observe("value", ({ value }) => told.push(value));
  await assert.rejects(page.update(box.modelId, { value: true }), /^Error: one$/);
  assert.deepEqual(told, [true]);
  box.observe("value", () => {
    throw new Error("two");
  });
  await assert.rejects(page.update(box.modelId, { value: false }), /2 of a widget's observers failed/);
});

test("bytes keep their kind of array both ways", async () => {
  const own = page.run(() =>
    widgets.widget({
      esm: "export default {}",
      state: { data: Float32Array.of(1, 2), raw: new Uint8Array(1) },
    }),
  );
  page.take();
  own.set({ data: Float32Array.of(0.5) });
  const [sent] = page.take();
  assert.deepEqual(sent?.data, { method: "update", state: { data: undefined }, buffer_paths: [["data"]] });
  assert.deepEqual(
    sent?.buffers.map((bytes) => [...bytes]),
    [[0, 0, 0, 0x3f]],
  );
  const shifted = new Uint8Array([9, 0, 0, 0x80, 0x3f]).subarray(1); // not aligned
  await page.update(own.modelId, {}, [["data"], ["raw"]], [shifted, Uint8Array.of(7)]);
  assert.deepEqual(own.get("data"), Float32Array.of(1));
  assert.deepEqual(own.get("raw"), Uint8Array.of(7));
});

test("dropdown() chooses by value, also of a list that is replaced", async () => {
  const sizes = page.run(() => widgets.dropdown<number>({ options: { small: 64, large: 224 } }));
  const told: number[] = [];
  sizes.observe("value", ({ value }) => told.push(value));
  await page.update(sizes.modelId, { index: 1 });
  page.take();
  sizes.value = 64;
  sizes.set({ options: { tiny: 32, huge: 512 } });
  assert.deepEqual(states(), [
    ["update", { index: 0 }],
    ["update", { _options_labels: ["tiny", "huge"], index: 0 }],
  ]);
  assert.deepEqual(told, [224, 64, 32]);
  await assert.rejects(page.update(sizes.modelId, { index: 2 }), {
    name: "RangeError",
    message: "Cannot choose: expected an index from 0 to 1, got 2",
  });
});

test("buttons and messages beside the state", async () => {
  const press = page.run(() => widgets.button({ description: "Press" }));
  let pressed = 0;
  const end = press.onClick(() => pressed++);
  const click = { comm_id: press.modelId, data: { method: "custom", content: { event: "click" } } };
  await page.receive("comm_msg", click);
  end();
  await page.receive("comm_msg", click);
  assert.equal(pressed, 1);
  page.take();
  press.send({ hello: 1 }, [Uint8Array.of(1)]);
  const [sent] = page.take();
  assert.deepEqual([sent?.data, sent?.buffers.length], [{ method: "custom", content: { hello: 1 } }, 1]);
});

test("a page that asks is told the state: of one widget, and of all there are", async () => {
  const slider = page.run(() => widgets.intSlider({ value: 4 }));
  const own = page.run(() =>
    widgets.widget({ esm: "export default {}", state: { data: Uint8Array.of(1), slider } }),
  );
  page.take();
  await page.receive("comm_msg", { comm_id: slider.modelId, data: { method: "request_state" } });
  const [one] = page.take();
  assert.equal(objectOf(one?.data["state"])["value"], 4);
  assert.equal(objectOf(one?.data["state"])["_model_name"], "IntSliderModel");
  await page.receive("comm_open", { comm_id: "control", target_name: "jupyter.widget.control", data: {} });
  await page.receive("comm_msg", { comm_id: "control", data: { method: "request_states" } });
  const [all] = page.take();
  const found = objectOf(all?.data["states"]);
  assert.equal(objectOf(objectOf(found[slider.modelId])["state"])["value"], 4);
  assert.equal(objectOf(objectOf(found[own.modelId])["state"])["slider"], `IPY_MODEL_${slider.modelId}`);
  assert.ok(inspect(all?.data["buffer_paths"]).includes(`[ '${own.modelId}', 'state', 'data' ]`));
  slider.close();
  await page.receive("comm_close", { comm_id: own.modelId, data: {} });
  page.take();
  own.set({ data: Uint8Array.of(2) });
  slider.value = 9;
  assert.deepEqual(page.take(), []);
  assert.equal(bundleOf(slider)[viewType], undefined);
});

test("where no widgets are drawn a widget shows its value, and a box what is in it", () => {
  const [slider, page1] = page.run(() => [
    widgets.floatSlider({ value: 0.5, description: "<threshold>" }),
    widgets.html({ value: "<b>bold</b>" }),
  ]);
  const box = page.run(() => widgets.vbox([slider, page1]));
  assert.deepEqual(bundleOf(box), {
    [viewType]: { version_major: 2, version_minor: 0, model_id: box.modelId },
    "text/html": "<div><small>&lt;threshold&gt;: 0.5</small></div>\n<b>bold</b>",
    "text/plain": "<threshold>: 0.5\nHTML",
  });
});

const refused: readonly (readonly [create: () => unknown, message: string, name: string])[] = [
  [() => widgets.intSlider({ value: 11, max: 10 }), "Cannot set slider: expected a value from 0 to 10, got 11", "RangeError"],
  [() => widgets.intSlider({ value: 0.5 }), "Cannot set slider: expected whole numbers, got 0.5; floatSlider() takes others", "TypeError"],
  [() => widgets.play({ value: 0.5 }), "Cannot set animation: expected whole numbers, got 0.5", "TypeError"],
  [() => widgets.dropdown({ options: [] }), "Cannot offer a choice: expected at least one option, got none", "RangeError"],
  [() => widgets.dropdown({ options: ["a", "b"], value: "c" }), "Cannot choose: expected one of a, b, got c", "RangeError"],
  [() => page.run(() => widgets.progress()).set({ value: 101 }), "Cannot set progress bar: expected a value from 0 to 100, got 101", "RangeError"],
]; // prettier-ignore
for (const [create, message, name] of refused)
  test(`refuses: ${message}`, () => {
    assert.throws(create, { name, message });
  });

test("refuses what a page sends of another kind", async () => {
  const slider = page.run(() => widgets.intSlider());
  await assert.rejects(page.update(slider.modelId, { value: "3" }), {
    name: "TypeError",
    message: 'Cannot take "value" from the front end: expected a number, got string',
  });
  assert.equal(slider.value, 0);
});

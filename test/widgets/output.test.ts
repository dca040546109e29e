import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { frontEnd } from "../../src/widgets/frontend";
import * as widgets from "../../src/widgets";
import { bundleOf, displayable } from "../../src/display/bundle";
import { currentCell } from "../../kernel/cell";
import { Page } from "./page";

const page = new Page();
const print = (text: string): void => currentCell()?.publish("stream", { name: "stdout", text });
const shown = (text: string) =>
  displayable({}, () => ({ "text/plain": text, "text/html": `<b>${text}</b>` }));

test("capture() takes what its work prints and shows, also later, and nothing else", async () => {
  const place = page.run(() => widgets.output());
  page.take();
  const given = await page.run(async () => {
    const work = place.capture(async () => {
      print("one ");
      print("two\n");
      await turn();
      await frontEnd()?.display(shown("three"));
      return 7;
    });
    print("outside");
    return work;
  });
  assert.equal(given, 7);
  const html = { "text/plain": "three", "text/html": "<b>three</b>" };
  assert.deepEqual(place.get("outputs"), [
    { output_type: "stream", name: "stdout", text: "one two\n" },
    { output_type: "display_data", data: html, metadata: {} },
  ]);
  const streams = page.take().filter(({ type }) => type === "stream");
  assert.deepEqual(
    streams.map(({ content }) => content["text"]),
    ["outside"],
  );
  assert.deepEqual(Object.entries(bundleOf(place)).slice(1), [
    ["text/html", "<pre>one two\n</pre>\n<b>three</b>"],
    ["text/plain", "one two\n\nthree"],
  ]);
});

test("capture() lets errors go on, and shows what was printed before", () => {
  const place = page.run(() => widgets.output());
  const fail = (): never => {
    print("before");
    throw new RangeError("too far");
  };
  assert.throws(() => page.run(() => place.capture(fail)), /^RangeError: too far$/);
  assert.equal(place.get("outputs")[0]?.["text"], "before");
});

test("an output is cleared at once, or when the next one comes; displays are replaced in their place", () => {
  const place = page.run(() => widgets.output());
  const say = (text: string): void => page.run(() => place.capture(() => print(text)));
  const texts = (): unknown[] => place.get("outputs").map(({ text }) => text);
  say("one");
  place.clear({ wait: true });
  assert.deepEqual(texts(), ["one"]);
  say("two");
  assert.deepEqual(texts(), ["two"]);
  place.clear();
  assert.deepEqual(texts(), []);
  page.run(() =>
    place.capture(() => {
      const display = { data: { "text/plain": "old" }, metadata: {}, transient: { display_id: "a" } };
      currentCell()?.publish("display_data", display);
      currentCell()?.publish("update_display_data", { ...display, data: { "text/plain": "new" } });
      currentCell()?.publish("update_display_data", { ...display, transient: { display_id: "elsewhere" } });
    }),
  );
  assert.deepEqual(
    place.get("outputs").map(({ data }) => data),
    [{ "text/plain": "new" }],
  );
  const passed = page.take().filter(({ type }) => type === "update_display_data");
  assert.deepEqual(
    passed.map(({ content }) => content["transient"]),
    [{ display_id: "elsewhere" }],
  );
  page.run(() => place.set({ outputs: [] }));
  say("three");
  assert.deepEqual(texts(), ["three"]);
});

test("1,000 lines are a few messages", () => {
  const place = page.run(() => widgets.output());
  page.take();
  page.run(() => place.capture(() => Array.from({ length: 1000 }, (_, i) => print(`${i}\n`))));
  assert.equal(String(place.get("outputs")[0]?.["text"]).split("\n").length, 1001);
  assert.ok(page.take().length < 20);
});

test("interact() draws what its controls say, the last of it where much comes, and its errors in their place", async () => {
  const drawn: string[] = [];
  const box = await page.run(async () => {
    const size = widgets.intSlider({ value: 1, max: 9 });
    const kind = widgets.dropdown({ options: ["a", "b"], description: "of" });
    const made = await widgets.interact({ size, kind }, async ({ size: count, kind: letter }) => {
      print("drawing");
      await turn();
      drawn.push(letter.repeat(count));
      if (count === 9) throw new RangeError("too many");
      return shown(letter.repeat(count));
    });
    return Object.assign(made, { size, kind });
  });
  const [, , place] = box.get("children");
  assert.ok(place !== undefined);
  const plain = (): string => bundleOf(place)["text/plain"];
  assert.equal(plain(), "drawing\na");
  assert.equal(bundleOf(box)["text/plain"], "size: 1\nof: a\ndrawing\na");
  const updates = [2, 3, 4].map((value) => page.update(box.size.modelId, { value }));
  await Promise.all([...updates, page.update(box.kind.modelId, { index: 1 })]);
  assert.deepEqual(drawn, ["a", "aa", "bbbb"]);
  assert.equal(plain(), "drawing\nbbbb");
  await page.update(box.size.modelId, { value: 9 });
  assert.equal(plain(), "drawing\nError: RangeError: too many");
  await page.update(box.size.modelId, { value: 1 });
  assert.equal(plain(), "drawing\nb");
  const failing = (): never => {
    throw new RangeError("at once");
  };
  await assert.rejects(
    page.run(() => widgets.interact({}, failing)),
    /^RangeError: at once$/,
  );
});

test("interact() draws again after an interrupt of a drawing that never ends", async () => {
  const size = page.run(() => widgets.intSlider());
  let finish: (text: string) => void = () => undefined;
  const draw = ({ size: value }: { readonly size: number }): unknown =>
    value === 1 ? new Promise<string>((done) => (finish = done)) : `value ${value}`;
  const box = await page.run(() => widgets.interact({ size }, draw));
  const plain = (): string => bundleOf(box)["text/plain"];
  void page.update(size.modelId, { value: 1 });
  await turn();
  page.interrupt();
  await page.update(size.modelId, { value: 2 });
  assert.equal(plain(), "size: 2\nvalue 2");
  finish("late");
  await turn();
  assert.equal(plain(), "size: 2\nvalue 2");
});

test("what all figures share stays the cell's when interact() draws again", async () => {
  const figure = displayable({}, (context) => {
    context?.publishOnce("script", () => ({ "text/plain": "script" }));
    return { "text/plain": "figure" };
  });
  const size = page.run(() => widgets.intSlider());
  page.take();
  const box = await page.run(() => widgets.interact({ size }, () => figure));
  const shownByCell = page.take().filter(({ type }) => type === "display_data");
  assert.deepEqual(
    shownByCell.map(({ data }) => data),
    [{ "text/plain": "script" }],
  );
  await page.update(size.modelId, { value: 1 });
  assert.equal(bundleOf(box)["text/plain"], "size: 1\nfigure");
});

test("without a front end widgets keep their state and tell their observers", async () => {
  const found = Symbol.for("Jupyter.frontend");
  const end: unknown = Reflect.get(globalThis, found);
  Reflect.deleteProperty(globalThis, found);
  try {
    const slider = widgets.intSlider({ value: 1 });
    const box = await widgets.interact({ slider }, ({ slider: value }) => `value ${value}`);
    slider.value = 2;
    await turn();
    assert.deepEqual(bundleOf(box)["text/plain"], "slider: 2\nvalue 2");
    assert.equal(
      widgets.output().capture(() => 3),
      3,
    );
  } finally {
    Object.defineProperty(globalThis, found, { value: end, configurable: true });
  }
});

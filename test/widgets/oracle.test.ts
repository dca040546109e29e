import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { before, describe, test } from "node:test";
import * as widgets from "../../src/widgets";
import { pack } from "../../src/widgets/wire";
import { python, skip as noPython } from "../python";
import { objectOf, Page } from "./page";

const hasWidgets = python !== undefined && spawnSync(python, ["-c", "import anywidget"]).status === 0;
const skip = noPython || (!hasWidgets && "no anywidget in .venv: run scripts/setup");

/** What ipywidgets sends besides: names that users do not set here, and models of a look that is the default. */
const besides = new Set([
  ...["_dom_classes", "_view_count", "behavior", "description_allow_html", "layout", "style", "tabbable"],
  ...["tooltip", "msg_id"],
]);

describe("widgets beside ipywidgets", { skip }, () => {
  let oracle: Readonly<Record<string, unknown>>;
  const page = new Page();
  before(() => {
    const script = resolve(__dirname, "../../../test/widgets/states.py");
    const { stdout, stderr, status } = spawnSync(python ?? "python3", [script], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    oracle = objectOf(JSON.parse(stdout));
  });

  /** The state with which a widget is opened. */
  function openedBy(create: () => unknown): Readonly<Record<string, unknown>> {
    page.take();
    page.run(create);
    const opened = page.take().filter(({ type }) => type === "comm_open");
    return objectOf(JSON.parse(JSON.stringify(opened.at(-1)?.data["state"])));
  }

  const options = { small: 64, large: 224 };
  const creating: Readonly<Record<string, () => unknown>> = {
    intSlider: widgets.intSlider,
    floatSlider: widgets.floatSlider,
    play: widgets.play,
    progress: widgets.progress,
    checkbox: widgets.checkbox,
    text: widgets.text,
    label: widgets.label,
    html: widgets.html,
    button: widgets.button,
    dropdown: () => widgets.dropdown({ options }),
    toggleButtons: () => widgets.toggleButtons({ options, value: 224 }),
    hbox: () => widgets.hbox([]),
    vbox: () => widgets.vbox([]),
    output: widgets.output,
  };
  for (const [name, create] of Object.entries(creating))
    test(`${name}() opens with ipywidgets' state`, () => {
      const theirs = objectOf(objectOf(oracle["controls"])[name]);
      const ours = openedBy(create);
      for (const [key, value] of Object.entries(ours)) assert.deepEqual(value, theirs[key], key);
      const missing = Object.keys(theirs).filter((key) => !(key in ours) && !besides.has(key));
      assert.deepEqual(missing, []);
    });

  test("options in camelCase are ipywidgets' names", () => {
    const ours = openedBy(() =>
      widgets.intSlider({ value: 7, min: -3, max: 9, description: "size", readoutFormat: ".3s", continuousUpdate: false }),
    ); // prettier-ignore
    const theirs = objectOf(oracle["given"]);
    for (const [key, value] of Object.entries(ours)) assert.deepEqual(value, theirs[key], key);
  });

  test("layouts, styles and links are ipywidgets' models", () => {
    const looks: Readonly<Record<string, () => unknown>> = {
      layout: () => widgets.output({ layout: { width: "50%", minHeight: "3px", justifyContent: "center" } }),
      slider: () => widgets.intSlider({ style: { handleColor: "red", descriptionWidth: "initial" } }),
      button: () => widgets.button({ style: { buttonColor: "blue" } }),
    };
    for (const [name, create] of Object.entries(looks)) {
      page.take();
      page.run(create);
      const [look] = page.take();
      const theirs = objectOf(objectOf(oracle["looks"])[name]);
      for (const [key, value] of Object.entries(objectOf(look?.data["state"])))
        assert.deepEqual(value, theirs[key], `${name} ${key}`);
    }
    const ends = page.run(() => [widgets.intSlider(), widgets.play()] as const);
    const ours = openedBy(() => widgets.link(...ends));
    const reference = ends.map(({ modelId }) => [`IPY_MODEL_${modelId}`, "value"]);
    assert.deepEqual([ours["source"], ours["target"]], reference);
    const { source: _source, target: _target, ...theirs } = objectOf(oracle["link"]);
    for (const [key, value] of Object.entries(theirs))
      if (!besides.has(key)) assert.deepEqual(ours[key], value, key);
  });

  test("a widget of one's own opens as anywidget does", () => {
    const ours = openedBy(() =>
      widgets.widget({ esm: "export default {}", css: "b {}", state: { value: 1 } }),
    );
    const theirs = objectOf(objectOf(oracle["controls"])["widget"]);
    for (const key of ["_model_module", "_model_name", "_view_module", "_view_name"])
      assert.equal(ours[key], theirs[key]);
    assert.deepEqual([ours["_esm"], ours["_css"], ours["value"]], ["export default {}", "b {}", 1]);
    assert.equal(ours["_model_module_version"], "0"); // their ~0.11.* shuts out other versions
  });

  test("pack() takes bytes out where ipywidgets does", () => {
    const bytes = (text: string): Buffer => Buffer.from(text);
    const state = {
      plain: [0, "text", null],
      x: { ar: new Uint16Array(new Uint8Array(bytes("ab")).buffer) },
      y: [bytes("c"), { z: new ArrayBuffer(0) }, [new DataView(new Uint8Array(bytes("d")).buffer), 1]],
      w: bytes("e"),
    };
    const { json, paths, buffers } = pack(state);
    const hex = buffers.map((buffer) => Buffer.from(buffer).toString("hex"));
    assert.deepEqual(JSON.parse(JSON.stringify([json, paths, hex])), oracle["packed"]);
  });
});

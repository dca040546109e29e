import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../src/model";
import { ARCHITECTURES, specOf } from "../../src/model/networks";

test("Model.summary() counts each number of each network once, by units and by layers", () => {
  for (const architecture of ARCHITECTURES) {
    const createAuxLogits = specOf(architecture).hasAuxLogits ?? false;
    const model = new Model({ architecture, width: 1 / 16, createAuxLogits });
    const trainable = model.variables.all().filter((variable) => variable.trainable);
    const total = trainable.reduce((sum, { variable }) => sum + variable.size, 0);
    for (const level of ["units", "layers"] as const) {
      const { rows } = model.summary({ rows: level });
      const parameters = rows.map((row) => Number(row["parameters"]));
      assert.equal(parameters.at(-1), total, architecture);
      assert.equal(
        parameters.slice(0, -1).reduce((sum, size) => sum + size, 0),
        total,
        architecture,
      );
      const names = rows.map((row) => row["endpoint"]);
      assert.equal(new Set(names).size, names.length, architecture);
    }
    model.dispose();
  }
});

test("Model.summary() takes a network's modules, convolutions and pools for its units, and leaves out their layers", () => {
  const model = new Model({ architecture: "inception_v1", numClasses: 1000 });
  const rows = model.summary().rows.map(({ endpoint, parameters }) => [endpoint, parameters]);
  // 1x1, 3x3 and pool projection of table 1 in arXiv 1409.4842, with a beta for each channel
  const mixed3b = 192 * 64 + 192 * 96 + 9 * 96 * 128 + 192 * 16 + 9 * 16 * 32 + 192 * 32 + 368;
  assert.deepEqual(rows.slice(0, 6), [
    ["Conv2d_1a_7x7", 49 * 3 * 64 + 64],
    ["MaxPool_2a_3x3", 0],
    ["Conv2d_2b_1x1", 64 * 64 + 64],
    ["Conv2d_2c_3x3", 9 * 64 * 192 + 192],
    ["MaxPool_3a_3x3", 0],
    ["Mixed_3b", mixed3b],
  ]);
  assert.deepEqual(rows.at(-2), ["Predict/logits", 1024 * 1000 + 1000]);
  assert.equal(model.summary({ rows: "layers" }).rows.length, rows.length);
  model.dispose();
});

test("a model shows itself in a cell by its summary, also when it is disposed", () => {
  const model = new Model({ architecture: "mobilenet_v1_025" });
  const shown = (): unknown => {
    const show: unknown = Reflect.get(model, Symbol.for("Jupyter.display"));
    assert.ok(typeof show === "function");
    return Reflect.get(Object(Reflect.apply(show, model, [])), "text/plain");
  };
  assert.equal(shown(), String(model.summary()));
  model.dispose();
  assert.match(String(shown()), /^mobilenet_v1_025: trainable parameters/);
});

/** SavedModels that other programs have made: run by Python's TensorFlow and by us. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadSavedModel } from "../../src/export";
import { encodeExample, feature, memory } from "../../src/tensorflow";
import { skip } from "../python";
import { sharedData } from "../training/thin";
import {
  assertSame,
  byUs,
  floats,
  inPython,
  strings,
  type Calls,
  type PlainTensor,
  type PlainTensors,
} from "./serving";

const shared = sharedData("savedmodels");
const root = mkdtempSync(join(tmpdir(), "slimlab-others-"));
after(() => rmSync(root, { recursive: true }));

/** The folder of the only version. */
function only(name: string): string {
  const dir = join(shared.path, name);
  return join(dir, readdirSync(dir)[0] ?? "");
}

const examples = [1, 2, 5].map((x) => encodeExample({ x: feature.float(x) }));
const column = (values: readonly number[]): PlainTensor => floats(values, [values.length, 1]);
const births = {
  is_male: strings(["True", "False", "Unknown"]),
  mother_age: floats([26, 31, 19]),
  mother_race: strings(["1", "2", "3"]),
  plurality: floats([1, 2, 1]),
  gestation_weeks: floats([39, 36.5, 41]),
  mother_married: strings(["True", "False", "True"]),
  cigarette_use: strings(["False", "True", "None"]),
  alcohol_use: strings(["False", "None", "True"]),
};
const features = Object.entries(births).map(([name, value]) => [`features/${name}`, value] as const);
const evaluated = {
  ...Object.fromEntries(features),
  "features/key": strings(["a", "b", "c"]),
  "inputs/examples": strings(["", "", ""]),
  input_refs: { dtype: "int32", shape: [3], values: [0, 1, 2] },
  labels: floats([7.5, 6.1, 8]),
  "tfma/version": { ...strings(["0.13.0"]), shape: [] },
} satisfies PlainTensors;

const requests = (): Calls[] => [
  {
    folder: only("tf_serving/saved_model_half_plus_two_cpu"),
    calls: [
      { signature: "serving_default", inputs: { x: column([1, 2, 5]) } },
      { signature: "regress_x2_to_y3", inputs: { inputs: column([-1]) } },
      ...["classify_x_to_y", "regress_x_to_y", "regress_x_to_y2"].map((signature) => ({
        signature,
        inputs: { inputs: strings(examples) },
      })),
    ],
  },
  {
    folder: only("tf_serving/saved_model_half_plus_three"),
    api: "session",
    calls: [{ signature: "serving_default", inputs: { x: column([1, 2, 5]) } }],
  },
  {
    folder: only("tf_serving/saved_model_counter"),
    api: "session",
    calls: [
      { signature: "get_counter", inputs: {} },
      { signature: "incr_counter", inputs: {} },
      { signature: "incr_counter_by", inputs: { delta: floats([4], []) } },
      { signature: "get_counter", inputs: {} },
      { signature: "reset_counter", inputs: {} },
      { signature: "incr_counter", inputs: {} },
    ],
  },
  {
    folder: only("housing_regressor/export/estimate"),
    calls: [{ signature: "predict", inputs: births }],
  },
  {
    folder: only("housing_regressor/export/evaluate"),
    tags: ["eval"],
    api: "session",
    calls: [{ signature: "eval", inputs: evaluated }],
  },
];

/** Without the metrics, which one run of the graph both updates and reads, in any order. */
const withoutMetrics = (outputs: PlainTensors | string): PlainTensors | string =>
  typeof outputs === "string"
    ? outputs
    : Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith("metrics/")));

test(
  "models by others run as in Python: with Examples, lookup tables, references to variables, and without inputs",
  { skip: shared.skip || skip },
  () => {
    const before = memory();
    const asked = requests();
    const answers = inPython(asked);
    asked.forEach((one, i) => {
      assertSame(byUs(one).map(withoutMetrics), (answers[i]?.outputs ?? []).map(withoutMetrics));
    });
    assert.deepEqual(memory(), before);
  },
);

test("what of models by others cannot run is refused by name", { skip: shared.skip }, () => {
  const counter = only("tf_serving/saved_model_counter");
  assert.throws(
    () => loadSavedModel(counter),
    /expected a signature of get_counter, .*, got "serving_default"$/,
  );
  const dir = join(shared.path, "tf_serving/saved_model_half_plus_three");
  assert.throws(() => loadSavedModel(dir, { tags: ["train"] }), /expected tags \[serve\], got \[train\]/);
  assert.throws(() => loadSavedModel(join(dir, "..")), /expected a saved_model.pb there or in a version's/);
  const [asset] = byUs({
    folder: join(dir, "00000123"),
    calls: [{ signature: "tensorflow/serving/regress", inputs: { inputs: floats([1]) } }],
  });
  assert.equal(
    asset,
    `Error: Cannot predict by "${dir}/00000123": expected inputs for its "tensorflow/serving/regress", got Expects arg[0] to be string but float is provided`,
  );

  const unknown = join(root, "unknown");
  cpSync(counter, unknown, { recursive: true });
  const file = join(unknown, "saved_model.pb");
  const text = readFileSync(file, "latin1");
  writeFileSync(file, text.replaceAll("\x09AssignAdd", "\x09AssignOdd"), "latin1");
  assert.throws(() => loadSavedModel(unknown, { signature: "get_counter" }), /AssignOdd/);
  rmSync(join(unknown, "variables/variables.data-00000-of-00001"));
  writeFileSync(file, text, "latin1");
  assert.throws(() => loadSavedModel(unknown, { signature: "get_counter" }), /variables/);
});

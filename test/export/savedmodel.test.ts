import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { constant, decodeImage, encodeExample, feature, memory, tf } from "../../src/tensorflow";
import { python, skip as SKIP } from "../python";
import { expectedOutputs, LABELS, photographs, SIDE, thin } from "./classifier";
import { assertSame, floats, inPython, plainOfAll } from "./serving";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const folder = mkdtempSync(path.join(tmpdir(), "slimlab-export-"));
test.after(() => rmSync(folder, { recursive: true }));

test(
  "a function with one variable: Python and loadSavedModel() give what it gives, at any batch size",
  { skip: SKIP },
  () => {
    const before = memory();
    const weights = tf.tidy(() => tf.variable(tf.tensor2d([[1, 2], [3, 4], [5, 6]]), true, "dense/kernel")); // prettier-ignore
    const example = { x: tf.zeros([2, 3]) };
    const dir = path.join(folder, "dense");
    const version = exportSavedModel(
      {
        serving_default: {
          fn: ({ x }) => ({ y: tf.matMul(x ?? weights, weights) }),
          example,
        },
      },
      dir,
      { version: 7 },
    );
    assert.equal(version, path.join(dir, "7"));
    assert.deepEqual(readdirSync(dir), ["7"]);
    const calls = [{ signature: "serving_default", inputs: { x: floats([1, 1, 1], [1, 3]) } }];
    assertSame(inPython([{ folder: version, calls }])[0]?.outputs ?? [], [{ y: floats([9, 12], [1, 2]) }]);
    const loaded = loadSavedModel(dir);
    assert.deepEqual(loaded.signature.inputs["x"]?.shape, [null, 3]);
    const x = tf.ones([3, 3]);
    const { y } = loaded.predict(x);
    assert.deepEqual([...(y?.dataSync() ?? [])], [9, 12, 9, 12, 9, 12]);
    assert.throws(() => loaded.predict({ z: x }), /expected inputs x, got z/);
    loaded.dispose();
    tf.dispose([weights, example, x, y ?? []]);
    assert.deepEqual(memory(), before);
    assert.throws(() => exportSavedModel({}, dir, { version: 7 }), /expected a new version, got 7/);
    assert.throws(() => exportSavedModel({}, ""), /expected the path of a folder, got none/);
  },
);

test("a function over variables whose names were taken before is loaded by Python", { skip: SKIP }, () => {
  const names = ["taken/name", "taken/name#2"]; // as a second model's variable has it
  const [taken, weights] = names.map((name, i) => tf.variable(tf.scalar(i + 1), true, name));
  const example = { x: tf.zeros([2, 3]) };
  const fn = ({ x }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    return { y: tf.add(tf.mul(x ?? 0, weights ?? 0), taken ?? 0) };
  };
  const version = exportSavedModel({ serving_default: { fn, example } }, path.join(folder, "taken"));
  const calls = [{ signature: "serving_default", inputs: { x: floats([1, 2, 3], [1, 3]) } }];
  assertSame(inPython([{ folder: version, calls }])[0]?.outputs ?? [], [{ y: floats([3, 5, 7], [1, 3]) }]);
  tf.dispose([taken ?? [], weights ?? [], example]);
});

test("saved_model_cli shows the signatures; the warm-up file is a PredictionLog", { skip: SKIP }, () => {
  const model = thin();
  const [file = new Uint8Array()] = photographs(1);
  const record = encodeExample({ "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") }); // prettier-ignore
  const examples = constant([record], [1], "string");
  const warmup = [{ inputs: { examples } }];
  const dir = exportSavedModel(model, path.join(folder, "servo"), { labels: LABELS, warmup });
  tf.dispose(examples);
  model.dispose();
  const cli = path.join(path.dirname(python ?? ""), "saved_model_cli");
  const shown = execFileSync(cli, ["show", "--dir", dir, "--all"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const name of ["predict", "serving_default", "classify"])
    assert.match(shown, new RegExp(`signature_def\\['${name}'\\]`));
  assert.match(shown, /tensorflow\/serving\/classify/);
  assert.match(shown, /shape: \(-1, 3\)/);
  const request = path.join(dir, "assets.extra/tf_serving_warmup_requests");
  const code = `
import sys, tensorflow as tf
from tensorflow.core.framework import tensor_pb2
(record,) = [r.numpy() for r in tf.data.TFRecordDataset(sys.argv[1])]
def fields(data):
    out, i = {}, 0
    def varint(i):
        n = s = 0
        while True:
            b = data[i]; n |= (b & 127) << s; s += 7; i += 1
            if b < 128: return n, i
    while i < len(data):
        tag, i = varint(i); size, i = varint(i)
        out.setdefault(tag >> 3, []).append(data[i:i + size]); i += size
    return out
request = fields(fields(fields(record)[6][0])[1][0])
spec, (entry,) = fields(request[1][0]), request[2]
pair = fields(entry)
tensor = tf.make_ndarray(tensor_pb2.TensorProto.FromString(pair[2][0]))
try:
    from tensorflow_serving.apis import prediction_log_pb2  # of the wheel tensorflow-serving-api, where it is installed
    sent = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    assert (sent.model_spec.name, sent.model_spec.signature_name, list(sent.inputs)) == ("servo", "serving_default", ["examples"])
    assert tf.make_ndarray(sent.inputs["examples"]) == tensor
except ImportError:
    pass
print(spec[1][0].decode(), spec[3][0].decode(), pair[1][0].decode(), tensor.shape)
probabilities = tf.saved_model.load(sys.argv[2]).signatures["predict"](examples=tf.constant(tensor))["probabilities"]
print(probabilities.shape)
`;
  const output = execFileSync(python ?? "", ["-c", code, request, dir], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.deepEqual(output.trim().split("\n"), ["servo serving_default examples (1,)", "(1, 3)"]);
});

for (const receive of ["files", "images"] as const) {
  test(
    `a model that receives ${receive}, read back by tf.node.loadSavedModel()`,
    { timeout: 120_000 },
    async () => {
      const model = thin();
      const receiver = createPredictInputFn({ receive, side: SIDE });
      const dir = exportSavedModel(model, path.join(folder, receive), { receiver });
      const loaded = loadSavedModel(dir);
      const [file = new Uint8Array()] = photographs(1);
      const input = tf.tidy(() => {
        const contents = constant([file], [], "string");
        return receive === "files"
          ? constant([file, file], [2], "string")
          : tf.stack([decodeImage(contents).toFloat(), decodeImage(contents).toFloat()]);
      });
      const wanted = expectedOutputs(model, [file, file]);
      assertSame([plainOfAll(loaded.predict(input))], [wanted]);
      const theirs = await tf.node.loadSavedModel(dir);
      const outputs = theirs.predict({ [receiver().inputName]: input });
      assert.ok(!Array.isArray(outputs) && !(outputs instanceof tf.Tensor));
      assertSame([plainOfAll(outputs)], [wanted]);
      theirs.dispose();
      loaded.dispose();
      model.dispose();
    },
  );
}

test("an export that fails leaves nothing behind", () => {
  const dir = path.join(folder, "failed");
  mkdirSync(dir);
  const x = tf.zeros([2, 3]);
  const counter = tf.variable(tf.scalar(0), false, "export/counter");
  const fn = (): { y: tf.Tensor } => {
    counter.assign(counter.add(1));
    return { y: x.mul(counter) };
  };
  assert.throws(
    () => exportSavedModel({ a: { fn, example: { x } } }, dir),
    /expected a function that assigns nothing/,
  );
  assert.deepEqual(readdirSync(dir), []);
  assert.ok(existsSync(dir));
  tf.dispose([x, counter]);
});

test("a disk that refuses an export is named", () => {
  const file = path.join(folder, "file");
  writeFileSync(file, "no folder");
  const before = memory();
  const x = tf.zeros([2, 3]);
  for (const dir of [file, path.join(file, "below")])
    assert.throws(
      () => exportSavedModel({ a: { fn: () => ({ y: tf.scalar(1) }), example: { x } } }, dir),
      /^Error: Cannot export to ".*file.*": expected a folder with room to write to, got (EEXIST|ENOTDIR)/,
    );
  x.dispose();
  assert.deepEqual(memory(), before);
});

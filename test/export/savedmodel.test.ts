import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { Model } from "../../src/model";
import { bytesOf, constant, encodeExample, encodeJpeg, feature, memory, tf } from "../../src/tensorflow";
import { aspectPreservingResize, centralCrop } from "../../src/input";
import { decodeImage } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { python, skip as SKIP } from "../python";
import { sharedData } from "../training/thin";

const SIDE = 64;
const LABELS = ["cat", "dog", "owl"];
const folder = mkdtempSync(path.join(tmpdir(), "slimlab-export-"));
test.after(() => rmSync(folder, { recursive: true }));

const thin = (): Model =>
  new Model({
    numClasses: 3,
    architecture: "resnet_v1_14",
    width: 1 / 4,
    fixedResizeSide: SIDE,
    defaultImageSize: 48,
  });

/** What Python says of a SavedModel's signature: each output's values, flat. */
function inPython(dir: string, signature: string, inputs: object): Record<string, (number | string)[]> {
  const code = `
import base64, json, sys
import numpy as np, tensorflow as tf
directory, name, inputs = json.loads(sys.argv[1])
def tensor(value):
    if isinstance(value, list): return tf.constant([base64.b64decode(one) for one in value])
    return tf.constant(np.frombuffer(base64.b64decode(value["bytes"]), np.float32).reshape(value["shape"]))
outputs = tf.saved_model.load(directory).signatures[name](**{key: tensor(value) for key, value in inputs.items()})
text = lambda one: one.decode() if isinstance(one, bytes) else one
print(json.dumps({key: [text(one) for one in value.numpy().ravel().tolist()] for key, value in outputs.items()}))
`;
  const argument = path.join(folder, "request.json");
  writeFileSync(argument, JSON.stringify([dir, signature, inputs]));
  const script = code.replace("json.loads(sys.argv[1])", "json.load(open(sys.argv[1]))");
  const output = execFileSync(python ?? "", ["-c", script, argument], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the script above prints
  const outputs: Record<string, (number | string)[]> = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  return outputs;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function assertClose(
  actual: readonly unknown[] | undefined,
  expected: readonly number[],
  tolerance = 1e-5,
): void {
  assert.equal(actual?.length, expected.length);
  expected.forEach((value, i) => {
    const got = Number(actual[i]);
    assert.ok(Math.abs(got - value) <= tolerance, `${i}: expected ${value}, got ${got}`);
  });
}

/** JPEG files of several sizes. */
function photographs(): Uint8Array[] {
  const sizes = [[80, 100], [64, 64], [90, 70]] as const; // prettier-ignore
  return sizes.map(([height, width], i) =>
    tf.tidy(() =>
      encodeJpeg(
        tf.tensor3d(patternImages(`export${i}`, [1, height, width, 3]), [height, width, 3]).add(120),
      ),
    ),
  );
}

function expectedOutputs(model: Model, files: readonly Uint8Array[]): Record<string, number[]> {
  return tf.tidy(() => {
    const images = files.map((file) => {
      const image = decodeImage(constant([file], [], "string"));
      return centralCrop(aspectPreservingResize(image, SIDE), { height: SIDE, width: SIDE });
    });
    const batch = tf.concat<tf.Tensor4D>(images.map((image) => image.expandDims<tf.Tensor4D>(0)));
    const outputs = model.postprocess(model.predict(model.preprocess(batch)));
    return Object.fromEntries(Object.entries(outputs).map(([key, tensor]) => [key, [...tensor.dataSync()]]));
  });
}

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
    const bytes = base64(new Uint8Array(Float32Array.from([1, 1, 1]).buffer));
    assert.deepEqual(inPython(version, "serving_default", { x: { bytes, shape: [1, 3] } }), { y: [9, 12] });
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
  },
);

test(
  "a model: predict and classify of serialized Examples equal the model's own outputs in Python",
  { skip: SKIP },
  () => {
    const before = memory();
    const model = thin();
    const files = photographs();
    const records = files.map((file) =>
      encodeExample({ "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") }),
    );
    const examples = constant(records.slice(0, 1), [1], "string");
    const dir = exportSavedModel(model, path.join(folder, "servo"), {
      labels: LABELS,
      warmup: [{ inputs: { examples } }],
    });
    assert.deepEqual(readdirSync(path.dirname(dir)), [path.basename(dir)]);
    assert.equal(readFileSync(path.join(dir, "assets/labels.txt"), "utf8"), "cat\ndog\nowl\n");
    for (const size of [1, 3]) {
      const wanted = expectedOutputs(model, files.slice(0, size));
      const strings = records.slice(0, size).map(base64);
      const got = inPython(dir, "serving_default", { examples: strings });
      for (const key of ["logits", "probabilities", "classes"]) assertClose(got[key], wanted[key] ?? []);
      const classified = inPython(dir, "classify", { inputs: strings });
      assertClose(classified["scores"], wanted["probabilities"] ?? []);
      assert.deepEqual(classified["classes"], Array.from({ length: size }, () => LABELS).flat());
    }
    const loaded = loadSavedModel(dir, { signature: "predict" });
    const batch = constant(records, [3], "string");
    const again = loaded.predict({ examples: batch });
    assertClose(
      [...(again["probabilities"]?.dataSync() ?? [])],
      expectedOutputs(model, files)["probabilities"] ?? [],
    );
    const named = loaded.predict({ inputs: batch }, "classify");
    assert.deepEqual(
      bytesOf(named["classes"] ?? batch)
        .slice(0, 3)
        .map((one) => Buffer.from(one).toString()),
      LABELS,
    );
    loaded.dispose();
    tf.dispose([examples, batch, again, named]);
    model.dispose();
    assert.deepEqual(memory(), before);
  },
);

test(
  "saved_model_cli shows the signatures and runs one; the warm-up file is a PredictionLog",
  { skip: SKIP },
  () => {
    const dir = path.join(folder, "servo", readdirSync(path.join(folder, "servo"))[0] ?? "");
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
print(spec[1][0].decode(), spec[3][0].decode(), pair[1][0].decode(), tensor.shape)
probabilities = tf.saved_model.load(sys.argv[2]).signatures["predict"](examples=tf.constant(tensor))["probabilities"]
print(probabilities.shape)
`;
    const output = execFileSync(python ?? "", ["-c", code, request, dir], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.deepEqual(output.trim().split("\n"), ["servo serving_default examples (1,)", "(1, 3)"]);
  },
);

for (const receive of ["files", "images"] as const) {
  test(
    `a model that receives ${receive}, read back by tf.node.loadSavedModel()`,
    { timeout: 120_000 },
    async () => {
      const model = thin();
      const receiver = createPredictInputFn({ receive, side: SIDE });
      const dir = exportSavedModel(model, path.join(folder, receive), { receiver });
      const files = photographs();
      const loaded = loadSavedModel(dir);
      const [file = new Uint8Array()] = files;
      const input = tf.tidy(() => {
        const contents = constant([file], [], "string");
        return receive === "files"
          ? constant([file, file], [2], "string")
          : tf.stack([decodeImage(contents).toFloat(), decodeImage(contents).toFloat()]);
      });
      const wanted = expectedOutputs(model, [file, file]);
      const own = loaded.predict(input);
      assertClose([...(own["logits"]?.dataSync() ?? [])], wanted["logits"] ?? []);
      const theirs = await tf.node.loadSavedModel(dir);
      if (receive === "images") {
        const outputs = theirs.predict({ image: input });
        assert.ok(!Array.isArray(outputs) && !(outputs instanceof tf.Tensor));
        assertClose([...(outputs["logits"]?.dataSync() ?? [])], wanted["logits"] ?? []);
      } else assert.equal(theirs.inputs[0]?.dtype, "string");
      theirs.dispose();
      loaded.dispose();
      model.dispose();
    },
  );
}

const others = sharedData("savedmodels/tf_serving");
test("models by others load and run; what does not fit is refused by name", { skip: others.skip }, () => {
  const half = loadSavedModel(path.join(others.path, "saved_model_half_plus_two_cpu"));
  const x = tf.tensor2d([[1], [2], [5]]);
  const [input = ""] = Object.keys(half.signature.inputs);
  const outputs = half.predict({ [input]: x });
  assert.deepEqual(Object.values(outputs).map((y) => [...y.dataSync()]), [[2.5, 3, 4.5]]); // prettier-ignore
  half.dispose();
  assert.throws(() => loadSavedModel(others.path), /expected a saved_model.pb/);
  const dir = path.join(others.path, "saved_model_half_plus_three");
  assert.throws(() => loadSavedModel(dir, { tags: ["train"] }), /expected tags \[serve\], got \[train\]/);
  assert.throws(() => loadSavedModel(dir, { signature: "none" }), /expected a signature of .*, got "none"/);
});

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

/** What files of ONNX's tell, and that they are written whole or not at all. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportOnnx, loadClassifier, memory, saveClassifier, tf, type ExportOnnxOptions } from "../../src";
import { emitOnnx } from "../../src/deploy/onnx/emit";
import { encodeModel, type ModelProto } from "../../src/deploy/onnx/messages";
import { writeModel } from "../../src/deploy/onnx/write";
import { NAMES, photo, smallModel } from "../classifier/small";
import { skip } from "../python";
import { temporaryFolder } from "../temporary";
import { assertSame, onnxInput, runInNode, runInPython } from "./onnxrun";

const root = temporaryFolder("onnxfile");

test(
  "a classifier's file tells its classes, threshold and sizes, and says what the classifier says",
  { skip },
  async () => {
    const model = smallModel({ multiLabel: true });
    const preprocessing = { size: 32, resizeSide: 40 };
    const threshold = [0.1, 0.2, 0.3];
    const dir = await saveClassifier(model, join(root, "kept"), { classNames: NAMES, threshold, preprocessing }); // prettier-ignore
    const classifier = loadClassifier(dir);
    const before = memory().tensors;
    const file = await classifier.exportOnnx(join(root, "new/folder/a.onnx"), { opset: 20 });
    assert.equal(memory().tensors, before);
    const images = tf.tidy(() => tf.stack([photo("one", 32, 32), photo("two", 32, 32)]).toFloat().as4D(2, 32, 32, 3)); // prettier-ignore
    const cases = [{ file, feeds: [{ images: onnxInput(root, images) }] }];
    const [python] = runInPython(root, cases);
    assert.equal(python?.opset, 20);
    assert.equal(python.ir, 9);
    assert.deepEqual(python.metadata, {
      layout: "NHWC",
      architecture: "resnet_v1_14",
      receive: "images",
      classNames: JSON.stringify(NAMES),
      threshold: JSON.stringify(threshold),
      photo: JSON.stringify({ resizeSide: 40, size: 32, interpolation: "slim" }),
      multiLabel: "true",
    });
    assert.deepEqual(
      python.operations.filter((op) => !/^(Conv|Relu|Add|MaxPool)$/.test(op)),
      ["Sub", "Transpose", "ReduceMean", "Reshape", "Gemm", "Sigmoid"],
    );
    tf.tidy(() => {
      const { logits, probabilities } = model.postprocess(model.predict(model.preprocess(images)));
      for (const answer of [python, ...runInNode(root, cases)])
        assertSame(answer.results[0], { logits, probabilities }, () => 1e-4);
    });
    for (const one of [images, classifier, model]) one.dispose();
  },
);

test("what is told wrong is refused before anything is written; a file that is there is replaced whole", async () => {
  const model = smallModel();
  const dir = join(root, "refused");
  mkdirSync(dir);
  const file = join(dir, "a.onnx");
  writeFileSync(file, "old");
  const refused = async (options: ExportOnnxOptions, error: RegExp): Promise<void> => {
    await assert.rejects(exportOnnx(model, file, options), error);
    assert.equal(readFileSync(file, "utf8"), "old");
  };
  const before = memory().tensors;
  await refused({ opset: 16 }, /^RangeError: Cannot export to ".*a\.onnx": expected opset 17 to 26, got 16$/);
  await refused({ opset: 27 }, /expected opset 17 to 26, got 27/);
  // @ts-expect-error -- what plain JavaScript may pass
  await refused({ layout: "CHWN" }, /expected layout "NHWC" or "NCHW", got "CHWN"/);
  await refused({ classNames: ["one"] }, /expected a name for each of the model's 3 classes, got 1/);
  await refused({ heat: "nowhere" }, /nowhere/);
  await refused({ heat: "resnet_v1_14/conv1" }, /operations that ONNX has, too, got "MaxPoolGrad"/);
  await refused({ signal: AbortSignal.abort(new Error("enough")) }, /enough/);
  await assert.rejects(exportOnnx(model, join(file, "b.onnx")), /Cannot export to ".*b\.onnx": expected a file with room/); // prettier-ignore
  assert.equal(memory().tensors, before);
  await exportOnnx(model, file);
  assert.ok(readFileSync(file).length > 1000);
  assert.deepEqual(readdirSync(dir), ["a.onnx"]);
  model.dispose();
});

test("types and sizes that a file can't have are refused by name", async () => {
  const input = { name: "x", dtype: "float64", shape: [null, 3] } as const;
  const outputs = [{ name: "y", value: "x" }];
  const values = new Map([["x", input]]);
  const wide = { inputs: [input], outputs, nodes: [], constants: new Map<string, tf.Tensor>(), values, dispose: () => undefined }; // prettier-ignore
  assert.throws(() => emitOnnx(wide, { opset: 17, layout: "NHWC" }), /expected "x" to be float32, int32, int64 or bool, got float64/); // prettier-ignore
  const raw_data = new Uint8Array(2 ** 28);
  const initializer = Array.from({ length: 8 }, (_, i) => ({ name: `w${i}`, dims: [2 ** 26], data_type: 1, raw_data })); // prettier-ignore
  const graph = { name: "large", node: [], initializer, input: [], output: [], value_info: [] };
  const large: ModelProto = { ir_version: 8, producer_name: "slimlab", opset_import: [], graph, metadata_props: [] }; // prettier-ignore
  const file = join(root, "large.onnx");
  await assert.rejects(writeModel(file, large), /expected weights of less than 2 GiB.*got 2147483648 bytes/);
  assert.ok(encodeModel({ ...large, graph: { ...graph, initializer: [] } }).length < 100);
  assert.ok(!readdirSync(root).some((name) => /large|temp-/.test(name)));
});

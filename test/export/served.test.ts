/** A model of ours served: by Python's TensorFlow, its command line and us, moved elsewhere, and asked what it cannot answer. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { aspectPreservingResize, centralCrop } from "../../src/input";
import { encodeExample, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { python, skip } from "../python";
import { expectedOutputs, LABELS, photographs, SIDE, thin } from "./classifier";
import { assertSame, byUs, floats, inPython, strings, type Call, type PlainTensors } from "./serving";

const root = mkdtempSync(join(tmpdir(), "slimlab-served-"));
after(() => rmSync(root, { recursive: true }));

const exampleOf = (file: Uint8Array): Uint8Array =>
  encodeExample({ "image/encoded": feature.bytes(file), "image/format": feature.bytes("jpeg") });

test(
  "each signature gives the model's own outputs at batch 0, 1, 2 and 5 from another folder, with its labels",
  { skip },
  () => {
    const before = memory();
    const model = thin();
    const moved = join(root, "moved é");
    renameSync(exportSavedModel(model, join(root, "servo"), { labels: LABELS }), moved);
    const files = photographs(5);
    const sizes = [0, 1, 2, 5];
    const calls = sizes.flatMap((size): Call[] => {
      const records = strings(files.slice(0, size).map(exampleOf));
      return [
        { signature: "predict", inputs: { examples: records } },
        { signature: "serving_default", inputs: { examples: records } },
        { signature: "classify", inputs: { inputs: records } },
      ];
    });
    const expected = sizes.flatMap((size): PlainTensors[] => {
      const own = expectedOutputs(model, files.slice(0, size), { labels: LABELS });
      const { probabilities } = own;
      assert.ok(probabilities !== undefined);
      const classes = { ...strings(Array.from({ length: size }, () => LABELS).flat()), shape: [size, 3] };
      return [own, own, { classes, scores: probabilities }];
    });
    const [answers] = inPython([{ folder: moved, calls }]);
    assertSame(answers?.outputs ?? [], expected);
    assertSame(byUs({ folder: moved, calls }), expected);
    assert.deepEqual(answers?.assets, [join(moved, "assets/labels.txt")]);
    const loaded = loadSavedModel(moved);
    assert.deepEqual(loaded.labels, LABELS);
    assert.deepEqual(loaded.assets, { "labels.txt": join(moved, "assets/labels.txt") });
    const methods = Object.entries(loaded.signatures).map(([name, { method }]) => [name, method]);
    assert.deepEqual(Object.fromEntries(methods), {
      predict: "tensorflow/serving/predict", // tf.saved_model.PREDICT_METHOD_NAME
      serving_default: "tensorflow/serving/predict",
      classify: "tensorflow/serving/classify",
    });
    loaded.dispose();
    model.dispose();
    assert.deepEqual(memory(), before);
  },
);

test("a narrow image beside a usual one is served as the model itself sees it", { skip }, () => {
  const model = thin();
  const narrow = tf.tidy(() => encodePng(tf.range(0, 3000).mod(251).as3D(1, 1000, 3)));
  const files = [narrow, ...photographs(1)];
  const receiver = createPredictInputFn({ receive: "files", side: SIDE });
  const folder = exportSavedModel(model, join(root, "narrow"), { receiver });
  const calls: Call[] = [{ signature: "serving_default", inputs: { image_bytes: strings(files) } }];
  const expected = [expectedOutputs(model, files)];
  const [answers] = inPython([{ folder, calls }]);
  assertSame(answers?.outputs ?? [], expected);
  assertSame(byUs({ folder, calls }), expected);
  model.dispose();
});

/** The numbers that saved_model_cli prints of an output. */
function printed(output: string, name: string): number[] {
  const [, text = ""] = new RegExp(`Result for output key ${name}:\\n([^R]*)`).exec(output) ?? [];
  return text.split(/[\s[\]]+/).flatMap((word) => (word === "" ? [] : [Number(word)]));
}

test("saved_model_cli run prints the model's own outputs, of Examples and of images", { skip }, () => {
  const model = thin();
  const receiver = createPredictInputFn({ receive: "images", side: SIDE });
  const [file = new Uint8Array()] = photographs(1);
  const run = (dir: string, signature: string, ...inputs: string[]): string =>
    execFileSync(
      join(dirname(python ?? ""), "saved_model_cli"),
      ["run", "--dir", dir, "--tag_set", "serve", "--signature_def", signature, ...inputs],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );
  const wanted = expectedOutputs(model, [file]);
  const bytes = [...file].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  const example = `inputs=[{"image/encoded":[b"${bytes}"],"image/format":[b"jpeg"]}]`;
  const classified = run(exportSavedModel(model, join(root, "examples"), { labels: LABELS }), "classify", "--input_examples", example); // prettier-ignore
  assert.match(classified, /b'cat' b'dog' b'owl'/);
  assertSame([{ scores: floats(printed(classified, "scores")) }], [{ scores: floats(wanted["probabilities"]?.values.map(Number) ?? []) }]); // prettier-ignore

  const pixels = tf.tensor4d(
    Array.from({ length: 2 * 8 * 9 * 3 }, (_, i) => (i * 37) % 251),
    [2, 8, 9, 3],
  );
  const own = tf.tidy(() => {
    const received = tf.unstack(pixels).map((image) => {
      const resized = aspectPreservingResize(image.as3D(8, 9, 3), SIDE);
      return centralCrop(resized, { height: SIDE, width: SIDE });
    });
    const images = tf.stack(received).as4D(2, SIDE, SIDE, 3);
    return [...model.postprocess(model.predict(model.preprocess(images))).logits.dataSync()];
  });
  const expression = `image=${JSON.stringify(pixels.arraySync())}`;
  const predicted = run(exportSavedModel(model, join(root, "images"), { receiver }), "predict", "--input_exprs", expression); // prettier-ignore
  assertSame([{ logits: floats(printed(predicted, "logits")) }], [{ logits: floats(own) }]);
  pixels.dispose();
  model.dispose();
});

test("what a served model cannot answer is an error that says why", { timeout: 120_000 }, () => {
  const before = memory();
  const model = thin();
  const side = SIDE;
  const export_ = (receive: "examples" | "files" | "images"): string =>
    exportSavedModel(model, join(root, `bad_${receive}`), {
      receiver: createPredictInputFn({ receive, side }),
    });
  const [file = new Uint8Array()] = photographs(1);
  const cut = file.slice(0, file.length / 2);
  const ask = (folder: string, inputs: PlainTensors): string => {
    const [answer] = byUs({ folder, calls: [{ signature: "serving_default", inputs }] });
    assert.equal(typeof answer, "string", "it was answered");
    return String(answer);
  };
  const files = export_("files");
  const refused = `^Error: Cannot predict by ".*": expected inputs for its "serving_default", got `;
  assert.match(
    ask(files, { image_bytes: strings([file, "no image"]) }),
    new RegExp(`${refused}.*[Uu]nknown image`),
  );
  assert.match(ask(files, { image_bytes: strings([cut]) }), new RegExp(`${refused}.*(Invalid|JPEG)`));
  assert.match(
    ask(files, { image_bytes: floats([1]) }),
    /expected "image_bytes" to be string \[\?\], got float32/,
  );
  const examples = export_("examples");
  assert.match(ask(examples, { examples: strings(["no example"]) }), new RegExp(`${refused}.*[Ee]xample`));
  assert.match(ask(examples, { examples: strings([encodeExample({})]) }), new RegExp(`${refused}`));
  const images = export_("images");
  const sized = (shape: readonly number[]): PlainTensors => ({
    image: floats(Array<number>(shape.reduce((a, b) => a * b)).fill(1), shape),
  });
  assert.match(
    ask(images, sized([1, 64, 64, 1])),
    /expected "image" to be float32 \[\?, \?, \?, 3\], got float32 \[1, 64, 64, 1\]$/,
  );
  assert.match(
    ask(images, sized([64, 64, 3])),
    /expected "image" to be float32 \[\?, \?, \?, 3\], got float32 \[64, 64, 3\]$/,
  );
  model.dispose();
  assert.deepEqual(memory(), before);
});

test("labels that the file of labels cannot hold are refused", () => {
  const model = thin();
  for (const label of ["two\nlines", ""])
    assert.throws(() => exportSavedModel(model, join(root, "labels"), { labels: ["a", "b", label] }), {
      name: "RangeError",
      message: `Cannot export model: expected labels of one line each, got ${JSON.stringify(label)}`,
    });
  model.dispose();
});

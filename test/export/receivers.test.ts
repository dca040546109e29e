/** What each receiver takes: empty batches, and models that TensorFlow's converter to TFLite takes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createPredictInputFn, exportSavedModel, loadSavedModel, type ReceiverKind } from "../../src/export";
import { aspectPreservingResize, centralCrop } from "../../src/input";
import { Model } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";
import { expectedOutputs, LABELS, SIDE, thin } from "./classifier";
import { assertSame, byUs, floats, inPython, plainOfAll, strings, type PlainTensor } from "./serving";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = temporaryFolder("receivers");

const exported = (model: Model, receive: ReceiverKind, name: string = receive): string => {
  const side = receive === "preprocessed" ? {} : { side: SIDE };
  const receiver = createPredictInputFn({ receive, ...side });
  return exportSavedModel(model, join(root, name), { labels: LABELS, receiver });
};

test(
  "a batch of 0 is answered with 0 rows, whatever the model receives, in Python and here",
  { skip },
  () => {
    const model = thin();
    const none: Readonly<Record<ReceiverKind, readonly [string, PlainTensor]>> = {
      examples: ["examples", strings([])],
      files: ["image_bytes", strings([])],
      images: ["image", floats([], [0, 70, 81, 3])],
      preprocessed: ["preprocessed", floats([], [0, 48, 48, 3])],
    };
    const kinds = ["examples", "files", "images", "preprocessed"] as const;
    const requests = kinds.map((receive) => {
      const [name, value] = none[receive];
      const calls = [{ signature: "serving_default", inputs: { [name]: value } }];
      return { folder: exported(model, receive), calls };
    });
    const expected = [expectedOutputs(model, [], { labels: LABELS })];
    for (const { outputs } of inPython([
      ...requests,
      ...requests.map((one) => ({ ...one, remapping: false })),
    ]))
      assertSame(outputs, expected);
    for (const request of requests) assertSame(byUs(request), expected);
    model.dispose();
  },
);

test("images are received all at once, each to the bit as if it were alone; preprocessed ones as they are", () => {
  const model = thin();
  const folders = {
    images: exported(model, "images", "bits"),
    preprocessed: exported(model, "preprocessed", "bare"),
  };
  const before = memory();
  const images = loadSavedModel(folders.images);
  const preprocessed = loadSavedModel(folders.preprocessed);
  tf.tidy(() => {
    for (const [height, width] of [
      [64, 64],
      [50, 90],
      [131, 77],
    ] as const) {
      const pixels = patternImages("receive", [3, height, width, 3]);
      const batch = tf.clipByValue(tf.tensor4d(pixels, [3, height, width, 3]).add<tf.Tensor4D>(120), 0, 255);
      const crop = { height: SIDE, width: SIDE };
      const fitted = tf.stack(
        tf.unstack(batch).map((one) => centralCrop(aspectPreservingResize(one, SIDE), crop)),
      );
      const together = centralCrop(aspectPreservingResize(batch, SIDE), crop);
      assert.deepEqual(together.dataSync(), fitted.dataSync());
      const ready = model.preprocess(together);
      const own = plainOfAll({ ...model.postprocess(model.predict(ready)) });
      for (const outputs of [images.predict(batch), preprocessed.predict(ready)]) {
        const { labels, ...others } = plainOfAll(outputs);
        assertSame([others], [own]);
        assert.deepEqual(labels, strings((own["classes"]?.values ?? []).map((i) => LABELS[Number(i)] ?? "")));
      }
    }
  });
  images.dispose();
  preprocessed.dispose();
  assert.deepEqual(memory(), before);
  model.dispose();
});

test("the signature classify decodes and resizes as predict does", () => {
  const model = thin();
  const receiver = createPredictInputFn({ side: 96 });
  const loaded = loadSavedModel(exportSavedModel(model, join(root, "side"), { receiver }));
  const record = receiver().example;
  const { probabilities } = loaded.predict({ examples: record });
  const { scores } = loaded.predict({ inputs: record }, "classify");
  assert.deepEqual(scores?.dataSync(), probabilities?.dataSync());
  loaded.dispose();
  model.dispose();
});

interface Converted {
  readonly signatures: readonly string[];
  readonly runs: readonly {
    /** The greatest of a probability, and of a logit as a share of the largest. */
    readonly differences: readonly number[];
    readonly classes: readonly number[];
    readonly own: readonly number[];
    readonly labels: readonly string[];
  }[];
}

test(
  "TensorFlow's converter to TFLite takes models that receive images or preprocessed ones",
  { skip },
  () => {
    const networks = { slim: "resnet_v1_14", torchvision: "resnet_v2_14", keras: "resnet_v1_14" } as const;
    const requests = (["slim", "torchvision", "keras"] as const).flatMap((strides) => {
      const sizes = { width: 1 / 4, fixedResizeSide: SIDE, defaultImageSize: 48 };
      const model = new Model({ numClasses: 3, architecture: networks[strides], strides, ...sizes });
      const sized = { images: [70, 80], preprocessed: [48, 48] } as const;
      const made = (["images", "preprocessed"] as const).map((receive) => {
        const shapes = [1, 3].map((size) => [size, ...sized[receive], 3]);
        const input = receive === "images" ? "image" : receive;
        return { folder: exported(model, receive, `${receive}_${strides}`), input, shapes };
      });
      model.dispose();
      return made;
    });
    const file = join(root, "requests.json");
    writeFileSync(file, JSON.stringify(requests));
    const script = join(__dirname, "../../../test/export/tflite.py");
    const output = execFileSync(python ?? "", [script, file], {
      encoding: "utf8",
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what tflite.py prints
    const answers: Converted[] = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    assert.equal(answers.length, requests.length);
    for (const { signatures, runs } of answers) {
      assert.deepEqual(signatures, ["predict", "serving_default"]);
      for (const { differences, classes, own, labels } of runs) {
        assert.ok(Math.max(...differences) <= 1e-4, `differences ${differences.join()}`);
        assert.deepEqual(classes, own);
        assert.deepEqual(
          labels,
          own.map((i) => LABELS[i]),
        );
      }
    }
  },
);

/** Networks as files of ONNX's: its checker and both of its runtimes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportOnnx, memory, Model, tf, type Architecture, type ExportOnnxOptions } from "../../src";
import { gradCam } from "../../src/explain";
import { skip } from "../python";
import { temporaryFolder } from "../temporary";
import { assertSame, onnxInput, runInNode, runInPython, type OnnxCase } from "./onnxrun";

const root = temporaryFolder("onnx");

/** Of each kind of network one, in images as small as it takes; those that are wide are made a quarter as wide. */
const networks: readonly (readonly [Architecture, number])[] = [
  ["resnet_v1_14", 64],
  ["resnet_v1_18", 64],
  ["resnet_v2_14", 64],
  ["seresnet50", 64],
  ["alexnet_v2", 224],
  ["vgg_a", 224],
  ["inception_v1", 64],
  ["inception_v2", 64],
  ["inception_v3", 107],
  ["inception_v4", 107],
  ["inception_resnet_v2", 107],
  ["mobilenet_v1", 64],
  ["mobilenet_v2", 64],
  ["mobilenet_v3_small", 64],
  ["efficientnet_b0", 64],
  ["convnext_tiny", 64],
];

/** How each is written: the newest and the oldest operations, both layouts, with heat and without. */
const ways: readonly ExportOnnxOptions[] = [
  { heat: true },
  { heat: true, layout: "NCHW", opset: 21 },
  { receive: "preprocessed", opset: 26 },
];

const toleranceOf = (output: string): number => (output === "heat" ? 1e-3 : 1e-4);

for (const [architecture, side] of networks)
  test(
    `${architecture} gives the same logits and heat in ONNX's runtimes, of any batch`,
    { skip },
    async () => {
      const width = /^(mobile|efficient|conv)/.test(architecture) ? 1 : 1 / 4;
      const options = { width, numClasses: 4, defaultImageSize: side, fixedResizeSide: side, seed: 3 };
      const model = new Model({ architecture, ...options });
      const before = memory().tensors;
      const cases: OnnxCase[] = [];
      const expected: Record<string, tf.Tensor>[][] = [];
      for (const [i, way] of (side === 224 ? ways.slice(0, 1) : ways).entries()) {
        const file = await exportOnnx(model, join(root, architecture, `${i}.onnx`), way);
        const { receive, layout, heat } = way;
        const feeds: OnnxCase["feeds"][number][] = [];
        const results = [1, 3].map((batch) =>
          tf.tidy(() => {
            const pixels = tf.randomUniform<tf.Rank.R4>([batch, side, side, 3], 0, 255, "float32", batch);
            const images = model.preprocess(pixels);
            const classes = Array.from({ length: batch }, (_, one) => (one + 1) % 4);
            const given = {
              images: receive === "preprocessed" ? images : pixels,
              ...(heat && { classes: tf.tensor1d(classes, "int32") }),
            };
            feeds.push(
              Object.fromEntries(
                Object.entries(given).map(([name, tensor]) => [name, onnxInput(root, tensor, layout)]),
              ),
            );
            const { logits, probabilities } = model.postprocess(model.predict(images));
            if (!heat) return { logits, probabilities };
            const { heatmaps } = gradCam(model, images, { classIndex: classes });
            return { logits, probabilities, heat: heatmaps };
          }),
        );
        expected.push(results);
        cases.push({ file, feeds });
      }
      for (const answers of [runInPython(root, cases), runInNode(root, cases)])
        for (const [i, { results }] of answers.entries())
          for (const [at, result] of results.entries())
            assertSame(result, expected[i]?.[at] ?? {}, toleranceOf);
      tf.dispose(expected);
      assert.equal(memory().tensors, before);
      model.dispose();
    },
  );

/** Graphs as graph models: what plain tfjs makes of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { memory, Model, tf } from "../../src";
import { gradCam } from "../../src/explain";
import { classifierGraph } from "../../src/deploy/classifiergraph";
import { graphModel } from "../../src/deploy/web/graphmodel";
import { writeWebFolder } from "../../src/deploy/web/write";
import { temporaryFolder } from "../temporary";
import { differenceFrom, plainTfjs, sent } from "./plaintfjs";

const SIDE = 64;

test("a ResNet's graph model gives the same in plain tfjs, on cpu and wasm, with and without a class", async () => {
  const dir = join(temporaryFolder("web"), "model");
  const before = memory().tensors;
  const model = new Model({ architecture: "resnet_v1_14", numClasses: 4, defaultImageSize: SIDE, fixedResizeSide: SIDE, seed: 3 }); // prettier-ignore
  const graph = classifierGraph(model, { heat: true });
  const made = graphModel(graph, { predicted: ["probabilities"], greatestOf: { classes: "logits" } });
  await writeWebFolder(dir, made);
  graph.dispose();
  for (const backend of ["cpu", "wasm"] as const) {
    const images = tf.randomUniform<tf.Rank.R4>([3, SIDE, SIDE, 3], 0, 255, "float32", 3);
    const classes = tf.tensor1d([1, 2, 3], "int32");
    const asked = { images: sent(images), classes: sent(classes) };
    const [plain, own, other] = await plainTfjs({
      dir,
      backend,
      calls: [
        { inputs: { images: asked.images } },
        { inputs: { images: asked.images }, outputs: ["probabilities", "heat"] },
        { inputs: asked, outputs: ["logits", "heat"] },
      ],
    });
    tf.tidy(() => {
      const predicted = gradCam(model, model.preprocess(images));
      const wanted = gradCam(model, model.preprocess(images), { classIndex: [1, 2, 3] });
      assert.ok(differenceFrom(predicted.probabilities, plain?.["predicted"]) < 1e-4);
      assert.ok(differenceFrom(predicted.probabilities, own?.["probabilities"]) < 1e-4);
      assert.ok(differenceFrom(predicted.heatmaps, own?.["heat"]) < 1e-3);
      assert.ok(differenceFrom(wanted.heatmaps, other?.["heat"]) < 1e-3);
    });
    tf.dispose([images, classes]);
  }
  model.dispose();
  assert.equal(memory().tensors, before);
});

/** Exported models that nobody else could open, or whose refusal came too late or without a way on. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  BestExporter,
  Estimator,
  FinalExporter,
  LatestExporter,
  trainAndEvaluate,
  type Exporter,
  type RunHook,
} from "../../src/estimator";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { reasonOf, tf } from "../../src/tensorflow";
import { thinInput, thinModelFn } from "../estimator/thin";
import { LABELS, SIDE, thin } from "../export/classifier";
import { testSituations } from "./table";

/** The kinds and permissions of all that is in a folder. */
function modesIn(folder: string): string[] {
  const modes = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
    const entry = statSync(join(folder, name));
    return `${entry.isDirectory() ? "folders" : "files"} ${(entry.mode & 0o777).toString(8)}`;
  });
  return [...new Set(modes)].sort();
}

/** What an export in a process of this umask leaves. */
function exportedUnder(umask: number, folder: string): string[] {
  const before = process.umask(umask);
  const model = thin();
  try {
    const warmup = [{ inputs: {} }];
    const receiver = createPredictInputFn({ receive: "images", side: SIDE });
    exportSavedModel(model, join(folder, "servo"), { labels: LABELS, receiver, warmup });
    return modesIn(folder);
  } finally {
    model.dispose();
    process.umask(before);
  }
}

/** Trains with an exporter; an error says after how many steps. */
async function trainedSteps(folder: string, exporters: Exporter): Promise<void> {
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir: folder });
  const { inputFn } = thinInput("labels", "train");
  let steps = 0;
  const counting: RunHook = { beforeRun: () => void steps++ };
  try {
    await trainAndEvaluate(
      estimator,
      { inputFn, maxSteps: 2, hooks: [counting] },
      { inputFn, steps: 1, exporters },
    );
  } catch (error) {
    throw new Error(`${reasonOf(error)} (after ${steps} steps)`, { cause: error });
  } finally {
    await estimator.dispose();
    modelFn.dispose();
  }
}

testSituations([
  {
    name: "a model exported under the usual umask is for everyone to read",
    situation: (folder) => exportedUnder(0o022, folder),
    expected: ["files 644", "folders 755"],
  },
  {
    name: "a model exported under a group's umask is for the group to replace, and for nobody else",
    situation: (folder) => exportedUnder(0o007, folder),
    expected: ["files 660", "folders 770"],
  },
  ...[FinalExporter, LatestExporter, BestExporter].map((Kind) => ({
    name: `a ${Kind.name} with too few labels is refused before the first step, not after the last`,
    situation: (folder: string) => trainedSteps(folder, new Kind({ name: "servo", labels: ["cat", "dog"] })),
    expected: /^Cannot export "servo": expected 3 labels, got 2 \(after 0 steps\)$/,
  })),
  {
    name: "an exporter with an empty label is refused when it is made",
    situation: () => new FinalExporter({ name: "servo", labels: ["cat", " ", "owl"] }),
    expected: /^Cannot create exporter "servo": expected labels of one line each, got " "$/,
  },
  {
    name: "one tensor for a signature of several inputs is refused with their names",
    situation: (folder) =>
      tf.tidy(() => {
        const example = { a: tf.ones([2, 3]), b: tf.ones([2, 3]) };
        const fn = ({ a = example.a, b = example.b }: Partial<Record<string, tf.Tensor>>) => ({
          y: a.add(b),
        });
        const loaded = loadSavedModel(exportSavedModel({ serving_default: { fn, example } }, folder));
        try {
          return loaded.predict(example.a);
        } finally {
          loaded.dispose();
        }
      }),
    expected: /^Cannot predict: expected inputs a, b, got one tensor without a name$/,
  },
  {
    name: "an input that is no batch keeps its shape in the signature, as it must have it",
    situation: (folder) => {
      const example = { x: tf.ones([2, 3]), scale: tf.scalar(2), shift: tf.ones([3]) };
      const { x, scale, shift } = example;
      const fn = (given: Partial<Record<string, tf.Tensor>>) => ({
        y: (given["x"] ?? x).mul(given["scale"] ?? scale).add(given["shift"] ?? shift),
      });
      const loaded = loadSavedModel(exportSavedModel({ serving_default: { fn, example } }, folder));
      const { y } = loaded.predict({ ...example, x: tf.ones([1, 3]) });
      const inputs = Object.entries(loaded.signature.inputs).sort(([a], [b]) => (a < b ? -1 : 1));
      const shapes = inputs.map(([name, { shape }]) => ({ name, shape }));
      loaded.dispose();
      return { shapes, y: [...(y?.dataSync() ?? [])] };
    },
    expected: {
      shapes: [
        { name: "scale", shape: [] },
        { name: "shift", shape: [3] },
        { name: "x", shape: [null, 3] },
      ],
      y: [3, 3, 3],
    },
  },
]);

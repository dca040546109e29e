/** What a model that has diverged is said to be worth: its probabilities are NaN, whose argmax is class 0. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TFRecordDataset } from "../../src/input";
import { tf } from "../../src/tensorflow";
import {
  accuracyMetric,
  confusionMatrixMetric,
  createMetrics,
  createTrainStep,
  evaluate,
  precisionMetric,
  type Batch,
  type Metric,
  type MetricInputs,
  type MetricResult,
} from "../../src/training";
import { patternBatch, thinModel } from "../training/thin";
import { testSituations } from "./table";

/** Works on a batch of three images of class 0 with a model whose biases are NaN. */
async function diverged<T>(
  work: (model: ReturnType<typeof thinModel>, batch: Batch) => Promise<T>,
): Promise<T> {
  const model = thinModel();
  tf.tidy(() => model.variables.expect("Predict/logits/biases").assign(tf.fill([5], NaN)));
  const [{ image }, other] = patternBatch("diverged", 3);
  const labels = tf.zeros<tf.Rank.R1>([3], "int32");
  try {
    return await work(model, [{ image }, labels]);
  } finally {
    model.dispose();
    tf.dispose([image, labels, other]);
  }
}

async function* once(batch: Batch): AsyncGenerator<Batch> {
  yield await Promise.resolve(batch);
}

/** What a metric gives of three examples of class 0, the second of NaN. */
async function measured<R extends MetricResult>(
  metric: Metric<R>,
  inputs: Readonly<Record<string, readonly number[]>> = {},
): Promise<R> {
  const labels = tf.tensor1d([0, 0, 1], "int32");
  const probabilities = tf.tensor2d([0.9, 0.1, NaN, NaN, 0.2, 0.8], [3, 2]);
  const others = Object.entries(inputs).map(([name, values]) => [name, tf.tensor1d([...values])] as const);
  const all: MetricInputs = { labels, probabilities, ...Object.fromEntries(others) };
  try {
    await metric.update(all);
    return metric.result();
  } finally {
    tf.dispose([labels, probabilities, ...others.map(([, tensor]) => tensor)]);
  }
}

async function firstOf(path: string): Promise<unknown> {
  const dataset = TFRecordDataset(path);
  try {
    return await dataset.first();
  } finally {
    dataset.dispose();
  }
}

testSituations([
  {
    name: "evaluate() counts no image as right whose probabilities are NaN, and says how many these are",
    situation: () =>
      diverged(async (model, batch) => {
        const metrics = createMetrics({ accuracy: accuracyMetric(), positive: precisionMetric() });
        const { accuracy, notFinite, count, crossEntropy, confusion } = await evaluate(model, once(batch), {
          metrics,
        });
        return [accuracy, notFinite, count, crossEntropy, confusion.flat().some(Boolean), metrics.result()];
      }),
    expected: [0, 3, 3, NaN, false, { accuracy: 0, positive: 0 }],
  },
  {
    name: "a step's accuracy counts no image as right whose probabilities are NaN",
    situation: () =>
      diverged(async (model, [{ image }, labels]) => {
        const step = createTrainStep(model, { trainableScopes: "Predict" });
        const { accuracy, loss } = await step(image, labels);
        step.dispose();
        return [accuracy, loss];
      }),
    expected: [0, NaN],
  },
  {
    name: "a metric takes no NaN for class 0",
    situation: () => measured(accuracyMetric()),
    expected: 2 / 3,
  },
  {
    name: "a confusion matrix has no column for NaN, and says so",
    situation: () => measured(confusionMatrixMetric({ numClasses: 2 })),
    expected:
      /^Cannot update confusion matrix: expected classes in 0 … 1, got -1, of probabilities that are NaN, at 1$/,
  },
  {
    name: "precision at a threshold takes no NaN for a probability below it",
    situation: () => measured(precisionMetric({ threshold: 0.5 })),
    expected: /^Cannot update precision: expected probabilities in 0 … 1, got NaN at 1$/,
  },
  {
    name: "a metric refuses weights that are no weights",
    situation: () => measured(accuracyMetric(), { weights: [1, NaN, 1] }),
    expected: /^Cannot update accuracy: expected weights of 0 or more, got NaN at 1$/,
  },
  {
    name: "a metric refuses labels below 0, which no prediction matches",
    situation: async () => {
      const labels = tf.tensor1d([0, -1], "int32");
      try {
        await accuracyMetric().update({ labels, classes: labels });
      } finally {
        labels.dispose();
      }
    },
    expected: /^Cannot update accuracy: expected labels of 0 or more, got -1 at 1$/,
  },
  ...(
    [
      ["a JPEG image", Buffer.from("ffd8ffe000104a46494600010101", "hex")],
      ["a text", Buffer.from("id,label\n1,cat\n2,dog\n")],
      ["a text", Buffer.from("cat\n")],
    ] as const
  ).map(([what, bytes]) => ({
    name: `${what} of ${bytes.length} bytes is called no TFRecord file`,
    situation: (folder: string) => {
      const file = join(folder, "photos");
      writeFileSync(file, bytes);
      return firstOf(file);
    },
    expected: new RegExp(
      `this is no TFRecord file, or .*: it does not begin with a record but as ${what} does$`,
    ),
  })),
]);

/** Files in whole numbers of eight bits in ONNX's runtimes: what they answer, and that they do compute in whole numbers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { test } from "node:test";
import {
  createTrainStep,
  exportOnnx,
  memory,
  Model,
  representativeDataset,
  renderPhoto,
  tf,
  train,
  type Architecture,
} from "../../src";
import { python, skip } from "../python";
import { settled } from "../settled";
import { temporaryFolder } from "../temporary";
import { onnxInput, runInNode } from "./onnxrun";

const root = temporaryFolder("int8run");
const CLASSES = ["ball", "cube", "mug"] as const;

/** What test/oracle/int8.py tells. */
interface Answer {
  readonly probabilities: readonly (readonly number[])[];
  readonly single: readonly number[];
  readonly operations: Readonly<Record<string, number>>;
}

/** What a network is made and trained with. */
interface Kind {
  readonly architecture: Architecture;
  readonly side: number;
  readonly photos: number;
  readonly steps: number;
  /** What onnxruntime is to run, at least, and nothing else of these. */
  readonly operations: Readonly<Record<string, number>>;
}

const kinds: readonly Kind[] = [
  { architecture: "resnet_v1_14", side: 48, photos: 48, steps: 40, operations: { QLinearConv: 17, QLinearAdd: 4, QGemm: 1 } },
  { architecture: "mobilenet_v2", side: 48, photos: 48, steps: 80, operations: { QLinearConv: 52, QLinearAdd: 11, QGemm: 1 } },
  { architecture: "inception_v1", side: 48, photos: 48, steps: 80, operations: { QLinearConv: 57, QLinearConcat: 9, QGemm: 1 } },
  { architecture: "vgg_a", side: 224, photos: 9, steps: 0, operations: { QLinearConv: 10, QGemm: 1 } },
]; // prettier-ignore

/** Photos of the classes in turn, 0…255. */
const photosOf = ({ photos, side }: Kind): tf.Tensor4D =>
  tf.tidy(() => {
    const all = Array.from({ length: photos }, (_, i) => {
      return renderPhoto(CLASSES[i % 3] ?? "ball", { size: side, seed: Math.floor(i / 3) });
    });
    return tf.stack(all).toFloat().as4D(photos, side, side, 3);
  });

async function trained(kind: Kind, photos: tf.Tensor4D): Promise<Model> {
  const { architecture, side, steps } = kind;
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ architecture, ...sizes, numClasses: 3, width: 1 / 4, isTraining: true, batchNormDecay: 0.8, seed: 1 }); // prettier-ignore
  if (steps === 0) return model;
  const step = createTrainStep(model, { learningRate: 0.02 });
  async function* batches(): AsyncGenerator<[{ image: tf.Tensor4D }, tf.Tensor1D]> {
    for (let k = 0; k < steps; k++) {
      const rows = Array.from({ length: 16 }, (_, i) => (16 * k + 5 * i) % kind.photos);
      const image = tf.gather(photos, rows);
      yield await Promise.resolve([{ image }, tf.tensor1d(rows.map((row) => row % 3), "int32")]); // prettier-ignore
    }
  }
  await train(step, batches(), { steps });
  step.dispose();
  return model;
}

const greatest = (row: readonly number[]): number => row.indexOf(Math.max(...row));

for (const kind of kinds)
  test(
    `${kind.architecture} in whole numbers answers as in floats in ONNX's runtimes`,
    { skip },
    async () => {
      const { architecture } = kind;
      const photos = photosOf(kind);
      const model = await trained(kind, photos);
      const expected = tf.tidy(() => model.postprocess(model.predict(model.preprocess(photos), { isTraining: false })).probabilities.arraySync()); // prettier-ignore
      await settled();
      const before = memory().tensors;
      const images = join(root, `${architecture}.npy`);
      await representativeDataset(photos, kind.photos, { file: images });
      const file = join(root, `${architecture}.onnx`);
      const told = await exportOnnx(model, file, { int8: { images } });
      await settled();
      assert.equal(memory().tensors, before);
      const script = resolve(__dirname, "../../../test/oracle/int8.py");
      const text = execFileSync(python ?? "", [script, file, images], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
      // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- written by the script
      const answer: Answer = JSON.parse(text);
      const counted = Object.entries(answer.operations).filter(([name]) =>
        /^Q|Conv|Add$|Relu|Clip/.test(name),
      );
      const { QuantizeLinear, ...others } = Object.fromEntries(counted);
      assert.deepEqual(others, kind.operations);
      assert.ok((QuantizeLinear ?? 0) <= 2);
      const far = expected.flatMap((row, i) => row.map((own, j) => Math.abs(own - (answer.probabilities[i]?.[j] ?? NaN)))); // prettier-ignore
      assert.ok(
        Math.max(...far) <= told.greatestDifference + 0.05,
        `${Math.max(...far)} ${told.greatestDifference}`,
      );
      const mean = far.reduce((sum, one) => sum + one / far.length, 0);
      assert.ok(Math.abs(mean - told.meanDifference) < 0.01, `${mean} ${told.meanDifference}`);
      const same = expected.filter(
        (row, i) => greatest(row) === greatest([...(answer.probabilities[i] ?? [])]),
      );
      assert.ok(
        Math.abs(same.length / kind.photos - told.agreement) <= 3 / kind.photos,
        `${same.length} ${told.agreement}`,
      );
      if (kind.steps > 0) assert.ok(told.agreement >= 0.9, String(told));
      const photo = tf.slice(photos, 0, 1);
      const first = onnxInput(root, photo);
      const [node] = runInNode(root, [{ file, feeds: [{ images: first }] }]);
      const single = node?.results[0]?.["probabilities"]?.numbers ?? [];
      for (const row of [single, answer.single])
        row.forEach((own, i) => assert.ok(Math.abs(own - (answer.probabilities[0]?.[i] ?? NaN)) < 0.02));
      assert.equal(single.length, 3);
      tf.dispose([photo, photos]);
      model.dispose();
    },
  );

/** Frozen SavedModels through TensorFlow's converter to TFLite: the same logits, and how far int8 is from them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  createInputFn,
  createPredictInputFn,
  type Dataset,
  exportSavedModel,
  memory,
  Model,
  representativeDataset,
  tf,
  type LabeledBatch,
  writeRecords,
  type ModelOptions,
} from "../../src";
import { renderPhotos } from "../../src/input";
import { createTrainStep, train } from "../../src/training";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = temporaryFolder("tflite");
const SIDE = 64;
const LABELS = ["bottle", "mug", "hat"];
const receiver = createPredictInputFn({ receive: "preprocessed" });
const sizes = { defaultImageSize: SIDE, fixedResizeSide: SIDE, seed: 3 } as const;

type Kind = "float32" | "float16" | "dynamic" | "int8";

/** What tflite.py prints of one model. */
interface Converted {
  readonly bytes: number;
  readonly operations: readonly string[];
  readonly input: readonly number[];
  readonly logits: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
  readonly labels: readonly string[];
}

/** Files for tflite.py. */
interface Request {
  readonly folder: string;
  readonly input: "image" | "preprocessed";
  readonly representative: string;
  readonly images: string;
  readonly kinds: readonly Kind[];
}

function convertedBy(requests: readonly Request[]): Readonly<Record<string, Converted>>[] {
  const file = join(root, "requests.json");
  writeFileSync(file, JSON.stringify(requests));
  const script = join(__dirname, "../../../test/deploy/tflite.py");
  const output = execFileSync(python ?? "", [script, file], {
    encoding: "utf8",
    env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- what tflite.py prints
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

/** The greatest difference of two lists of numbers. */
const apart = (some: readonly number[], others: readonly number[]): number =>
  some.length === others.length ? Math.max(...some.map((one, i) => Math.abs(one - (others[i] ?? NaN)))) : NaN; // prettier-ignore

const greatest = (numbers: readonly number[]): number => Math.max(...numbers.map(Math.abs));

const frozen = (model: Model, name: string): string =>
  exportSavedModel(model, join(root, name), { frozen: true, labels: LABELS, receiver });

/** One of each kind of networks, with windows padded in pixels around a maximum, which TFLite lacks, among them. */
const networks: readonly ModelOptions[] = [
  { architecture: "resnet_v1_14", source: "torchvision", width: 1 / 4 },
  { architecture: "resnet_v2_14", width: 1 / 4 },
  { architecture: "seresnet50", width: 1 / 4 },
  { architecture: "mobilenet_v2" },
  { architecture: "mobilenet_v3_small" },
  { architecture: "efficientnet_b0" },
  { architecture: "inception_v1" },
  { architecture: "convnext_tiny" },
];

/** A model for tflite.py, and the logits that it gives. */
interface Made {
  readonly request: Request;
  readonly logits: readonly number[];
}

/** Side of images that a network resizes itself. */
const WIDE = 80;

/** One that resizes what it receives, antialiased. */
async function resizing(): Promise<Made> {
  const model = new Model({ ...networks[0], ...sizes, interpolation: "bicubic", numClasses: LABELS.length });
  const images = tf.randomUniform<tf.Rank.R4>([3, WIDE, WIDE, 3], 0, 255, "float32", 1);
  const { file } = await representativeDataset(images, 3, { file: join(root, "resizing.npy") });
  const wide = createPredictInputFn({ receive: "images", side: WIDE });
  const folder = exportSavedModel(model, join(root, "resizing"), { frozen: true, labels: LABELS, receiver: wide });
  const logits = tf.tidy(() => [...model.predict(model.preprocess(images), { isTraining: false }).logits.dataSync()]);
  images.dispose();
  model.dispose();
  return { request: { folder, input: "image", representative: file, images: file, kinds: ["float32"] }, logits };
} // prettier-ignore

test(
  "each kind of network becomes TFLite's builtin operations, which give its logits",
  { skip },
  async () => {
    const before = memory().tensors;
    const made: Made[] = [];
    for (const options of networks) {
      const name = `${options.architecture ?? ""}`;
      const model = new Model({ ...options, ...sizes, numClasses: LABELS.length });
      const images = tf.randomUniform<tf.Rank.R4>([3, SIDE, SIDE, 3], 0, 255, "float32", 1);
      const { file } = await representativeDataset(images, 3, { model, file: join(root, `${name}.npy`) });
      const logits = tf.tidy(() => [...model.predict(model.preprocess(images), { isTraining: false }).logits.dataSync()]); // prettier-ignore
      made.push({ request: { folder: frozen(model, name), input: "preprocessed", representative: file, images: file, kinds: ["float32"] }, logits }); // prettier-ignore
      images.dispose();
      model.dispose();
    }
    made.push(await resizing());
    assert.equal(memory().tensors, before);
    const answers = convertedBy(made.map(({ request }) => request));
    for (const [i, { request, logits }] of made.entries()) {
      const { float32 } = answers[i] ?? {};
      const far = apart(float32?.logits.flat() ?? [], logits) / greatest(logits);
      assert.ok(far <= 1e-4, `${request.folder}: ${far}`);
      const side = request.input === "image" ? WIDE : SIDE;
      assert.deepEqual(float32?.input, [-1, side, side, 3]);
      assert.ok(!float32.operations.some((name) => /^Flex|^SHAPE$|^PADV2$|^IF$/.test(name)), float32.operations.join()); // prettier-ignore
    }
  },
);

/** How far the probabilities of photographs may be from the model's own. */
const TOLERANCES: Readonly<Record<Kind, number>> = { float32: 1e-4, float16: 0.01, dynamic: 0.1, int8: 0.1 };
const COUNT = 24;

/** A small classifier of rendered photos, and how its batches are read. */
async function trained(): Promise<{
  readonly model: Model;
  readonly labels: readonly string[];
  readonly read: (split: "train" | "validation") => Dataset<LabeledBatch>;
}> {
  const photos = join(root, "photos");
  await renderPhotos(photos, { perClass: 40, size: SIDE });
  const split = { train: 0.7, validation: 0.3 };
  const { labels } = await writeRecords(photos, join(root, "records"), { split });
  const read = (name: "train" | "validation"): Dataset<LabeledBatch> =>
    createInputFn(join(root, `records/photos_${name}_*`), {
      batchSize: name === "train" ? 16 : COUNT,
      numEpochs: name === "train" ? 0 : 1,
      shuffle: name === "train",
      seed: 1,
      transform: (image) => image.toFloat(),
    })();
  const learning = { numClasses: labels.length, isTraining: true, batchNormDecay: 0.9 };
  const model = new Model({ ...networks[0], ...sizes, ...learning });
  const step = createTrainStep(model, { learningRate: 0.05 });
  await train(step, read("train"), { steps: 100 });
  step.dispose();
  return { model, labels, read };
}

test(
  "a trained classifier keeps its classes in float16, with weights of int8 and in int8",
  { skip },
  async (t) => {
    const { model, labels, read } = await trained();
    const [{ image }, label] = await read("validation").first();
    const own = tf.tidy(() => {
      const { logits } = model.predict(model.preprocess(image), { isTraining: false });
      const { probabilities, classes } = model.postprocess({ logits });
      return { probabilities: [...probabilities.dataSync()], classes: [...classes.dataSync()] };
    });
    const right = own.classes.filter((one, i) => one === label.dataSync()[i]).length;
    t.diagnostic(`${right} of ${COUNT} right`);
    const requests: Request[] = [];
    for (const receive of ["preprocessed", "images"] as const) {
      const at = (name: string): string => join(root, `${receive}-${name}`);
      const given = { model, receive };
      const { file: representative } = await representativeDataset(read("train"), 32, { ...given, file: at("train.npy") }); // prettier-ignore
      const { file: images } = await representativeDataset(image, COUNT, { ...given, file: at("validation.npy") }); // prettier-ignore
      const folder = exportSavedModel(model, at("model"), { frozen: true, labels, receiver: createPredictInputFn({ receive, side: SIDE }) }); // prettier-ignore
      const input = receive === "images" ? "image" : receive;
      requests.push({
        folder,
        input,
        representative,
        images,
        kinds: ["float32", "float16", "dynamic", "int8"],
      });
    }
    for (const answer of convertedBy(requests)) {
      for (const [kind, tolerance] of Object.entries(TOLERANCES)) {
        const { bytes = 0, probabilities = [], labels: named = [] } = answer[kind] ?? {};
        const same = named.filter((name, i) => name === labels[own.classes[i] ?? 0]).length;
        const far = apart(probabilities.flat(), own.probabilities);
        t.diagnostic(`${kind}: ${bytes} bytes, ${same} of ${COUNT} classes, probabilities ${far}`);
        assert.ok(same >= COUNT - 1, `${kind}: ${same} of ${COUNT}`);
        assert.ok(far <= tolerance, `${kind}: ${far}`);
      }
      assert.ok((answer["int8"]?.bytes ?? NaN) < (answer["float32"]?.bytes ?? NaN) / 3);
    }
    tf.dispose([image, label]);
    model.dispose();
  },
);

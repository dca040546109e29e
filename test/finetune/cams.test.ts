import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bundleOf, type MimeBundle } from "../../src/display/bundle";
import { gradCam } from "../../src/explain";
import { showCamEvery, type CamWatch } from "../../src/finetune";
import { showCam } from "../../src/inspect";
import { VGG_MEANS } from "../../src/input";
import { Model } from "../../src/model";
import { readEvents, type EventPoint } from "../../src/summary";
import { memory, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  createTrainStep,
  train,
  type StepResult,
  type TrainOptions,
  type TrainStepOptions,
} from "../../src/training";
import { skip } from "../python";
import { readWithPython } from "../summary/python";
import { batchesOf, patternBatch } from "../training/thin";

const endpoint = "resnet_v1_14/block3";
const [{ image }, label] = patternBatch("watched", 2, 64);
const labels = [...label.dataSync()];

/** A small network to train. */
function smallModel(): Model {
  const sizes = { fixedResizeSide: 64, defaultImageSize: 64 };
  return new Model({ architecture: "resnet_v1_14", width: 1 / 16, numClasses: 5, ...sizes });
}

/** Trains a small network; frees it and the step when `work` is done. */
async function training(
  options: TrainStepOptions,
  work: (
    model: Model,
    steps: (count: number, callback: CamWatch, options?: TrainOptions) => Promise<unknown>,
  ) => Promise<void>,
): Promise<void> {
  const model = smallModel();
  const head = model.variables.expect("Predict/logits/weights");
  tf.tidy(() => void head.assign(head.mul(1e-3))); // for probabilities that are neither 0 nor 1
  const step = createTrainStep(model, options);
  const steps = (count: number, callback: CamWatch, more: TrainOptions = {}): Promise<unknown> =>
    train(step, batchesOf(...Array.from({ length: count }, (_, i) => String(i))), {
      callbacks: [callback],
      ...more,
    });
  try {
    await work(model, steps);
  } finally {
    step.dispose();
    model.dispose();
  }
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Of Python's [width, height, pixels]. */
function shapeOf(value: unknown): unknown {
  const [width, height, pixels]: readonly unknown[] = isList(value) ? value : [];
  const along = (one: unknown): number[] => (isList(one) ? [one.length, ...along(one[0])] : []);
  return [width, height, along(pixels)];
}

/** A figure's slider over steps. */
interface Slider {
  readonly steps: readonly {
    readonly label: string;
    readonly args: readonly [{ readonly z: readonly number[][][] }, Readonly<Record<string, string>>];
  }[];
}

/** The only one. */
function slidersOf(sliders: unknown): Slider {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- camSlider() makes it
  const [slider] = JSON.parse(JSON.stringify(sliders)) as [Slider];
  return slider;
}

/** A caption in lines. */
const broken = (caption = ""): string =>
  caption.replace("<", "&lt;").replace("explains ", "explains<br>").replace(" (is ", "<br>(is ");

/** What is expected of the model as it is. */
function captionsNow(model: Model): readonly string[] {
  return tf.tidy(() => {
    const preprocessed = model.preprocess(image);
    const cam = gradCam(model, preprocessed, { endpoint });
    const asked = { ...cam, predicted: cam.classes };
    return [...showCam(preprocessed, asked, { labels, means: VGG_MEANS }).captions];
  });
}

test("showCamEvery() shows where the model looks, before, while and after it learns", () =>
  training({ learningRate: 0.001 }, async (model, steps) => {
    const tensors = memory().tensors;
    const cams = showCamEvery(image, { everySteps: 2, labels, endpoint });
    assert.equal(bundleOf(cams)["text/plain"], "No heat maps yet: the training has not begun");
    const updates: MimeBundle[] = [];
    const update = (bundle: MimeBundle): void => void updates.push(bundle);
    bundleOf(cams, { publish: () => undefined, publishOnce: () => undefined, update });
    await steps(5, cams);
    assert.equal(updates.length, 4, "at first, after the steps 2 and 4, at last");
    assert.deepEqual(cams.looks.map(({ step }) => step), [0, 2, 4, 5]); // prettier-ignore
    assert.deepEqual(cams.gallery?.captions, captionsNow(model));
    assert.deepEqual(cams.looks.at(-1)?.captions, captionsNow(model));
    assert.match(
      String(updates.at(-1)?.["text/plain"]),
      /^Heat maps at 4 steps\nstep 0: explains .*\nstep 5: /,
    );
    assert.ok(JSON.stringify(updates.at(-1)).length < 1_000_000, "without plotly.js");
    assert.match(String(updates[1]?.["text/plain"]), /^Step 2: 2 images: explains class \d 0\.\d\d/);
    cams.dispose();
    assert.ok(memory().tensors - tensors <= 2, "but for the batch that is left open");
    await assert.rejects(steps(1, cams), { message: 'Cannot look at step 5: expected heat maps, got "Cannot show heat maps: expected photos, got disposed ones"' }); // prettier-ignore
    assert.throws(() => showCamEvery(image, { everySteps: 0 }), { message: "Cannot show heat maps: expected everySteps a whole number from 1 on, got 0" }); // prettier-ignore
  }));

const ways: Readonly<Record<string, TrainStepOptions>> = {
  momentum: { learningRate: 0.001 },
  Adam: { learningRate: 0.0005, optimizer: adamOptimizer() },
  "operation by operation": { learningRate: 0.001, eager: true },
  "two calls an update": { learningRate: 0.001, gradientAccumulation: 2 },
};
for (const [name, options] of Object.entries(ways))
  test(`its compiled maps are of the weights as each step leaves them: ${name}`, () =>
    training(options, async (model, steps) => {
      const folder = mkdtempSync(join(tmpdir(), "cams-"));
      const cams = showCamEvery(image, { everySteps: 1, endpoint, labels, logDir: folder });
      try {
        for (let i = 0; i < 3; i++) {
          await steps(2, cams);
          assert.deepEqual(cams.looks.at(-1)?.captions, captionsNow(model));
        }
        const all = cams.looks.map(({ captions }) => captions.join());
        assert.ok(new Set(all).size > 1, "probabilities change");
        const head = model.variables.expect("Predict/logits/weights");
        tf.tidy(() => void head.assign(head.abs().neg()));
        await steps(2, cams);
        assert.match(cams.looks.at(-1)?.captions[0] ?? "", /nothing speaks for the class$/);
      } finally {
        cams.dispose();
        rmSync(folder, { recursive: true });
      }
    }));

test("its event files have each photo under its heat by step, and what the captions say", () =>
  training({ learningRate: 0.001 }, async (_, steps) => {
    const folder = mkdtempSync(join(tmpdir(), "cams-"));
    const cams = showCamEvery(image, { everySteps: 2, endpoint, classIndex: [1, 3], size: 32, logDir: folder }); // prettier-ignore
    try {
      await steps(4, cams);
      const points: EventPoint[] = [];
      for await (const point of readEvents(folder)) points.push(point);
      assert.deepEqual([...new Set(points.map(({ run }) => run))], ["cams"]);
      for (const tag of ["cam/0", "cam/1", "cam"])
        assert.deepEqual([...new Set(points.filter((one) => one.tag === tag).map(({ step }) => step))], [0, 2, 4]); // prettier-ignore
      const pictures = points.flatMap((one) => (one.kind === "image" ? [one.value] : []));
      assert.deepEqual(pictures.map(({ width, height, files }) => [width, height, files.length]).at(-1), [32, 32, 1]); // prettier-ignore
      if (skip === false) {
        const { values } = await readWithPython(points[0]?.file ?? "");
        const { plugin, value } = values.find(({ tag, step }) => tag === "cam/1" && step === 2) ?? {};
        assert.equal(plugin, "images");
        assert.deepEqual(shapeOf(value), ["32", "32", [32, 32, 3]]);
      }
      const text = points.find(({ kind, step }) => kind === "text" && step === 4);
      const captions = cams.looks.at(-1)?.captions ?? [];
      assert.match(captions[1] ?? "", /^explains class 3 0\.\d\d$/);
      assert.equal(text?.kind === "text" && text.value, captions.map((one, i) => `- cam/${i}: ${one}`).join("\n")); // prettier-ignore
    } finally {
      cams.dispose();
      rmSync(folder, { recursive: true });
    }
  }));

test("all its looks are one figure with a slider over steps, also when the photos are freed and after an interrupt", () =>
  training({ learningRate: 0.001 }, async (_, steps) => {
    const cams = showCamEvery(image, {
      everySteps: 2,
      endpoint,
      labels,
      classNames: ["a", "b", "c", "d", "e<"],
    });
    assert.throws(() => cams.figure(), {
      message: "Cannot draw heat maps: expected looks at photos, got none: the training has not begun",
    });
    const stopping = new AbortController();
    const stop = {
      onStep: ({ globalStep }: StepResult) => void (globalStep === 3 && stopping.abort(new Error("stopped"))),
    };
    await assert.rejects(steps(4, cams, { callbacks: [cams, stop], signal: stopping.signal }), {
      message: "stopped",
    });
    assert.match(bundleOf(cams)["text/plain"], /^Heat maps at 2 steps\nstep 0: .*\nstep 2: /);
    await steps(1, cams);
    cams.dispose();
    const { data, layout } = cams.figure();
    assert.deepEqual(
      data.map(({ type }) => type),
      ["heatmap", "heatmap"],
    );
    const {
      steps: [first, ...others],
    } = slidersOf(layout["sliders"]);
    assert.deepEqual(
      [first, ...others].map((one) => one?.label),
      ["0", "2", "3", "4"],
    );
    const [{ z }, captions] = first?.args ?? assert.fail("no step");
    assert.deepEqual(
      [z.length, z.flat(2).every((heat) => heat >= 0 && heat <= 1), Math.max(...z.flat(2))],
      [2, true, 1],
    );
    assert.equal(captions["annotations[1].text"], broken(cams.looks[0]?.captions[1]));
    assert.notDeepEqual(others.at(-1)?.args[0].z, z);
  }));

test("many looks leave no tensors, and the first and the latest stay of them", () =>
  training({ learningRate: 1e-4 }, async (_, steps) => {
    const cams = showCamEvery(image, { everySteps: 1, endpoint });
    await steps(2, cams);
    const { tensors } = memory();
    await steps(98, cams);
    assert.equal(memory().tensors, tensors);
    const at = cams.looks.map(({ step }) => step);
    assert.ok(at.length <= 41, String(at));
    assert.deepEqual([at[0], at[1], at[2], at.at(-1)], [0, 4, 8, 100]);
    assert.deepEqual(
      at,
      at.toSorted((a, b) => a - b),
    );
    cams.dispose();
  }));

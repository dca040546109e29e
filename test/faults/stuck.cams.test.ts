/** Pictures of predictions and heat maps that said something untrue, or hid that they say nothing. */
import { bundleOf } from "../../src/display/bundle";
import { gradCam } from "../../src/explain";
import { showCamEvery, type ShowCamEveryOptions } from "../../src/finetune";
import { overlay, showBatch, showCam, type Gallery, type ShowBatchOptions } from "../../src/inspect";
import { RIGHT, WRONG } from "../../src/inspect/palette";
import type { Model } from "../../src/model";
import { memory, tf, trace } from "../../src/tensorflow";
import { createTrainStep, train } from "../../src/training";
import { batchesOf, patternBatch, thinModel } from "../training/thin";
import { testSituations } from "./table";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const endpoint = "resnet_v1_50/block1";
const classNames = ["ants", "bees", "wasps", "flies", "moths"];
const biases = [1, 3, 0, 0, 0];

/** Frees the tensors that are made meanwhile. */
function tidied<T>(work: () => T): T {
  tf.engine().startScope("cams");
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}

/** Works on two photos, with a model whose logits are `biases`, near enough: it predicts bees, of 0.82 and ants' 0.11. */
function explained<T>(
  work: (model: Model, images: tf.Tensor4D, photos: tf.Tensor4D) => T,
  logits = biases,
): T {
  const model = thinModel();
  const [{ image }, labels] = patternBatch("cams", 2);
  const [head, bias] = ["weights", "biases"].map((name) => model.variables.expect(`Predict/logits/${name}`));
  try {
    return tidied(() => {
      head?.assign(head.mul(1e-6));
      bias?.assign(tf.tensor1d(logits));
      return work(model, model.preprocess(image), image);
    });
  } finally {
    model.dispose();
    tf.dispose([image, labels]);
  }
}

/** Trains by two steps while two photos are looked at; frees all. */
async function watching(options: ShowCamEveryOptions, learningRate = 0.001): Promise<readonly number[]> {
  const model = thinModel();
  const step = createTrainStep(model, { learningRate });
  const [{ image }, labels] = patternBatch("cams", 2);
  const cams = showCamEvery(image, options);
  try {
    await train(step, batchesOf("a", "b"), { callbacks: [cams] });
    return cams.looks.map((look) => look.step);
  } finally {
    cams.dispose();
    step.dispose();
    model.dispose();
    tf.dispose([image, labels]);
  }
}

const said = ({ captions, notes }: Gallery): readonly string[] => [...captions, ...notes];
const coloursOf = (gallery: Gallery): readonly string[] =>
  [...String(bundleOf(gallery)["text/html"]).matchAll(/figcaption style="(?:color:([^;]*);)?/g)].map(
    ([, colour]) => colour ?? "",
  );
/** Two black photos under these maps. */
const shown = (...maps: readonly (readonly (readonly number[])[])[]): Gallery =>
  tidied(() =>
    showCam(tf.zeros([maps.length, 8, 8, 3]), tf.tensor3d(maps.map((map) => map.map((row) => [...row])))),
  );
const captioned = (options: ShowBatchOptions): readonly string[] =>
  tidied(() => showBatch(tf.zeros([2, 4, 4, 3]), options).captions);

const own = "Each image has its own scale: 1 is the greatest value of its map.";
const small = "A map of 1 x 1 does not say where: explain by a lower endpoint, which has more pixels.";
const peak = [
  [0, 1],
  [0, 0],
];

testSituations([
  {
    name: "A class that was asked for is explained, with its probability: no mistake where another was predicted",
    situation: () =>
      explained((model, images, photos) => {
        const cam = gradCam(model, images, { endpoint, classIndex: 0 });
        const gallery = showCam(photos, cam, { labels: [0, 1], classNames });
        return [gallery.captions, coloursOf(gallery)];
      }),
    expected: [
      ["explains ants 0.11", "explains ants 0.11 (is bees)"],
      ["", ""],
    ],
  },
  {
    name: "… nor where it is the one predicted, compiled too",
    situation: () =>
      explained(
        (model, images, photos) => {
          const compiled = trace((one: tf.Tensor4D) => gradCam(model, one, { endpoint, classIndex: 1 }));
          const { captions } = showCam(photos, compiled.sync(images), { labels: [0, 1], classNames });
          compiled.dispose();
          return captions;
        },
        [0, 7, 0, 0, 0],
      ),
    expected: ["explains bees >0.99 (is ants)", "explains bees >0.99"],
  },
  {
    name: "A prediction is right or a mistake, without being told it again",
    situation: () =>
      explained((model, images, photos) => {
        const gallery = showCam(photos, gradCam(model, images, { endpoint }), { labels: [0, 1], classNames });
        return [gallery.captions, coloursOf(gallery)];
      }),
    expected: [
      ["bees ✗ (is ants)", "bees ✓"],
      [WRONG.light, RIGHT.light],
    ],
  },
  {
    name: "Predictions given to showCam(), which may be classes that were asked for, are refused",
    situation: () =>
      tidied(() => {
        const options = { labels: [0], predictions: [1] };
        return showCam(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 2, 2]), options);
      }),
    expected:
      /^Cannot show heat maps: expected no predictions, got some: give showCam\(\) all that gradCam\(\) gave/,
  },
  {
    name: "Probabilities of NaN predict nothing, though their argmax is class 0",
    situation: () =>
      explained(
        (model, images, photos) => [
          showCam(photos, gradCam(model, images, { endpoint }), { labels: [0, 0], classNames }).captions,
          showCam(photos, gradCam(model, images, { endpoint, classIndex: 2 }), { classNames }).captions,
        ],
        [NaN, 1, 1, 1, 1],
      ),
    expected: [
      ["no prediction: NaN (is ants)", "no prediction: NaN (is ants)"],
      ["explains wasps NaN", "explains wasps NaN"],
    ],
  },
  {
    name: "A map of zeros says that nothing speaks for the class",
    situation: () =>
      explained((model, images, photos) => {
        const head = model.variables.expect("Predict/logits/weights");
        head.assign(head.abs().neg());
        return showCam(photos, gradCam(model, images, { classIndex: 3 })).captions;
      }),
    expected: [
      "explains class 3 0.04: nothing speaks for the class",
      "explains class 3 0.04: nothing speaks for the class",
    ],
  },
  {
    name: "A map that is the same everywhere says so, beside one that is not",
    situation: () =>
      said(
        shown(peak, [
          [1, 1],
          [1, 1],
        ]),
      ),
    expected: ["", "the same heat everywhere", own],
  },
  {
    name: "A map of 1 x 1 hints at a lower endpoint, in a terminal too",
    situation: () => bundleOf(shown([[1]], [[0]]))["text/plain"],
    expected: `2 images: image 1: nothing speaks for the class\n${own}\n${small}`,
  },
  {
    name: "The legend says that each image has its own scale, on the page and in a terminal",
    situation: () => {
      const bundle = bundleOf(shown(peak, peak));
      return [String(bundle["text/html"]).includes(own), bundle["text/plain"]];
    },
    expected: [true, `2 images\n${own}`],
  },
  {
    name: "Maps on one scale are not said to have their own",
    situation: () =>
      shown(peak, [
        [0.5, 0],
        [0, 0],
      ]).notes,
    expected: ["Heat is on one scale for all images."],
  },
  {
    name: "NaN in a map is not drawn as if it were heat",
    situation: () => shown(peak, [[NaN, 1]].concat([[0, 0]])),
    expected: /^Cannot overlay heat maps: expected heat in 0…1, got NaN in map 1: the model's activations/,
  },
  {
    name: "Maps that were not divided by their greatest value are not drawn as if all were hot",
    situation: () =>
      shown([
        [0, 255],
        [-3, 7],
      ]),
    expected:
      /^Cannot overlay heat maps: expected heat in 0…1, got values from -3 to 255 in map 0: take tf\.relu\(\)/,
  },
  {
    name: "overlay() is traced as before, and leaves nothing",
    situation: async () => {
      const before = memory().tensors;
      const [images, maps] = [tf.ones<tf.Rank.R4>([1, 4, 4, 3]), tf.ones<tf.Rank.R3>([1, 2, 2])];
      const compiled = trace((x: tf.Tensor4D, heat: tf.Tensor3D) => overlay(x, heat));
      tf.dispose([await compiled(images, maps), images, maps]);
      compiled.dispose();
      return memory().tensors - before;
    },
    expected: 0,
  },
  {
    name: "A label below 0 is unknown: its prediction is no mistake",
    situation: () => captioned({ labels: [-1, 0], predictions: [0, 0], classNames: ["ants"] }),
    expected: ["ants?", "ants ✓"],
  },
  {
    name: "A class without a name among names is refused: they are of other classes",
    situation: () => captioned({ labels: [0, 2], classNames: ["ants", "bees"] }),
    expected: /^Cannot caption image 1: expected a name for class 2, got 2 names$/,
  },
  {
    name: "As many names as classes are asked of those who explain a model, whatever it predicts",
    situation: () =>
      explained((model, images, photos) =>
        showCam(photos, gradCam(model, images, { endpoint }), { classNames: ["background", ...classNames] }),
      ),
    expected: /^Cannot caption images: expected a name for each of the model's 5 classes, got 6$/,
  },
  {
    name: "One-hot labels and probabilities are not read as the classes of other images",
    situation: () => captioned({ labels: tf.oneHot([1, 0], 3) }),
    expected:
      /^Cannot caption images: expected one label an image, \[batch\], got \[2, 3\]: take tf\.argMax\(…, 1\)/,
  },
  {
    name: "A probability is no prediction",
    situation: () => captioned({ predictions: [0.9, 0.2] }),
    expected: /^Cannot caption image 0: expected a prediction that is a whole number, got 0\.9$/,
  },
  {
    name: "A label for each image, as a column, is still taken",
    situation: () => captioned({ labels: tf.tensor2d([1, 0], [2, 1], "int32") }),
    expected: ["class 1", "class 0"],
  },
  {
    name: "A look while a model learns that fails names the step, whatever it was: an unknown endpoint",
    situation: () => watching({ endpoint: "block9" }),
    expected:
      /^Cannot look at step 0: expected heat maps, got "Cannot explain by endpoint "block9": expected/,
  },
  {
    name: "… classes for other images",
    situation: () => watching({ classIndex: [1] }),
    expected:
      /^Cannot look at step 0: expected heat maps, got "Cannot explain classes: expected one for each of 2/,
  },
  {
    name: "… a folder for event files that is a file",
    situation: () => watching({ endpoint, logDir: __filename }),
    expected: /^Cannot look at step 0: expected heat maps, got "Cannot write events to /,
  },
  {
    name: "… weights that a step has made NaN, before the next step tells of its loss",
    situation: () => watching({ endpoint, everySteps: 1 }, 1e30),
    expected: /^Cannot look at step 1: expected heat maps, got .*expected finite values/,
  },
]);

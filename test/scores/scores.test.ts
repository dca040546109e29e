import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import type { ExplanationMethod as Method } from "../../src/explain";
import { renderedBox, renderPhoto } from "../../src/input";
import type { Model } from "../../src/model/model";
import { road, scoreExplanations, type BoxedBatch, type ExplanationMetric } from "../../src/scores";
import { memory, tf } from "../../src/tensorflow";
import { thinModel } from "./maps";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const SEEDS = [1, 2, 3, 4];
const ENDPOINT = "resnet_v1_14/block2";
const photo = (seed: number): { readonly size: number; readonly seed: number } => ({ size: 64, seed });

/** Four photos of bottles, with their boxes. */
function bottles(): BoxedBatch {
  const image = tf.tidy(() => tf.stack(SEEDS.map((seed) => renderPhoto("bottle", photo(seed)))).as4D(4, 64, 64, 3)); // prettier-ignore
  const sides = SEEDS.map((seed) => {
    const { top, left, bottom, right } = renderedBox("bottle", photo(seed));
    return [top, left, bottom, right];
  });
  return [{ image, box: tf.tensor2d(sides) }, tf.tensor1d([0, 1, 2, 0], "int32")];
}

async function* halves([{ image, box }, labels]: BoxedBatch): AsyncGenerator<BoxedBatch> {
  for (const half of [0, 1]) {
    const boxes = box === undefined ? {} : { box: tf.slice(box, [2 * half, 0], [2, 4]) };
    yield await Promise.resolve([
      { image: tf.slice(image, [2 * half, 0, 0, 0], [2, 64, 64, 3]), ...boxes },
      tf.slice(labels, [2 * half], [2]),
    ] as const);
  }
}

const weightsOf = (model: Model): readonly (readonly number[])[] =>
  model.variables.all().map(({ variable }) => [...variable.dataSync()]);

test("scoreExplanations() measures methods and a random map by all metrics, and keeps nothing", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const [weights, before] = [weightsOf(model), memory().tensors];
  const told: { readonly done: number; readonly total: number | undefined }[] = [];
  const scores = await scoreExplanations(model, batch, {
    ...{ endpoint: ENDPOINT, chunk: 16 },
    onProgress: (progress) => told.push(progress),
  });
  assert.equal(memory().tensors, before);
  assert.deepEqual(weightsOf(model), weights);
  assert.deepEqual(scores.methods, ["gradCam", "hiResCam", "randomCam"]);
  assert.equal(scores.count, 4);
  const names = ["road", "deletion", "insertion", "hit", "inside", "randomized"];
  for (const method of scores.methods) {
    assert.deepEqual(Object.keys(scores.means[method] ?? {}), names);
    for (const name of names) {
      const values = [...(scores.photos[method]?.[name] ?? [])];
      assert.equal(values.length, 4, `${method} ${name}`);
      const mean = values.reduce((sum, one) => sum + one / 4, 0);
      assert.ok(Math.abs(mean - (scores.means[method]?.[name] ?? NaN)) < 1e-9, `${method} ${name} ${mean}`);
    }
  }
  assert.deepEqual(told.at(-1), {
    done: 3 * 4 * (1 + 18 + 51 + 51 + 6),
    total: 3 * 4 * (1 + 18 + 51 + 51 + 6),
  });
  assert.match(
    String(scores.table()),
    /^Explanations of 4 photos[^]*method +road ↑ +deletion ↓ +insertion ↑ +hit ↑/,
  );
  const { "image/png": png, "text/html": html } = bundleOf(scores);
  assert.ok(typeof png === "string" && typeof html === "string" && html.includes("<table>"));
  assert.match(JSON.stringify(scores.figure()), /better than randomCam on \d of 4 photos/);
  assert.ok("image/png" in bundleOf(scores.curve("deletion")));
  assert.throws(() => scores.curve("delete"), { message: /^Cannot draw curve "delete": expected one of most relevant/ }); // prettier-ignore
  model.dispose();
});

test("scoreExplanations() is the same batch by batch", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const options = {
    endpoint: ENDPOINT,
    metrics: ["pointingGame", "deletion"],
    methods: ["gradCam"],
  } as const;
  const whole = await scoreExplanations(model, batch, options);
  const parts = await scoreExplanations(model, halves(batch), options);
  for (const name of ["hit", "inside", "deletion"])
    whole.photos["gradCam"]?.[name]?.forEach((value, i) =>
      assert.ok(Math.abs(value - (parts.photos["gradCam"]?.[name]?.[i] ?? NaN)) < 1e-4, `${name} ${i}`),
    );
  assert.deepEqual(parts.methods, ["gradCam", "randomCam"]);
});

test("agreement is of each method with itself 1", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const methods = ["gradCam", "gradCam"] as const;
  const { agreement } = await scoreExplanations(model, batch, { endpoint: ENDPOINT, metrics: [], methods });
  assert.deepEqual(agreement.methods, ["gradCam", "gradCam 2", "randomCam"]);
  for (const matrix of [agreement.rankCorrelation, agreement.overlap]) {
    assert.ok(Math.abs((matrix[0]?.[0] ?? NaN) - 1) < 1e-9);
    assert.ok(Math.abs((matrix[0]?.[1] ?? NaN) - 1) < 1e-9 || matrix[0]?.[1] === 0);
    assert.equal(matrix[0]?.[2], matrix[2]?.[0]);
    assert.ok(Math.abs(matrix[0]?.[2] ?? NaN) < 1);
  }
  assert.ok("image/png" in bundleOf(agreement));
});

test("boxes may be told by a function, as parts of the whole photo; what is cropped away counts for nothing", async () => {
  const model = thinModel();
  const image = tf.tidy(() => renderPhoto("mug", photo(5)).pad([[0, 0], [32, 32], [0, 0]]).expandDims<tf.Tensor4D>()); // prettier-ignore
  const asked: (readonly [number, string | undefined])[] = [];
  const boxed = async (left: number, right: number): Promise<Record<string, number> | undefined> => {
    const scores = await scoreExplanations(model, [{ image }, tf.tensor1d([0], "int32")], {
      ...{ endpoint: ENDPOINT, methods: ["gradCam"], metrics: ["pointingGame"] },
      boxes: (number, filename) => {
        asked.push([number, filename]);
        return { top: 0, bottom: 1, left, right };
      },
    });
    return scores.means["randomCam"];
  };
  assert.deepEqual(await boxed(0.25, 0.75), { hit: 1, inside: 1 }); // all that the network sees of 64 x 128
  assert.deepEqual(await boxed(0, 0.25), { hit: NaN, inside: NaN });
  assert.deepEqual(asked, [[0, undefined], [0, undefined]]); // prettier-ignore
});

/** Heat in one cell alone. */
const oneCell: Method = {
  name: "oneCell",
  of: "endpoint",
  values: ({ activation: { shape } }) =>
    tf.tidy(() => {
      const cell = tf.oneHot([CELL[0] * shape[2] + CELL[1]], shape[1] * shape[2]).toFloat();
      return tf.tile(cell.reshape([1, shape[1], shape[2]]), [shape[0], 1, 1]);
    }),
};
const CELL = [1, 2] as const;

test("heat is placed where its cells look before anything is measured; placement: resize spreads it evenly", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const hottest: number[][] = [];
  const watching: ExplanationMetric = {
    name: "hottest",
    columns: [],
    passes: () => 0,
    open: () => ({
      judge: ({ heat: [map = new Float32Array()] }) => {
        const pixel = map.indexOf(Math.max(...map));
        hottest.push([Math.floor(pixel / 64), pixel % 64]);
        return { scores: {} };
      },
      dispose: () => undefined,
    }),
  };
  const options = { endpoint: ENDPOINT, metrics: [watching], methods: [oneCell] };
  await scoreExplanations(model, batch, options);
  await scoreExplanations(model, batch, { ...options, placement: "resize" });
  const { start, stride } = model.fieldOfView(ENDPOINT);
  const looks = CELL.map((cell, i) => Math.round((start[i] ?? NaN) + stride * cell));
  assert.deepEqual(hottest[0], looks);
  assert.deepEqual(
    hottest[2],
    CELL.map((cell) => (cell + 0.5) * stride - 1),
  ); // the first of two as near to the middle
});

test("a method that knows where the thing is hits each box of rendered photos, and has all heat inside", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const knowing: Method = {
    name: "knowing",
    of: "pixels",
    values: () =>
      tf.tidy(() =>
        tf.stack(
          SEEDS.map((seed) => {
            const { top, left, bottom, right } = renderedBox("bottle", photo(seed));
            const isIn = (i: number, from: number, to: number): number =>
              Number(i + 0.5 > 64 * from && i + 0.5 < 64 * to);
            return tf.tensor2d(Array.from({ length: 64 }, (_, y) => Array.from({ length: 64 }, (_, x) => isIn(y, top, bottom) * isIn(x, left, right)))); // prettier-ignore
          }),
        ),
      ),
  };
  const { means } = await scoreExplanations(model, batch, { methods: [knowing], metrics: ["pointingGame"] });
  assert.deepEqual(means["knowing"], { hit: 1, inside: 1 });
  assert.ok((means["randomCam"]?.["inside"] ?? NaN) < 1);
});

test("an interrupt ends it between two chunks, and leaves the model as it was", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const [weights, before] = [weightsOf(model), memory().tensors];
  const controller = new AbortController();
  let calls = 0;
  const work = scoreExplanations(model, batch, {
    ...{ endpoint: ENDPOINT, metrics: ["randomization"], signal: controller.signal },
    onProgress: () => {
      if (++calls === 4) controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(work, { message: "enough" });
  assert.deepEqual(weightsOf(model), weights);
  assert.equal(memory().tensors, before);
});

test("scoreExplanations() refuses what it cannot measure, and keeps nothing", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const before = memory().tensors;
  const refused = (
    options: Parameters<typeof scoreExplanations>[2],
    message: RegExp,
    input = batch,
  ): Promise<void> => assert.rejects(scoreExplanations(model, input, options), { message });
  const unboxed: BoxedBatch = [{ image: batch[0].image }, batch[1]];
  await refused(
    { metrics: ["pointingGame"] },
    /^Cannot score explanations by pointingGame: expected boxes/,
    unboxed,
  );
  await refused(
    { metrics: [road(), "road"] },
    /^Cannot score explanations: expected each metric once, got "road" twice/,
  );
  const inputFn: unknown = () => halves(batch);
  await assert.rejects(
    async () => void (await Reflect.apply(scoreExplanations, undefined, [model, inputFn])),
    /^TypeError: Cannot score explanations: expected a dataset of batches, got a function; call it for its dataset/,
  );
  await refused({ endpoint: "block2" }, /^Cannot explain by endpoint "block2"/);
  await refused({ chunk: 0 }, /^Cannot score explanations: expected chunk a whole number from 1 on, got 0/);
  const turned = { top: 0.5, bottom: 0.2, left: 0, right: 1 };
  await refused({ boxes: () => turned }, /^Cannot score explanations: expected a box of shares of the photo/);
  assert.equal(memory().tensors, before);
});

test("a network that has diverged is refused, not measured", async () => {
  const [model, batch] = [thinModel(), bottles()];
  const biases = model.variables.expect("Predict/logits/biases");
  tf.tidy(() => biases.assign(tf.fill(biases.shape, NaN)));
  const before = memory().tensors;
  const work = scoreExplanations(model, batch, { endpoint: ENDPOINT, metrics: ["deletion"] });
  await assert.rejects(work, {
    message: /^Cannot score explanations: expected finite probabilities, got NaN/,
  });
  assert.equal(memory().tensors, before);
});

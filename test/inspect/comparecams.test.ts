import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { compareCams } from "../../src/inspect/comparecams";
import { memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const photos = (): tf.Tensor4D => tf.fill<tf.Rank.R4>([2, 40, 80, 3], 100);

function maps(side: number, value: number): { heatmaps: tf.Tensor3D; rows: number[]; columns: number[] } {
  const at = Array.from({ length: side }, (_, i) => (i + 0.25) / side);
  return { heatmaps: tf.fill<tf.Rank.R3>([2, side, side], value), rows: at, columns: at };
}

/** A value by a path of keys. */
function at(given: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), given); // prettier-ignore
}

test("compareCams() has a stop of its slider for each explanation, each with its cells and captions", () => {
  const before = memory().tensors;
  const [images, one, other] = [photos(), maps(4, 1), maps(200, 0)];
  const probabilities = tf.tensor2d([[0.25, 0.75], [0.5, 0.5]]); // prettier-ignore
  const asked = { ...one, classes: [1, 0], predicted: [1, 1], probabilities };
  const figure = compareCams(images, { first: asked, "second <b>": other }, { classNames: ["hat", "shoes"] });
  tf.dispose([images, one.heatmaps, other.heatmaps, probabilities]);
  assert.equal(memory().tensors, before);
  const slider = at(figure.layout, "sliders", 0);
  assert.deepEqual(
    [0, 1].map((i) => at(slider, "steps", i, "label")),
    ["first", "second <b>"],
  );
  assert.equal(
    at(figure.layout, "annotations", 0, "text"),
    "explains<br>shoes 0.75:<br>the same heat everywhere",
  );
  const [data, texts] = [at(slider, "steps", 1, "args", 0), at(slider, "steps", 1, "args", 1)];
  assert.match(String(at(texts, "annotations[0].text")), /nothing speaks for the class/);
  // 200 cells are put together by four; heat at both edges is added.
  assert.equal(at(data, "z", 0, "length"), 52);
  assert.deepEqual([at(data, "x", 0, "length"), at(data, "x", 1, 51)], [52, 80]);
  assert.deepEqual(figure.data[0]?.["x"], [0, 5, 25, 45, 65, 80]);
  const bundle = bundleOf(figure);
  assert.ok(bundle["image/png"] !== undefined);
  assert.match(String(bundle["text/plain"]), /^Heat maps of 2 photos\nfirst: explains shoes 0\.75: the same heat everywhere, /); // prettier-ignore
  assert.throws(() => compareCams(photos(), {}), {
    message: "Cannot compare heat maps: expected one or more, got none",
  });
});

test("compareCams() draws lines at heats over each photo, which follow the slider", () => {
  const [images, one, other] = [photos(), maps(4, 1), maps(6, 0.5)];
  const figure = compareCams(images, { one, other }, { contour: [0.7], alpha: 0 });
  const kinds = figure.data.map(({ type }) => type);
  assert.deepEqual(kinds, ["heatmap", "heatmap", "contour", "contour", "contour", "contour"]);
  assert.deepEqual(figure.data[5]?.["xaxis"], "x2");
  const step = at(figure.layout, "sliders", 0, "steps", 1, "args", 0);
  assert.deepEqual(at(step, "z", 5), at(step, "z", 1));
  assert.deepEqual([at(step, "z", "length"), at(step, "x", "length")], [6, 6]);
  tf.dispose([images, one.heatmaps, other.heatmaps]);
});

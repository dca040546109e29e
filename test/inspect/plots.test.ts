import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf, type MimeBundle } from "../../src/display/bundle";
import { lossCurve } from "../../src/inspect/plots";

function createContext() {
  const updates: MimeBundle[] = [];
  return {
    updates,
    publish: () => undefined,
    publishOnce: () => undefined,
    update: (bundle: MimeBundle) => void updates.push(bundle),
  };
}

test("lossCurve() draws loss on the left axis and accuracy on the right, gaps for NaN", () => {
  const curve = lossCurve({ title: "Training" });
  curve.add(1, { loss: 2, accuracy: 0.5 });
  curve.add(2, { loss: NaN, accuracy: 0.75 });
  const { data, layout } = curve.figure();
  assert.deepEqual(data, [
    { type: "scatter", mode: "lines", name: "loss", x: [1, 2], y: [2, null] },
    {
      type: "scatter",
      mode: "lines",
      name: "accuracy",
      x: [1, 2],
      y: [0.5, 0.75],
      yaxis: "y2",
      line: { dash: "dot" },
    },
  ]);
  assert.deepEqual(layout["title"], { text: "Training" });
  assert.deepEqual(layout["yaxis"], { title: { text: "loss" }, rangemode: "tozero" });
});

test("lossCurve() refreshes what is shown at most once a period, and at last when done", async () => {
  const curve = lossCurve({ refreshMs: 400 });
  curve.add(0, { loss: 9 });
  const context = createContext();
  const first = bundleOf(curve, context);
  assert.match(first["text/plain"], /loss \(1 point, last 9\)/);
  for (let step = 1; step <= 50; step++) curve.add(step, { loss: 50 - step });
  assert.equal(context.updates.length, 1);
  await new Promise((done) => setTimeout(done, 500));
  assert.equal(context.updates.length, 2);
  assert.match(context.updates[1]?.["text/plain"] ?? "", /loss \(51 points, last 0\)/);
  curve.add(51, { loss: 7 });
  curve.add(52, { loss: 8 });
  curve.done();
  assert.match(context.updates.at(-1)?.["text/plain"] ?? "", /loss \(53 points, last 8\)/);
  assert.ok(context.updates.length <= 4);
});

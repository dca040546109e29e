/** Training in bfloat16: what stays float32, and how near its steps are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALONE } from "../../src/distribute";
import type { Model } from "../../src/model";
import { memory, tf, type Precision } from "../../src/tensorflow";
import { createEvalStep, createTrainStep, evaluate, type TrainStep } from "../../src/training";
import { patternVariable } from "../patterns";
import { nodesOf, takersOf, typeOf } from "../tensorflow/graphs";
import { batchesOf, patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const SIDE = 64; // of which no layer is left a single pixel

const modelOf = (): Model => thinModel({ fixedResizeSide: SIDE, defaultImageSize: SIDE });

/** The operations of a step that may compute in bfloat16. */
const REDUCED = [
  ...["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter", "MatMul", "Reshape", "Shape", "Pad", "PadV2"],
  ...[
    "SlimlabMoments",
    "SlimlabNormalize",
    "SlimlabNormalizeGrad",
    "FusedBatchNormV3",
    "FusedBatchNormGradV3",
  ],
  ...["Relu", "ReluGrad", "BiasAdd", "Add", "AddV2", "AddN", "MaxPool", "MaxPoolGrad", "Identity"],
];

test("a step in bfloat16 computes losses, softmax, means, sums, moments and the update in float32", async () => {
  const model = modelOf();
  const step = createTrainStep(model, { precision: "bfloat16", gradientNorms: true });
  const [{ image }, label] = patternBatch("precision", 4, SIDE);
  await step(image, label);
  const nodes = nodesOf(step.graph());
  const reduced = nodes.filter((node) => typeOf(node) === "bfloat16");
  const count = (op: string): number => reduced.filter((node) => node.op === op).length;
  assert.deepEqual([...new Set(reduced.map(({ op }) => op))].filter((op) => !REDUCED.includes(op)), []); // prettier-ignore
  assert.equal(count("Conv2D"), 53); // all but the logits
  assert.equal(count("Conv2DBackpropInput"), 52); // of all but the first
  const kinds = ["SlimlabMomentum", "L2Loss", "Mean", "Sum", "LogSoftmax", "BiasAddGrad"];
  assert.deepEqual(nodes.filter((node) => kinds.includes(node.op) && typeOf(node) === "bfloat16"), []); // prettier-ignore
  const names = model.variables.all().map(({ name }) => name).filter((name) => name.endsWith("conv1/weights")); // prettier-ignore
  assert.ok(names.length > 10);
  for (const name of names) assert.equal(takersOf(nodes, name).filter((op) => op === "Cast").length, 1, name);
  for (const { name, dtype } of [
    ...model.variables.all().map(({ variable }) => variable),
    ...Object.values(step.slots),
  ])
    // prettier-ignore
    assert.equal(dtype, "float32", name);
  assert.deepEqual(step.signatures().map(({ precision }) => precision), ["bfloat16"]); // prettier-ignore
  step.dispose();
  model.dispose();
  tf.dispose([image, label]);
});

test("steps in bfloat16 learn as those in float32 do, and leave nothing behind", async () => {
  const before = memory();
  const batches = ["a", "b"].map((name) => patternBatch(name, 8, SIDE));
  const run = async (precision: Precision): Promise<{ losses: number[]; weights: number[] }> => {
    const model = modelOf();
    const step = createTrainStep(model, { precision, learningRate: 0.03 });
    const losses = await lossesOf(step);
    const [first] = model.variables.all();
    assert.ok(first !== undefined);
    const weights = valuesOf(first.variable);
    step.dispose();
    model.dispose();
    return { losses, weights };
  };
  const lossesOf = async (step: TrainStep): Promise<number[]> => {
    const losses: number[] = [];
    for (let i = 0; i < 12; i++)
      for (const [{ image }, label] of batches) losses.push((await step(image, label)).crossEntropy);
    return losses;
  };
  const [full, reduced] = [await run("float32"), await run("bfloat16")];
  const last = ({ losses }: typeof full): number => Math.max(...losses.slice(-2));
  assert.ok(last(full) < 0.2 && last(reduced) < 0.2, `${last(full)} and ${last(reduced)}`);
  assert.notDeepEqual(full.weights, reduced.weights);
  for (const [{ image }, label] of batches) tf.dispose([image, label]);
  assert.deepEqual(memory(), before);
});

test("a precision that is none, or of an eager step, is refused", () => {
  const model = modelOf();
  // @ts-expect-error -- JavaScript may give any
  assert.throws(() => createTrainStep(model, { precision: "float16" }), {
    name: "RangeError",
    message: 'Cannot create train step: expected precision "float32", "bfloat16" or "auto", got "float16"',
  });
  assert.throws(() => createTrainStep(model, { precision: "bfloat16", eager: true }), {
    name: "TypeError",
    message: 'Cannot create train step: expected precision "float32" of an eager one, got "bfloat16"',
  });
  model.dispose();
});

test("an evaluation in bfloat16 is near that in float32, by convolutions with folded batch normalization", async () => {
  const model = thinModel({ fixedResizeSide: SIDE, defaultImageSize: SIDE, isTraining: false });
  for (const { name, variable } of model.variables.all())
    tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
  const [{ image }, label] = patternBatch("evaluation", 8, SIDE);
  const run = async (precision: Precision): Promise<number[]> => {
    const step = createEvalStep(model, { precision });
    const { probabilities, losses, classes } = await step(image, label);
    assert.deepEqual(step.signatures().map((one) => one.precision), [precision]); // prettier-ignore
    const values = valuesOf(probabilities);
    step.dispose();
    tf.dispose([probabilities, losses, classes]);
    return values;
  };
  const [full, reduced] = [await run("float32"), await run("bfloat16")];
  const furthest = Math.max(...full.map((value, i) => Math.abs(value - (reduced[i] ?? NaN))));
  assert.ok(furthest > 0 && furthest < 0.02, String(furthest));
  const options = { precision: "bfloat16" } as const;
  const { loss } = await evaluate(model, batchesOf("evaluation"), options);
  const exact = await evaluate(model, batchesOf("evaluation"));
  assert.ok(loss !== exact.loss && Math.abs(loss - exact.loss) < 0.02 * exact.loss, `${loss}, ${exact.loss}`);
  model.dispose();
  tf.dispose([image, label]);
});

test('a step with precision "auto" is measured alone, and refused in a cluster', () => {
  const model = modelOf();
  const cluster = { ...ALONE, size: 2 };
  assert.throws(() => createTrainStep(model, { precision: "auto", cluster }), {
    name: "TypeError",
    message: /in a cluster, whose processes might choose differently, got "auto"$/,
  });
  const step = createTrainStep(model, { precision: "auto" });
  assert.deepEqual(step.signatures(), []);
  step.dispose();
  model.dispose();
});

import type { tf } from "../../tensorflow";

/** What metrics are made from: each metric takes what it needs and leaves the rest. */
export interface MetricInputs {
  /** int32 [batch], the true class of each example; of multiLabelMetrics() float32 [batch, classes], 1 for each class it has. */
  readonly labels?: tf.Tensor | undefined;
  /** int32 [batch], the predicted classes, −1 for none. @default the likeliest by `probabilities`, the first of equals; −1 if one is NaN */
  readonly classes?: tf.Tensor | undefined;
  /** float32 [batch, classes], or [batch] as the probability of "true" where there are two classes. */
  readonly probabilities?: tf.Tensor | undefined;
  /** float32 or int32, [batch] or a scalar: how much each example counts. @default 1 */
  readonly weights?: tf.Tensor | undefined;
  /** What a meanMetric() is the mean of, by the name it was given: `loss`, for example. */
  readonly [value: string]: tf.Tensor | undefined;
}

/** The contents of a tensor, read. */
export interface Read {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Tensors that several metrics are being updated with, and their contents once one has asked for them. */
const shared = new WeakMap<tf.Tensor, { values?: Promise<ArrayLike<number>> }>();

/** Runs updates of several metrics with the same inputs, so that each tensor is read once at most. */
export async function readingOnce<T>(inputs: MetricInputs, updates: () => Promise<T>): Promise<T> {
  const mine = Object.values(inputs).filter((tensor) => tensor !== undefined && !shared.has(tensor));
  for (const tensor of mine) if (tensor !== undefined) shared.set(tensor, {});
  try {
    return await updates();
  } finally {
    for (const tensor of mine) if (tensor !== undefined) shared.delete(tensor);
  }
}

function valuesOf(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  const place = shared.get(tensor);
  if (place === undefined) return tensor.data();
  return (place.values ??= tensor.data());
}

/** The error of an input that a metric cannot take. */
export function inputError(metric: string, expected: string, got: tf.Tensor | undefined): TypeError {
  const found = got === undefined ? "none" : `${got.dtype} [${got.shape.join(", ")}]`;
  return new TypeError(`Cannot update ${metric}: expected ${expected}, got ${found}`);
}

/** Reads a tensor of one of these types. */
export async function read(
  metric: string,
  expected: string,
  tensor: tf.Tensor | undefined,
  types: readonly string[],
): Promise<Read> {
  if (tensor === undefined || !types.includes(tensor.dtype)) throw inputError(metric, expected, tensor);
  return { shape: tensor.shape, values: await valuesOf(tensor) };
}

/** Reads the labels: int32 [batch]. */
export async function readLabels(metric: string, { labels }: MetricInputs): Promise<ArrayLike<number>> {
  const isOfSeveral = labels?.rank === 2 && labels.dtype === "float32";
  const expected = `int32 labels [batch]${isOfSeveral ? " (of several classes an image multiLabelMetrics() has metrics)" : ""}`;
  if (labels?.rank !== 1) throw inputError(metric, expected, labels);
  const { values } = await read(metric, expected, labels, ["int32"]);
  for (let index = 0; index < values.length; index++) {
    if (at(values, index) >= 0) continue;
    throw new RangeError(
      `Cannot update ${metric}: expected labels of 0 or more, got ${at(values, index)} at ${index}`,
    );
  }
  return values;
}

/** Reads probabilities of every class for `batch` examples: float32 [batch, classes]. */
export async function readProbabilities(
  metric: string,
  { probabilities }: MetricInputs,
  batch: number,
): Promise<{ readonly values: ArrayLike<number>; readonly classes: number }> {
  const expected = `float32 probabilities [${batch}, classes]`;
  const [rows, classes = 0] = probabilities?.shape ?? [];
  if (probabilities?.rank !== 2 || rows !== batch) throw inputError(metric, expected, probabilities);
  return { classes, values: (await read(metric, expected, probabilities, ["float32"])).values };
}

/** Reads the predicted classes of `batch` examples, or finds them from the probabilities. */
export async function readClasses(
  metric: string,
  inputs: MetricInputs,
  batch: number,
): Promise<ArrayLike<number>> {
  const { classes, probabilities } = inputs;
  if (classes === undefined && probabilities !== undefined) {
    return likeliest(await readProbabilities(metric, inputs, batch), batch);
  }
  const expected = `int32 classes [${batch}], or probabilities`;
  if (classes?.rank !== 1 || classes.shape[0] !== batch) throw inputError(metric, expected, classes);
  return (await read(metric, expected, classes, ["int32"])).values;
}

function likeliest(
  { values, classes }: { readonly values: ArrayLike<number>; readonly classes: number },
  batch: number,
): number[] {
  return Array.from({ length: batch }, (_, row) => {
    let best = 0;
    for (let index = 0; index < classes; index++) {
      const value = at(values, row * classes + index);
      if (Number.isNaN(value)) return -1;
      if (value > at(values, row * classes + best)) best = index;
    }
    return best;
  });
}

/** Reads how much each of `batch` examples counts, as a function of its index. */
export async function readWeights(
  metric: string,
  { weights }: MetricInputs,
  batch: number,
): Promise<(index: number) => number> {
  if (weights === undefined) return () => 1;
  const expected = `float32 or int32 weights [${batch}] or a scalar`;
  const fits = weights.rank === 0 || (weights.rank === 1 && weights.shape[0] === batch);
  if (!fits) throw inputError(metric, expected, weights);
  const { shape, values } = await read(metric, expected, weights, ["float32", "int32"]);
  for (let index = 0; index < values.length; index++) {
    if (at(values, index) >= 0) continue;
    throw new RangeError(
      `Cannot update ${metric}: expected weights of 0 or more, got ${at(values, index)} at ${index}`,
    );
  }
  return shape.length === 0 ? () => at(values, 0) : (index) => at(values, index);
}

/** What a batch of examples is measured by. */
export interface Examples {
  readonly labels: ArrayLike<number>;
  readonly classes: ArrayLike<number>;
  /** How much each counts, by its index. */
  readonly weight: (index: number) => number;
}

/** Reads the labels, the predicted classes and the weights. */
export async function readExamples(metric: string, inputs: MetricInputs): Promise<Examples> {
  const labels = await readLabels(metric, inputs);
  const classes = await readClasses(metric, inputs, labels.length);
  return { labels, classes, weight: await readWeights(metric, inputs, labels.length) };
}

/** values[index], NaN beyond the end. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? NaN;
}

/** Checks that every value is a class: 0 … numClasses − 1. */
export function expectClasses(
  metric: string,
  what: string,
  values: ArrayLike<number>,
  numClasses: number,
): void {
  for (let index = 0; index < values.length; index++) {
    const value = at(values, index);
    if (value >= 0 && value < numClasses) continue;
    throw new RangeError(
      `Cannot update ${metric}: expected ${what} in 0 … ${numClasses - 1}, got ${value}${value === -1 ? ", of probabilities that are NaN," : ""} at ${index}`,
    );
  }
}

import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { table } from "../display/table";
import { figure, type Figure } from "../inspect/figure";
import { finishFirst, interruptible } from "../interrupt";
import type { Model } from "../model/model";
import { withOtherWeights } from "../model/weights";
import {
  createTrainStep,
  train,
  type Batch,
  type Callback,
  type FeatureBatch,
  type Optimizer,
  type TrainStepOptions,
} from "../training";
import { tf } from "../tensorflow";
import { expectBatches } from "../training/batch/batch";
import { createSweep, type Sweep } from "./sweep";
import { skippedAtEnd, suggestionsOf, type CurvePoint, type Suggestions } from "./suggest";

/** Options of lrFind(): those of the train step that is to be found a rate for, and of the sweep. */
export interface LrFindOptions extends Omit<TrainStepOptions, "learningRate" | "globalStep" | "optimizer"> {
  /** One of ours, whose rate the sweep sets. @default momentumOptimizer({ momentum }) */
  readonly optimizer?: Optimizer;
  /** The rate of the first step. @default 1e-7 (fastai) */
  readonly startLr?: number;
  /** The rate that the sweep goes up to; the last step's is the one before it. @default 10 (fastai) */
  readonly endLr?: number;
  /** Steps of the sweep, 6 or more. @default 100 (fastai) */
  readonly numIt?: number;
  /** Whether it ends when the smoothed loss is above four times its least. @default true (fastai) */
  readonly stopDiv?: boolean;
  /** Called after each step; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two steps, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** What a sweep of learning rates has found; it draws itself in a notebook and is a table in a terminal. */
export interface LrFound extends Displayable, Suggestions {
  /** Of each step. */
  readonly learningRates: readonly number[];
  /** Of each step: cross-entropy, smoothed. */
  readonly losses: readonly number[];
  /** The losses by learning rate on a logarithmic axis, with the suggestions marked. */
  figure(): Figure;
  /** The suggestions as text. */
  toString(): string;
}

/**
 * Finds a learning rate: trains with rates that grow exponentially, and reads from the curve of losses where learning is fast.
 *
 * Weights, moving statistics and global step are afterwards what they were, to the bit, also after an error or an interrupt; the steps
 * have an optimizer of their own, so that a train step's is untouched. The loss is the cross-entropy without weight decay, smoothed
 * exponentially (0.98) and corrected for its beginning at 0, as fastai's Recorder does it.
 * @param input  batches of [{ image }, label], or what features() gives; read anew when it ends
 * @throws {TypeError} if the input is no dataset, or the optimizer has a rate of its own
 * @throws {RangeError} if an option is out of its range, the dataset is empty, or the loss diverges at once
 * @throws what the signal gives as its reason
 * @example
 * const found = await lrFind(model, inputFn(), { scopesToFreeze: "resnet_v1_50/block1" });
 * display(found);
 * const step = createTrainStep(model, { learningRate: found.valley, scopesToFreeze: "resnet_v1_50/block1" });
 * @see fastai 2.8.12, Learner.lr_find; Smith 2015 (arXiv 1506.01186)
 */
export async function lrFind(
  model: Model,
  input: AsyncIterable<Batch | FeatureBatch>,
  options: LrFindOptions = {},
): Promise<LrFound> {
  const { startLr = 1e-7, endLr = 10, numIt = 100, stopDiv = true } = options;
  const { onProgress, signal, ...stepOptions } = interruptible(options);
  expectSweep(startLr, endLr, numIt);
  expectBatches(input, "find a learning rate");
  expectOptimizer(options.optimizer);
  const rateAt = (step: number): number => startLr * (endLr / startLr) ** (step / numIt);
  const run = async (): Promise<readonly CurvePoint[]> => {
    const learningRate = (globalStep: number): number => rateAt(globalStep - begun);
    const step = createTrainStep(model, { ...stepOptions, learningRate });
    const begun = step.globalStep;
    try {
      return await withOtherWeights(model, "find a learning rate", async () => {
        const sweep = createSweep({ numIt, stopDiv, rateAt });
        const callbacks = [recorder(sweep, numIt, onProgress)];
        const isOnce = "next" in input; // an iterator, which does not begin anew
        do await train(step, input, { callbacks, ...(signal && { signal }) });
        while (!sweep.isDone() && !isOnce);
        expectWhole(sweep, numIt);
        return sweep.curve;
      });
    } finally {
      Object.assign(step, { globalStep: begun });
      step.dispose();
    }
  };
  return found(await finishFirst(run), numIt);
}

function expectOptimizer(optimizer: unknown): void {
  if (optimizer === undefined || typeof optimizer === "function") return;
  const got = optimizer instanceof tf.Optimizer ? `tfjs's ${optimizer.getClassName()}, which has its own` : inspect(optimizer); // prettier-ignore
  throw new TypeError(`Cannot find a learning rate: expected an optimizer whose rate the sweep sets, such as adamOptimizer(), got ${got}`); // prettier-ignore
}

function expectWhole(sweep: Sweep, numIt: number): void {
  if (sweep.isDone()) return;
  throw new RangeError(
    `Cannot find a learning rate: expected batches for ${numIt} steps, got ${sweep.curve.length} before the iterator ended; give the dataset, which is read anew`,
  );
}

/** Ends a training when its sweep has come to its end. */
function recorder(sweep: Sweep, numIt: number, onProgress: LrFindOptions["onProgress"]): Callback {
  return {
    onStep: ({ crossEntropy, accumulated = 0 }, { requestStop }) => {
      if (accumulated > 0) return; // the rate is that of the next update
      sweep.add(crossEntropy);
      const isDone = sweep.isDone();
      onProgress?.({ done: isDone ? numIt : sweep.curve.length, total: numIt });
      if (isDone) requestStop();
    },
  };
}

function found(curve: readonly CurvePoint[], numIt: number): LrFound {
  const suggestions = suggestionsOf(curve, numIt);
  const rows = markedOn(curve, suggestions).map(({ name, learningRate, loss }) => ({
    suggestion: name,
    "learning rate": learningRate.toExponential(2),
    loss,
  }));
  const show = table(rows, { caption: `Learning rates by a sweep of ${curve.length} steps` });
  const draw = (): Figure => drawn(curve, suggestions);
  const toString = (): string => String(show);
  const learningRates = curve.map(({ learningRate }) => learningRate);
  const losses = curve.map(({ loss }) => loss);
  const value = { ...suggestions, learningRates, losses, figure: draw, toString, [inspect.custom]: toString };
  return displayable(value, (context) => ({ ...bundleOf(draw(), context), "text/plain": toString() }));
}

interface Marked extends CurvePoint {
  readonly name: string;
}

/** The suggestions, each with the loss of the step nearest to it. */
function markedOn(curve: readonly CurvePoint[], { valley, steep, minimum }: Suggestions): readonly Marked[] {
  const lossAt = (rate: number): number => {
    const distance = (point: CurvePoint): number => Math.abs(Math.log(point.learningRate / rate));
    return curve.reduce((near, point) => (distance(point) < distance(near) ? point : near)).loss;
  };
  const rates = { valley, steep, "minimum / 10": minimum };
  return Object.entries(rates).map(([name, learningRate]) => ({ name, learningRate, loss: lossAt(learningRate) })); // prettier-ignore
}

function drawn(curve: readonly CurvePoint[], suggestions: Suggestions): Figure {
  const [least, most] = extent(curve.slice(0, -skippedAtEnd).map(({ loss }) => loss));
  const line = {
    type: "scatter",
    mode: "lines",
    name: "cross-entropy, smoothed",
    x: curve.map(({ learningRate }) => learningRate),
    y: curve.map(({ loss }) => (Number.isFinite(loss) ? loss : null)),
  };
  const marks = markedOn(curve, suggestions).map(({ name, learningRate, loss }) => ({
    type: "scatter",
    mode: "markers",
    name: `${name}: ${learningRate.toExponential(1)}`,
    x: [learningRate],
    y: [loss],
    marker: { size: 10 },
  }));
  const margin = (most - least) * 0.05;
  return figure([line, ...marks], {
    xaxis: { type: "log", title: { text: "learning rate" }, exponentformat: "power", dtick: 1 },
    yaxis: { title: { text: "cross-entropy" }, range: [least - margin, most + margin] },
    margin: { t: 24, r: 24, b: 48, l: 64 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
  });
}

function extent(values: readonly number[]): readonly [least: number, most: number] {
  const finite = values.filter((value) => Number.isFinite(value));
  return [Math.min(...finite), Math.max(...finite)];
}

function expectSweep(startLr: number, endLr: number, numIt: number): void {
  const cannot = "Cannot find a learning rate: expected";
  for (const [name, rate] of Object.entries({ startLr, endLr }))
    if (typeof rate !== "number")
      throw new TypeError(`${cannot} ${name} to be a number, got ${inspect(rate)}`);
  if (!(startLr > 0 && startLr < Infinity)) throw new RangeError(`${cannot} startLr above 0, got ${startLr}`);
  if (!(endLr > startLr && endLr < Infinity))
    throw new RangeError(`${cannot} endLr above startLr, ${startLr}, got ${endLr}`);
  if (!(Number.isSafeInteger(numIt) && numIt >= 6))
    throw new RangeError(`${cannot} numIt a whole number from 6 on, got ${numIt}`);
}

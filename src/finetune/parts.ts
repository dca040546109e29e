/** The two parts of a fine-tuning: the head alone, then all. */
import { inspect } from "node:util";
import type { Hyperparameter } from "../tensorflow";
import { oneCycle, slice, type TrainStep, type TrainStepOptions } from "../training";
import { batchSizeOf } from "../training/batch/size";
import { plainOf } from "../training/optimizers/description";
import type { FineTuneOptions } from "./options";

/** One part of a fine-tuning. */
export interface Part {
  readonly isHeadAlone: boolean;
  readonly epochs: number;
  /**
   * Options of its train step.
   * @param firstStep  the global step before it
   * @param steps      its updates
   */
  stepOptions(firstStep: number, steps: number): TrainStepOptions;
}

/** Where the learning rate is greatest while the head alone is trained. @see fastai 2.8.12, Learner.fine_tune */
const headPctStart = 0.99;

/**
 * The parts that have epochs.
 * @throws {RangeError} if a number is out of its range
 */
export function partsOf(options: FineTuneOptions): readonly Part[] {
  const { epochs, freezeEpochs = 1, learningRate = 0.01, lrMult = 100 } = options;
  const { pctStart = 0.3, div = 5, head = "Predict", stepsPerEpoch = 1 } = options;
  const expect = (name: string, expected: string, value: number, isRight: boolean): void => {
    if (typeof value !== "number" || !isRight)
      throw new RangeError(`Cannot fine-tune: expected ${name} ${expected}, got ${inspect(value)}`);
  };
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  expect("epochs", "a whole number from 0 on", epochs, isCount(epochs));
  expect("freezeEpochs", "a whole number from 0 on", freezeEpochs, isCount(freezeEpochs));
  expect("epochs and freezeEpochs together", "1 or more", 0, epochs + freezeEpochs > 0);
  expect("stepsPerEpoch", "a whole number from 1 on", stepsPerEpoch, isCount(stepsPerEpoch) && stepsPerEpoch >= 1); // prettier-ignore
  expect("learningRate", "above 0", learningRate, learningRate > 0 && learningRate < Infinity);
  expect("lrMult", "1 or more", lrMult, lrMult >= 1 && lrMult < Infinity);
  oneCycle({ steps: 2, pctStart, div }); // which refuses what is none

  const withCycle = (cycle: ReturnType<typeof oneCycle>): TrainStepOptions => {
    const { learningRate: _, optimizer, ...shared } = options;
    const { learningRate: rate, momentum } = cycle;
    const cycles = optimizer === undefined || optimizer.withMomentum !== undefined;
    return { ...shared, learningRate: rate, ...(optimizer && { optimizer }), ...(cycles && { momentum }) };
  };
  const headRate = learningRate / 2;
  const parts: readonly Part[] = [
    {
      isHeadAlone: true,
      epochs: freezeEpochs,
      stepOptions: (firstStep, steps) => ({
        ...withCycle(oneCycle({ learningRate, steps, firstStep, pctStart: headPctStart })),
        trainableScopes: head,
      }),
    },
    {
      isHeadAlone: false,
      epochs,
      stepOptions: (firstStep, steps) =>
        withCycle(
          oneCycle({ learningRate: slice(headRate / lrMult, headRate), steps, firstStep, pctStart, div }),
        ),
    },
  ];
  return parts.filter((part) => part.epochs > 0);
}

/** What a fine-tuning is made with, as a table of runs tells it, defaults where they are often chosen otherwise. */
export function hyperparametersOf(
  options: FineTuneOptions,
  { hyperparameters }: TrainStep,
): Readonly<Record<string, Hyperparameter>> {
  const { train, optimizer: _, callbacks: __, signal: ___, cluster: ____, ...others } = options;
  const { architecture = "", optimizer: made = "" } = hyperparameters;
  const optimizer = options.optimizer === undefined ? "Momentum" : made; // the cycle is always the same
  const batchSize = batchSizeOf(train);
  const defaults = { freezeEpochs: 1, learningRate: 0.01, lrMult: 100, pctStart: 0.3, div: 5, seed: 0 };
  const known = { architecture, optimizer, ...(batchSize !== undefined && { batchSize }), ...defaults };
  return { ...known, ...plainOf(others) };
}

/** What a step is fed beside its batch: learning rates, and the momentum where that changes. */
import type { ModelVariable } from "../../model/variables";
import { tf } from "../../tensorflow";
import type { VariableGradient } from "../optimizers/optimizer";
import type { Rates } from "../optimizers/rates";
import type { Schedule } from "../optimizers/schedule";

/** The numbers of one step. */
export interface FedNumbers {
  /** To feed: learning rates, then the momentum, if that changes, then the decay of the averages, if there are any. */
  readonly values: readonly number[];
  /** To tell: the rate of the last layer that is trained, and the momentum, if it changes. */
  readonly told: { readonly learningRate: number; readonly momentum?: number };
}

/** How far a training is. */
interface Progress {
  /** Updates done. */
  readonly globalStep: number;
  /** What all learning rates are multiplied by. */
  readonly learningRateFactor: number;
}

/** The scalars in what a step is fed. */
export interface Fed {
  /** The same gradients, with the rates of the variables that have their own. */
  rated(gradients: readonly VariableGradient[]): readonly VariableGradient[];
  rateOf(variable: ModelVariable): tf.Scalar;
  /** Of the last layer that is trained. */
  readonly learningRate: tf.Scalar;
  readonly momentum: tf.Scalar | undefined;
  readonly averageDecay: tf.Scalar | undefined;
}

/** What is fed to the steps of a training. */
export interface Feed {
  /** @throws {RangeError} if a schedule gives a number that is none for the next step */
  numbers(at: Progress): FedNumbers;
  /** Inside the compiled step: what is in the numbers. @param values  float32 [numbers] */
  scalars(values: tf.Tensor1D): Fed;
}

/** What is fed to steps with these learning rates, and by the step this momentum and decay of averages, if there are such. */
export function feedOf(
  { schedules, of, last }: Rates,
  {
    momentum,
    averageDecay,
  }: { readonly momentum: Schedule | undefined; readonly averageDecay: Schedule | undefined },
): Feed {
  return {
    numbers: ({ globalStep, learningRateFactor }) => {
      const rates = schedules.map((one) => expectRate(one(globalStep) * learningRateFactor, globalStep));
      const now = momentum && { momentum: expectMomentum(momentum(globalStep), globalStep) };
      const momenta = now === undefined ? [] : [now.momentum];
      const values = [
        ...rates,
        ...momenta,
        ...(averageDecay === undefined ? [] : [averageDecay(globalStep)]),
      ];
      return { values, told: { learningRate: rates[last] ?? NaN, ...now } };
    },
    scalars: (values) => {
      const all = tf.unstack(values).map((one) => one.asScalar());
      const at = (index: number): tf.Scalar => all[index] ?? tf.scalar(NaN);
      const rateOf = ({ name }: ModelVariable): tf.Scalar => at(of(name));
      const own = (one: VariableGradient): VariableGradient => ({
        ...one,
        learningRate: rateOf(one.variable),
      });
      return {
        rateOf,
        rated: (gradients) => (schedules.length === 1 ? gradients : gradients.map(own)),
        learningRate: at(last),
        momentum: momentum && at(schedules.length),
        averageDecay: averageDecay && at(all.length - 1),
      };
    },
  };
}

function expectRate(rate: number, step: number): number {
  if (rate >= 0 && rate < Infinity) return rate;
  throw new RangeError(
    `Cannot train: expected a learning rate of 0 or more at step ${step + 1}, got ${rate}`,
  );
}

function expectMomentum(momentum: number, step: number): number {
  if (momentum >= 0 && momentum < 1) return momentum;
  throw new RangeError(
    `Cannot train: expected a momentum in 0 … 1, but not 1, at step ${step + 1}, got ${momentum}`,
  );
}

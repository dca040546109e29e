import { describe, described } from "./description";
import { configureLearningRate, type Schedule } from "./schedule";
import { mapRates, type LearningRate } from "./rates";

/** Options of oneCycle(), by fastai's names. */
export interface OneCycleOptions {
  /** The greatest rate; of several, such as slice() gives, each has a cycle of its own. @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number | readonly number[] | Readonly<Record<string, number>>;
  /** Steps of the cycle, 2 or more. */
  readonly steps: number;
  /** The part of the steps in which the rate rises, 0 … 1. @default 0.25 (fastai) */
  readonly pctStart?: number;
  /** The first rate is the greatest divided by this. @default 25 (fastai, torch) */
  readonly div?: number;
  /** The last rate is the greatest divided by this. @default 1e5 (fastai; torch divides the first rate by 1e4) */
  readonly divFinal?: number;
  /** The momentum at first, where the rate is greatest, and at last. @default [0.95, 0.85, 0.95] (fastai, torch) */
  readonly moms?: readonly [first: number, peak: number, last: number];
  /** The global step before the cycle: updates that the model has behind it. @default 0 */
  readonly firstStep?: number;
}

/** A cycle, as options of createTrainStep(). */
export interface OneCycle {
  /** By step: of one kind with the rates that were given. */
  readonly learningRate: LearningRate;
  /** By step. */
  readonly momentum: Schedule;
}

/**
 * One cycle of learning rate and momentum: the rate rises along half a cosine wave to its greatest and falls along another to next to
 * nothing, while the momentum falls and rises again. After its last step both stay as they are.
 *
 * Places are torch's: of n steps, counted from 0, that of the greatest rate is pctStart · n − 1, and the last has the last rate; between
 * two steps none may have the greatest. fastai puts the greatest at pctStart · n and stops a step before the last rate: its n steps are
 * the first n of a cycle of n + 1 with the pctStart (pctStart · n + 1) / (n + 1).
 * With an Adam the momentum is its beta1: `createTrainStep(model, { optimizer: adamOptimizer(), ...oneCycle({ steps: 400 }) })`.
 * @throws {RangeError} if an option is out of its range
 * @example
 * const step = createTrainStep(model, { ...oneCycle({ learningRate: slice(1e-4, 1e-2), steps: 400 }) });
 * await train(step, batches, { steps: 400 });
 * @see torch 2.13: torch.optim.lr_scheduler.OneCycleLR; fastai 2.8.12: Learner.fit_one_cycle; Smith 2018 (arXiv 1803.09820)
 */
export function oneCycle(options: OneCycleOptions): OneCycle {
  const { learningRate = 0.01, steps, pctStart = 0.25, div = 25, divFinal = 1e5 } = options;
  const { moms = [0.95, 0.85, 0.95], firstStep = 0 } = options;
  expectNumbers({ steps, pctStart, div, divFinal, moms, firstStep });
  const cycle = ([first, peak, last]: readonly [number, number, number]): Schedule => {
    const [top, end] = [pctStart * steps - 1, steps - 1];
    return (step) => {
      const at = Math.min(Math.max(step - firstStep, 0), end);
      return at < top ? wave(first, peak, at / top) : wave(peak, last, (at - top) / (end - top));
    };
  };
  const given = describe("", {
    pctStart: options.pctStart,
    div: options.div,
    divFinal: options.divFinal,
    steps,
  });
  const rate = mapRates(learningRate, (greatest) => {
    if (typeof greatest !== "number") return greatest;
    configureLearningRate({ schedule: "constant", learningRate: greatest }); // which refuses what is none
    return described(
      cycle([greatest / div, greatest, greatest / divFinal]),
      `one cycle to ${greatest}, ${given}`,
    );
  });
  return { learningRate: rate, momentum: described(cycle(moms), `one cycle ${moms.join(", ")}`) };
}

/** Half a cosine wave. */
function wave(from: number, to: number, part: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part));
}

function expectNumbers({
  steps,
  pctStart,
  div,
  divFinal,
  moms,
  firstStep,
}: Required<Omit<OneCycleOptions, "learningRate">>): void {
  const expect = (name: string, expected: string, value: number, isRight: boolean): void => {
    if (!isRight) throw new RangeError(`Cannot make a cycle: expected ${name} ${expected}, got ${value}`);
  };
  expect("steps", "a whole number from 2 on", steps, Number.isSafeInteger(steps) && steps >= 2);
  expect(
    "firstStep",
    "a whole number from 0 on",
    firstStep,
    Number.isSafeInteger(firstStep) && firstStep >= 0,
  );
  expect("pctStart", "in 0 … 1, but neither", pctStart, pctStart > 0 && pctStart < 1);
  expect("div", "1 or more", div, div >= 1 && div < Infinity);
  expect("divFinal", "1 or more", divFinal, divFinal >= 1 && divFinal < Infinity);
  for (const mom of moms) expect("moms", "in 0 … 1, but not 1", mom, mom >= 0 && mom < 1);
}

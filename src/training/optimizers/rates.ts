/** Learning rates that differ from layer to layer. */
import { AUX_LOGITS } from "../../model/layers";
import { expectScopes, isInScopes } from "../../model/scopes";
import { configureLearningRate, type Schedule } from "./schedule";

/** A rate for all steps, or one for each. */
export type Rate = number | Schedule;

/**
 * A learning rate for all variables; three of them from the bottom of the network to its head, as slice() gives them; or by scope,
 * of which that with the longest name counts.
 */
export type LearningRate = Rate | readonly Rate[] | Readonly<Record<string, Rate>>;

/** The rates of the variables that are trained. */
export interface Rates {
  /** One or several. */
  readonly schedules: readonly Schedule[];
  /** Which of them a variable has, by its name. */
  readonly of: (name: string) => number;
  /** Which of them the last variable has. */
  readonly last: number;
}

const GROUPS = 3;

/**
 * Learning rates that grow from the bottom of a network to its head, one for each of three groups: the lower half of its parts, which are
 * named by the second scope of its variables, the middle one with them; the upper half; the head, and an auxiliary classifier. Of a ResNet
 * these are fastai's: root, block1 and block2; block3 and block4; the head. Given both ends the one between is their geometric mean; given
 * the head's alone, the layers below have a tenth of it.
 * @throws {RangeError} if a rate is not above 0
 * @example
 * createTrainStep(model, { learningRate: slice(1e-5, 1e-3) }); // 1e-5, 1e-4, 1e-3
 * @see fastai 2.8.12: Learner's slice(lr), even_mults(), _resnet_split() of vision/learner.py; Howard and Ruder 2018 (arXiv 1801.06146) §3.2
 */
export function slice(...ends: [head: number] | [bottom: number, head: number]): readonly number[] {
  for (const rate of ends)
    if (!(rate > 0 && rate < Infinity))
      throw new RangeError(`Cannot make a slice of learning rates: expected rates above 0, got ${rate}`);
  const [first, head] = ends;
  if (head === undefined) return [first / 10, first / 10, first];
  return [first, first * (head / first) ** (1 / (GROUPS - 1)), head];
}

/** The same learning rate with each of its rates changed. */
export function mapRates(learningRate: LearningRate, change: (rate: Rate) => Rate): LearningRate {
  if (typeof learningRate === "number" || typeof learningRate === "function") return change(learningRate);
  if (isList(learningRate)) return learningRate.map(change);
  return Object.fromEntries(Object.entries(learningRate).map(([scope, rate]) => [scope, change(rate)]));
}

/**
 * The rates of variables.
 * @param names  of those that are trained
 * @param all    of all that the model has, which tell its parts
 * @throws {RangeError} if a rate is negative, there are not three, a scope is unknown, or a variable has no rate
 */
export function ratesOf(names: readonly string[], learningRate: LearningRate, all: readonly string[]): Rates {
  const { schedules, of } = schedulesOf(names, learningRate, all);
  return { schedules, of, last: of(names.at(-1) ?? "") };
}

function schedulesOf(
  names: readonly string[],
  learningRate: LearningRate,
  all: readonly string[],
): Omit<Rates, "last"> {
  if (typeof learningRate === "number" || typeof learningRate === "function")
    return { schedules: [scheduleOf(learningRate)], of: () => 0 };
  if (isList(learningRate)) {
    if (learningRate.length !== GROUPS)
      throw new RangeError(
        `Cannot create train step: expected ${GROUPS} learning rates, as slice() gives them, got ${learningRate.length}`,
      );
    return { schedules: learningRate.map(scheduleOf), of: groupsOf(all) };
  }
  const scopes = Object.keys(learningRate).sort((a, b) => b.length - a.length);
  expectScopes(scopes, names, "choose learning rates");
  const of = (name: string): number => scopes.findIndex((scope) => isInScopes(name, [scope]));
  const none = names.find((name) => of(name) < 0);
  if (none !== undefined)
    throw new RangeError(
      `Cannot create train step: expected a learning rate for each variable that is trained, got none for "${none}", which is in none of the scopes`,
    );
  return { schedules: scopes.map((scope) => scheduleOf(learningRate[scope] ?? NaN)), of };
}

/** The groups of a network's variables: the lower half of its parts, the upper half, and its heads, which begin anew. */
function groupsOf(all: readonly string[]): (name: string) => number {
  const isHead = (name: string): boolean => isInScopes(name, ["Predict"]) || partOf(name) === AUX_LOGITS;
  const parts = [...new Set(all.filter((name) => !isHead(name)).map(partOf))]; // in order of computation
  const lower = new Set(parts.slice(0, Math.ceil(parts.length / 2)));
  return (name) => (isHead(name) ? 2 : lower.has(partOf(name)) ? 0 : 1);
}

function partOf(name: string): string {
  return name.split("/")[1] ?? "";
}

function scheduleOf(rate: Rate): Schedule {
  if (typeof rate === "function") return rate;
  return configureLearningRate({ schedule: "constant", learningRate: rate });
}

function isList(learningRate: LearningRate): learningRate is readonly Rate[] {
  return Array.isArray(learningRate);
}

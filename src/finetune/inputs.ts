/** What a fine-tuning is given, looked at before it begins: what is wrong would else be told after an epoch. */
import { inspect } from "node:util";
import { Dataset } from "../input";
import { isEndless } from "../input/plan";
import { Model } from "../model/model";
import { expectCallbacks } from "../training/callbacks/callback";
import type { FineTuneOptions } from "./options";

/**
 * Checks model, datasets, callbacks and what is watched.
 * @throws {TypeError} if one is of another kind
 * @throws {RangeError} if the validation is empty or never ends, or no epoch has the number that is watched
 */
export function expectInputs(model: unknown, options: FineTuneOptions): void {
  if (!(model instanceof Model))
    throw new TypeError(`Cannot fine-tune: expected a Model, got ${inspect(model, { depth: -1 })}`);
  const { train, validation, callbacks = [], monitor = "validationLoss", metrics } = options;
  expectDataset("train", train);
  expectDataset("validation", validation);
  expectCallbacks(callbacks);
  const cannot = "Cannot fine-tune: expected";
  if (isEndless(validation.plan))
    throw new RangeError(`${cannot} a validation that ends, got one without an end: give createInputFn() numEpochs: 1`); // prettier-ignore
  if (validation.plan.size?.() === 0)
    throw new RangeError(`${cannot} batches in the validation, got an empty dataset`);
  const names = [...NUMBERS, ...Object.keys(metrics?.result() ?? {})];
  if (names.includes(monitor)) return;
  const known = names.map((name) => `"${name}"`).join(", ");
  throw new RangeError(`${cannot} monitor one of ${known}, got ${inspect(monitor)}`);
}

/** Of each epoch with a validation. */
const NUMBERS = ["validationLoss", "validationAccuracy", "trainLoss", "trainAccuracy"];

function expectDataset(name: string, given: unknown): void {
  if (given instanceof Dataset) return;
  const got =
    typeof given === "function" ? "a function; call it for its dataset" : inspect(given, { depth: -1 });
  throw new TypeError(`Cannot fine-tune: expected ${name} to be a dataset, got ${got}`);
}

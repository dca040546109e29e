/** Scopes: the parts of a network, named by the beginnings of its variables' names. */
import type { Model } from "./model";
import type { ModelVariable } from "./variables";
import { quoteNearest } from "../tensorflow";

/** One scope, several, or several in one text with commas between: "resnet_v1_50/conv1,resnet_v1_50/block1". */
export type Scopes = string | readonly string[];

/** Options of getTrainableVariables(). */
export interface TrainableOptions {
  /** Only variables in these scopes are trained. @default all */
  readonly trainableScopes?: Scopes;
  /** Variables in these scopes are not trained. @default none */
  readonly scopesToFreeze?: Scopes;
}

/** Scopes as a list, without blanks and empty ones. */
export function parseScopes(scopes: Scopes = []): string[] {
  const list = typeof scopes === "string" ? scopes.split(",") : scopes;
  return list.map((scope) => scope.trim().replace(/\/+$/, "")).filter((scope) => scope !== "");
}

/**
 * Whether a name lies in one of the scopes: it is one, or goes on with a slash where one ends.
 * "a/block1" holds "a/block1/weights", not "a/block10/weights"; TF-Slim's own prefixes and patterns would take both.
 */
export function isInScopes(name: string, scopes: readonly string[]): boolean {
  return scopes.some((scope) => name === scope || name.startsWith(`${scope}/`));
}

/**
 * The scopes as a list, each of which holds at least one of the names.
 * @param what   what the scopes are for, for the error
 * @param owner  whose names they are, for the error
 * @throws {RangeError} that names an unknown scope and the nearest ones there are
 */
export function expectScopes(
  scopes: Scopes | undefined,
  names: readonly string[],
  what: string,
  owner = "network",
): readonly string[] {
  const list = parseScopes(scopes);
  for (const scope of list) {
    if (names.some((name) => isInScopes(name, [scope]))) continue;
    const near = quoteNearest(scope, names.flatMap(scopesOf));
    throw new RangeError(`Cannot ${what}: expected a scope of the ${owner}, such as ${near}, got "${scope}"`);
  }
  return list;
}

/**
 * The test that says whether a variable of this name is trained, by its scopes alone.
 * @throws {RangeError} that names an unknown scope and the nearest ones there are
 * @throws {Error} if the model is disposed
 */
export function trainedNames(model: Model, options: TrainableOptions = {}): (name: string) => boolean {
  const names = model.variables.expectAll("choose what to train").map(({ name }) => name);
  const trainable = expectScopes(options.trainableScopes, names, "choose what to train");
  const frozen = expectScopes(options.scopesToFreeze, names, "freeze");
  const all = options.trainableScopes === undefined;
  if (!all && trainable.length === 0)
    throw new RangeError(
      "Cannot choose what to train: expected scopes of the network, or no trainableScopes for all of it, got an empty list",
    );
  return (name) => (all || isInScopes(name, trainable)) && !isInScopes(name, frozen);
}

/**
 * The variables that training changes by gradients: the trainable ones in `trainableScopes` but not in `scopesToFreeze`.
 * @throws {RangeError} that names an unknown scope and the nearest ones there are
 * @throws {Error} if the model is disposed
 * @example
 * getTrainableVariables(model, { scopesToFreeze: "resnet_v1_50" }).map(({ name }) => name);
 * // ["Predict/logits/weights", "Predict/logits/biases"]
 */
export function getTrainableVariables(
  model: Model,
  options: TrainableOptions = {},
): readonly ModelVariable[] {
  const isTrained = trainedNames(model, options);
  return model.variables.all().filter(({ name, trainable }) => trainable && isTrained(name));
}

/** Every scope that a name lies in, and the name itself. */
function scopesOf(name: string): string[] {
  return [...name.matchAll(/\/|$/g)].map(({ index }) => name.slice(0, index));
}

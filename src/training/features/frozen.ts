/** Up to where a network is frozen. */
import type { Model } from "../../model/model";
import type { Cut } from "../../model/part";
import type { ModelVariable } from "../../model/variables";
import { getTrainableVariables, type TrainableOptions } from "../../model/scopes";

/**
 * The cut before which all is frozen: at the endpoint given, or the last there is by the scopes. Batch norms there normalize by their
 * moving statistics in a train step too, and these stand still, so that an activation is the same in each epoch; so it is before the first dropout alone.
 * @throws {RangeError} that names what is trained before it, or says that neither endpoint nor scopes are given
 */
export function frozenCut(
  model: Model,
  { endpoint, ...scopes }: TrainableOptions & { readonly endpoint?: string },
): Cut {
  const isScoped = scopes.scopesToFreeze !== undefined || scopes.trainableScopes !== undefined;
  if (!isScoped && endpoint === undefined)
    throw new RangeError("Cannot compute features: expected an endpoint, or the scopes that a train step freezes, got neither"); // prettier-ignore
  const trained = isScoped ? getTrainableVariables(model, scopes) : [];
  if (endpoint !== undefined) {
    const cut = model.cutAt(endpoint);
    expectFrozen(cut, trained, "compute features of");
    return cut;
  }
  return frozenBefore(model, trained);
}

/** The last cut before which nothing is trained. @throws {RangeError} if there is none */
export function frozenBefore(model: Model, trained: readonly ModelVariable[]): Cut {
  const cut = model.deepestCut(
    ({ variables, isRandom, hasAux }) => !isRandom && !hasAux && trainedIn(variables, trained) === undefined,
  );
  if (cut !== undefined) return cut;
  const [first] = trained;
  throw new RangeError(
    `Cannot compute features: expected all frozen up to an endpoint, got "${first?.name ?? ""}", which is trained, before the first`,
  );
}

/**
 * Checks that what is before a cut is frozen.
 * @param what  what for, for the error: "begin a step at"
 * @throws {RangeError} that names a variable before it which is trained, or says that numbers are dropped or an auxiliary classifier is before it
 */
export function expectFrozen(
  { endpoint, variables, isRandom, hasAux }: Cut,
  trained: readonly ModelVariable[],
  what: string,
): void {
  if (isRandom)
    throw new RangeError(
      `Cannot ${what} "${endpoint}": expected no dropout before it, which makes it another in each epoch, got one; take an earlier endpoint, or create the model with dropoutKeepProb: 1`,
    );
  if (hasAux && trained.length > 0)
    throw new RangeError(
      `Cannot ${what} "${endpoint}": expected no auxiliary classifier before it, whose loss would be left out, got one; take an earlier endpoint, or create the model without createAuxLogits`,
    );
  const found = trainedIn(variables, trained);
  if (found === undefined) return;
  throw new RangeError(
    `Cannot ${what} "${endpoint}": expected all layers before it frozen, got "${found.name}", which is trained`,
  );
}

function trainedIn(
  variables: readonly string[],
  trained: readonly ModelVariable[],
): ModelVariable | undefined {
  return trained.find(({ name }) => variables.includes(name));
}

/** What features were computed with, by which it is told whether they are still the model's. */
import { inspect } from "node:util";
import type { Plan } from "../../input/plan";
import { Dataset, DatasetIterator } from "../../input";
import type { ClassLabels } from "../../model/losses";
import type { Model } from "../../model/model";
import type { Cut } from "../../model/part";
import { digestOfTensors, versionOf, type tf } from "../../tensorflow";
import type { Batch } from "../batch/batch";

/** Activations and their labels, as features() gives them: [features, labels]. */
export type FeatureBatch = [{ features: tf.Tensor4D }, ClassLabels];

/** Where features come from. */
export interface FeatureOrigin {
  /** The endpoint whose activations they are. */
  readonly endpoint: string;
  /** A digest of the weights and moving statistics before it. */
  readonly weights: string;
  /** Whether the photos were cropped and mirrored at random. */
  readonly isTraining: boolean;
}

const origins = new WeakMap<Plan<unknown>, FeatureOrigin>();

/** Notes where the features of a dataset come from. */
export function setOrigin(plan: Plan<unknown>, origin: FeatureOrigin): void {
  origins.set(plan, origin);
}

/** Where the features of a dataset, or of one made of it, come from; undefined if it holds none of features(). */
export function originOf(dataset: AsyncIterable<unknown>): FeatureOrigin | undefined {
  const isOurs = dataset instanceof Dataset || dataset instanceof DatasetIterator;
  return isOurs ? originOfPlan(dataset.plan) : undefined;
}

function originOfPlan(plan: Plan<unknown>): FeatureOrigin | undefined {
  return origins.get(plan) ?? plan.parents.map(originOfPlan).find((one) => one !== undefined);
}

/**
 * What a step is given of a batch: images, or features of which it is known whose they are.
 * @param origin  of the batch's dataset
 * @param what    what it is for, for the error
 * @throws {TypeError} if it is neither
 */
export function givenOf(
  batch: Batch | FeatureBatch,
  origin: FeatureOrigin | undefined,
  what: string,
): tf.Tensor4D {
  const inputs = featuresOf(batch, what);
  if ("features" in inputs && origin !== undefined) return inputs.features;
  if ("image" in inputs && origin === undefined) return inputs.image;
  const [expected, got] = origin === undefined ? ["[{ image }, label]", "features of unknown weights"] : ["[{ features }, label]", "images made of features"]; // prettier-ignore
  throw new TypeError(
    `Cannot ${what}: expected batches ${expected}, or a dataset made of what features() gives, got ${got}`,
  );
}

type Inputs = Batch[0] | FeatureBatch[0];

/** @throws {TypeError} if the batch is no list of features by name and labels, as its type may say falsely */
function featuresOf(batch: Batch | FeatureBatch, what: string): Inputs {
  const given: unknown = batch;
  const inputs: unknown = Array.isArray(given) ? given[0] : undefined;
  const isNamed =
    typeof inputs === "object" && inputs !== null && ("image" in inputs || "features" in inputs);
  if (isNamed) return batch[0];
  throw new TypeError(
    `Cannot ${what}: expected batches [{ image }, label], got ${inspect(given, { depth: 1, breakLength: Infinity })}`,
  );
}

/** A digest of a model's variables before a cut; computed only when one of them was assigned since the last. */
export function weightsBefore(model: Model, { endpoint, variables }: Cut): string {
  const now = variables.map((name) => model.variables.expect(name));
  const seen = digests.get(model) ?? new Map<string, Seen>();
  digests.set(model, seen);
  const last = seen.get(endpoint);
  if (last !== undefined && now.every((variable, i) => versionOf(variable) === last.versions[i]?.deref()))
    return last.digest;
  const digest = digestOfTensors(now);
  seen.set(endpoint, { digest, versions: now.map((variable) => new WeakRef(versionOf(variable))) });
  return digest;
}

/** Values of variables, which are not kept alive, and their digest. */
interface Seen {
  readonly versions: readonly WeakRef<object>[];
  readonly digest: string;
}

const digests = new WeakMap<Model, Map<string, Seen>>(); // by endpoint

/**
 * A check that the weights before an endpoint are those that features were computed with; it costs something only when one of them
 * was assigned since the last.
 * @param what  what the features are for, for the error
 */
export function freshness(
  model: Model,
  { endpoint, weights }: Pick<FeatureOrigin, "endpoint" | "weights">,
  what: string,
): () => void {
  const cut = model.cutAt(endpoint);
  return () => {
    if (weightsBefore(model, cut) === weights) return;
    throw new RangeError(
      `Cannot ${what}: expected features of the model's weights before "${endpoint}", got those of others, which it had before or another model has; compute them anew with features()`,
    );
  };
}

/** What features depend on: where one part is another, they are computed anew. */
import { createHash } from "node:crypto";
import type { Dataset } from "../../input";
import { fingerprintOf, type Fingerprint } from "../../input/fingerprint";
import { chancesOf } from "../../input/plan";
import type { Model } from "../../model/model";
import type { ModelOptions } from "../../model/options";
import type { Cut } from "../../model/part";
import type { Precision } from "../../tensorflow";
import { weightsBefore } from "./origin";

/** How activations are stored: bfloat16 has half the bytes and 8 bits of precision. */
export type FeatureStorage = "float32" | "bfloat16";

/** How features are computed. */
export interface FeatureSettings {
  readonly storage: FeatureStorage;
  readonly precision: Precision;
  readonly views: number;
  /** Whether photos are cropped and mirrored at random. */
  readonly isTraining: boolean;
  readonly seed: number;
}

/** All that features depend on. */
export interface FeatureKey extends FeatureSettings {
  /** Of the way in which they are computed and stored. */
  readonly version: number;
  readonly endpoint: string;
  readonly weights: string;
  /** The network's form, and how it preprocesses. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly input: Fingerprint;
}

const VERSION = 1;

/** Options of a model that its endpoints do not depend on, but by their weights. */
const OTHERS: ReadonlySet<string> = new Set<keyof ModelOptions>([
  "numClasses",
  "seed",
  "weightDecay",
  "batchNormDecay",
  "labelSmoothing",
  "classWeights",
  "focalGamma",
  "multiLabel",
  "positiveWeights",
]);

/** What the features of an input depend on. */
export async function keyOf(
  model: Model,
  cut: Cut,
  input: Dataset<unknown>,
  settings: FeatureSettings,
  signal: AbortSignal | undefined,
): Promise<FeatureKey> {
  return {
    version: VERSION,
    endpoint: cut.endpoint,
    weights: weightsBefore(model, cut),
    ...settings,
    model: Object.fromEntries(Object.entries(model.options).filter(([name]) => !OTHERS.has(name))),
    input: await fingerprintOf(input.plan, signal),
  };
}

/** Whether two keys are of the same features. */
export function isSameKey(one: unknown, other: FeatureKey): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The name of one computation: of the same key and the same draws it has the same. */
export function nameOf(key: FeatureKey, input: Dataset<unknown>): string {
  const seeds = [...chancesOf(input.plan).keys()].map(({ seed }) => seed);
  return createHash("sha256")
    .update(JSON.stringify([key, seeds]))
    .digest("hex")
    .slice(0, 16);
}

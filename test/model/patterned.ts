/** Models and images made from names, as the oracle's fixtures were. */
import { readFixture } from "../fixtures";
import { patternImages, patternVariable, type FixtureArray, type Summary } from "../patterns";
import { tf } from "../../src/tensorflow";
import { Model, type ModelVariables } from "../../src/model";

type Shape = readonly [number, number, number, number];

/** One mode of test/fixtures/resnet_*.json. */
interface ModeFixture {
  readonly logits: FixtureArray;
  readonly losses: Readonly<Record<"crossEntropy" | "regularization" | "total" | "accuracy", number>>;
  readonly endpoints: Readonly<Record<string, Summary>>;
}

/** test/fixtures/resnet_*.json. */
export interface NumericsFixture {
  readonly network: "resnet_v1_50" | "resnet_v2_50";
  readonly images: { readonly name: string; readonly shape: Shape };
  readonly labels: readonly number[];
  readonly numClasses: number;
  readonly regularized: readonly string[];
  readonly inference: ModeFixture;
  readonly training: ModeFixture & {
    readonly movingAfterUpdates: {
      readonly updates: number;
      readonly variableCount: number;
      readonly normOfAll: number;
      readonly variables: Readonly<Record<string, Summary>>;
    };
  };
}

/** A fixture of one network's numbers. */
export function readNumerics(name: string): NumericsFixture {
  return readFixture<NumericsFixture>(name);
}

/** Gives every variable its pattern value. */
export function loadPatterns(variables: ModelVariables): void {
  tf.tidy(() => {
    for (const { name, variable } of variables.all())
      variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape));
  });
}

/** The fixture's model with pattern values. */
export function patternModel({ network, numClasses }: NumericsFixture): Model {
  const model = new Model({ architecture: network, numClasses });
  loadPatterns(model.variables);
  return model;
}

/** Images by name, VGG means off; the caller disposes. */
export function patternBatch(name: string, [batch, height, width, channels]: Shape): tf.Tensor4D {
  const shape: [number, number, number, number] = [batch, height, width, channels];
  return tf.tensor4d(patternImages(name, shape), shape);
}

/** Greatest difference over the root mean square of what is expected. */
export function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? NaN;
    const difference = Math.abs(value - (actual[i] ?? NaN));
    if (!(difference <= worst)) worst = difference;
    squares += value * value;
  }
  return worst / Math.max(Math.sqrt(squares / expected.length), 1e-30);
}

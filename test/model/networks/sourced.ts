/** Networks compared with those of torchvision, timm, keras.applications and TF-Slim. */
import assert from "node:assert/strict";
import { memory, tf } from "../../../src/tensorflow";
import { Model, type Architecture, type ModelOptions, type Source } from "../../../src/model";
import { readFixture } from "../../fixtures";
import { distanceFrom, pattern, type FixtureArray, type Summary } from "../../patterns";
import { loadPatterns, patternBatch, relativeDistance } from "../patterned";

interface Mode {
  readonly logits: FixtureArray;
  readonly endpoints: Readonly<Record<string, Summary>>;
}

/** test/fixtures/nets/<architecture>.<source>.json. */
export interface SourcedFixture {
  readonly architecture: Architecture;
  readonly source: Source;
  /** Images by name, times the scale. */
  readonly images: {
    readonly name: string;
    readonly shape: readonly [number, number, number, number];
    readonly scale: number;
  };
  readonly numClasses: number;
  /** Trained numbers. */
  readonly parameters: number;
  readonly inference: Mode;
  /** `gradients`: the norm of each variable's gradient of the sum of the logits times a pattern, by sorted names. */
  readonly training: Mode & { readonly gradients?: readonly number[] };
}

/** The fixture's model with pattern values, nothing dropped in training, and its images; the caller disposes both. */
export function sourcedModel(
  { architecture, source, numClasses, images }: SourcedFixture,
  options: ModelOptions = {},
): { readonly model: Model; readonly batch: tf.Tensor4D } {
  const side = images.shape[1];
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ architecture, source, numClasses, dropoutKeepProb: 1, ...sizes, ...options });
  loadPatterns(model.variables);
  const batch = tf.tidy(() => patternBatch(images.name, images.shape).mul<tf.Tensor4D>(images.scale));
  return { model, batch };
}

/** The greatest distances from a source; of gradients' norms each by itself. */
export interface SourceDistances {
  inference: number;
  training: number;
  gradients: number;
}

/**
 * Asserts that a network has its source's logits and endpoints, in inference and in training, to 1e-4, its gradients' norms to 1e-2
 * (where rounding moves a ReLU's input past 0 they jump), and its number of parameters; gives how far they are.
 * @param name  "resnet_v1_18.torchvision"
 */
export function compareWithSource(name: string): SourceDistances {
  const before = memory();
  const fixture = readFixture<SourcedFixture>(`nets/${name}`);
  const { model, batch } = sourcedModel(fixture);
  const trained = model.variables.all().filter(({ trainable }) => trainable);
  const parameters = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  assert.equal(parameters, fixture.parameters);
  const distances = { inference: 0, training: 0, gradients: gradientsDistance(model, batch, fixture) };
  for (const mode of ["inference", "training"] as const) {
    const { logits, endpoints } = fixture[mode];
    const predictions = model.predict(batch, { isTraining: mode === "training" });
    const near = (what: string, distance: number): void => {
      assert.ok(distance < 1e-4, `${mode} ${what}: ${distance}`);
      distances[mode] = Math.max(distances[mode], distance);
    };
    for (const [key, summary] of Object.entries(endpoints)) {
      const activation = predictions.endpoints[key] ?? assert.fail(`no endpoint "${key}"`);
      near(key, distanceFrom(summary, activation.dataSync(), activation.shape));
    }
    near("logits", relativeDistance(predictions.logits.dataSync(), logits.values));
    tf.dispose(predictions);
  }
  assert.ok(distances.gradients < 1e-2, `gradients: ${distances.gradients}`);
  batch.dispose();
  model.dispose();
  assert.deepEqual(memory(), before);
  return distances;
}

/** The greatest difference of a gradient's norm, over that norm or a hundredth of the greatest; 0 of a fixture that has none. */
function gradientsDistance(model: Model, batch: tf.Tensor4D, { training }: SourcedFixture): number {
  const expected = training.gradients;
  if (expected === undefined) return 0;
  const { values, shape } = training.logits;
  const weights = pattern("gradients", [values.length]);
  const trained = model.variables.all().filter(({ trainable }) => trainable);
  const norms = tf.tidy(() => {
    const { grads } = tf.variableGrads(
      () => {
        const { logits } = model.predict(batch, { isTraining: true });
        return logits.mul(tf.tensor(weights, [...shape])).sum<tf.Scalar>();
      },
      trained.map(({ variable }) => variable),
    );
    const sorted = trained.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return sorted.map(({ variable }) => grads[variable.name]?.norm().dataSync()[0] ?? NaN);
  });
  assert.equal(norms.length, expected.length);
  const least = Math.max(...expected) / 100;
  return Math.max(...expected.map((norm, i) => Math.abs((norms[i] ?? NaN) - norm) / Math.max(norm, least)));
}

/** Networks compared with those of torchvision, timm and keras.applications. */
import assert from "node:assert/strict";
import { memory, tf } from "../../../src/tensorflow";
import { Model, type Architecture, type ModelOptions, type Source } from "../../../src/model";
import { readFixture } from "../../fixtures";
import { distanceFrom, type FixtureArray, type Summary } from "../../patterns";
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
  readonly training: Mode;
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

/**
 * Asserts that a network has its source's logits and endpoints, in inference and in training, to 1e-4, and its number of parameters.
 * @param name  "resnet_v1_18.torchvision"
 */
export function compareWithSource(name: string): void {
  const before = memory();
  const fixture = readFixture<SourcedFixture>(`nets/${name}`);
  const { model, batch } = sourcedModel(fixture);
  const trained = model.variables.all().filter(({ trainable }) => trainable);
  const parameters = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  assert.equal(parameters, fixture.parameters);
  for (const mode of ["inference", "training"] as const) {
    const { logits, endpoints } = fixture[mode];
    const predictions = model.predict(batch, { isTraining: mode === "training" });
    for (const [key, summary] of Object.entries(endpoints)) {
      const activation = predictions.endpoints[key] ?? assert.fail(`no endpoint "${key}"`);
      const distance = distanceFrom(summary, activation.dataSync(), activation.shape);
      assert.ok(distance < 1e-4, `${mode} ${key}: ${distance}`);
    }
    const distance = relativeDistance(predictions.logits.dataSync(), logits.values);
    assert.ok(distance < 1e-4, `${mode} logits: ${distance}`);
    tf.dispose(predictions);
  }
  batch.dispose();
  model.dispose();
  assert.deepEqual(memory(), before);
}

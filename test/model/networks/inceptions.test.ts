import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { memory, tf } from "../../../src/tensorflow";
import { Model, type ImageShape, type ModelOptions } from "../../../src/model";
import { readFixture } from "../../fixtures";
import { distanceFrom, pattern, type FixtureArray, type Summary } from "../../patterns";
import { loadPatterns, relativeDistance } from "../patterned";

const NAMES = ["inception_v3", "inception_v4", "inception_resnet_v2"] as const;

interface Table {
  readonly endpoints: Readonly<Record<string, readonly number[]>>;
  /** Of convolutions, in order of creation. */
  readonly scopes: readonly string[];
  readonly count: number;
  readonly parameters: number;
  readonly variablesSha256: string;
  readonly regularizedCount: number;
  readonly regularizedSha256: string;
}

interface Mode {
  readonly logits: FixtureArray;
  readonly auxLogits: FixtureArray;
  readonly losses: Readonly<Record<"crossEntropy" | "auxiliary" | "regularization" | "loss", number>>;
  readonly endpoints: Readonly<Record<string, Summary>>;
}

/** test/fixtures/nets/<architecture>.slim.json. */
interface Fixture {
  readonly images: { readonly name: string; readonly shape: readonly [number, number, number, number] };
  readonly labels: readonly number[];
  readonly numClasses: number;
  readonly table: Table;
  readonly thin?: Table;
  readonly inference: Mode;
  readonly training: Mode & { readonly updates: { readonly count: number; readonly norm: number } };
}

const sizesOf = (side: number) => ({ defaultImageSize: side, fixedResizeSide: side });
const sha256 = (lines: readonly string[]): string =>
  createHash("sha256").update(lines.join("\n")).digest("hex");
const product = (sides: readonly number[]): number => sides.reduce((size, side) => size * side, 1);

function expectTable(options: ModelOptions, table: Table): void {
  const model = new Model({ ...options, createAuxLogits: true, numClasses: 1000 });
  const { variables, endpoints } = model.declaration;
  const { endpoints: expected, ...rest } = table;
  const regularized = variables.filter((one) => one.regularized).map(({ name }) => name);
  const trained = variables.filter(({ trainable }) => trainable);
  assert.deepEqual(
    Object.fromEntries(endpoints.map(({ name, shape: [, ...sides] }) => [name, [2, ...sides]])),
    { ...expected, AuxLogits: [2, 1, 1, 1000] },
  );
  assert.deepEqual(
    {
      scopes: variables.flatMap(({ name }) => /^(.*)\/weights$/.exec(name)?.[1] ?? []),
      count: variables.length,
      parameters: trained.reduce((sum, { shape }) => sum + product(shape), 0),
      variablesSha256: sha256(variables.map(({ name, shape }) => `${name} [${shape.join(", ")}]`)),
      regularizedCount: regularized.length,
      regularizedSha256: sha256(regularized.sort()),
    },
    rest,
  );
  model.dispose();
}

for (const architecture of NAMES) {
  const fixture = readFixture<Fixture>(`nets/${architecture}.slim`);
  const { table, thin, images, numClasses } = fixture;
  test(`${architecture} has TF-Slim's variables in its order, its shapes and endpoints, its auxiliary classifier's too`, () => {
    expectTable({ architecture }, table);
    if (thin !== undefined) expectTable({ architecture, width: 0.25 }, thin);
  });

  test(`${architecture}: logits of both classifiers, endpoints, losses and updates equal TF-Slim's to 1e-4`, () => {
    const before = memory();
    const form = { architecture, numClasses, createAuxLogits: true, dropoutKeepProb: 1 };
    const model = new Model({ ...form, ...sizesOf(images.shape[1]) });
    loadPatterns(model.variables);
    const shape: ImageShape = images.shape;
    const batch = tf.tensor4d(pattern(images.name, shape), [...shape]);
    for (const mode of ["inference", "training"] as const)
      tf.tidy(() => compare(model, batch, mode, fixture));
    tf.dispose(batch);
    model.dispose();
    assert.deepEqual(memory(), before);
  });
}

function compare(model: Model, batch: tf.Tensor4D, mode: "inference" | "training", fixture: Fixture): void {
  const { logits, auxLogits, losses, endpoints } = fixture[mode];
  const isTraining = mode === "training";
  const predictions = model.predict(batch, { isTraining });
  const near = (what: string, distance: number): void =>
    void assert.ok(distance < 1e-4, `${mode} ${what}: ${distance}`);
  for (const [name, summary] of Object.entries(endpoints)) {
    const activation = predictions.endpoints[name] ?? assert.fail(`no endpoint "${name}"`);
    near(name, distanceFrom(summary, activation.dataSync(), activation.shape));
  }
  const aux = predictions.endpoints["AuxLogits"] ?? assert.fail("no auxiliary logits");
  near("auxiliary logits", relativeDistance(aux.dataSync(), auxLogits.values));
  near("logits", relativeDistance(predictions.logits.dataSync(), logits.values));
  const found = model.loss(predictions, tf.tensor1d([...fixture.labels], "int32"));
  assert.equal(predictions.auxLogits === undefined, !isTraining);
  assert.equal(found.auxiliary === undefined, !isTraining);
  for (const [name, value] of Object.entries(losses))
    if (isTraining || name === "crossEntropy" || name === "regularization") {
      const scalar = { auxiliary: found.auxiliary, ...found }[name];
      near(name, Math.abs((scalar?.dataSync()[0] ?? NaN) / value - 1));
    }
  if (!isTraining) return void assert.equal(predictions.updates.length, 0);
  const squares = predictions.updates.map(({ variable, value }) => value.sub(variable).square().sum());
  const { count, norm } = fixture.training.updates;
  assert.equal(squares.length, count);
  near("updates", Math.abs(Math.sqrt(tf.addN(squares).dataSync()[0] ?? NaN) / norm - 1));
}

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Model, type Architecture } from "../../../src/model";
import { declareNetwork } from "../../../src/model/declare";
import { specOf } from "../../../src/model/networks";
import { tf } from "../../../src/tensorflow";
import { readFixture } from "../../fixtures";
import { distanceFrom, patternImages, type FixtureArray, type Summary } from "../../patterns";
import { loadPatterns, relativeDistance } from "../patterned";

interface ModeFixture {
  readonly logits: FixtureArray;
  readonly endpoints: Readonly<Record<string, Summary>>;
}
interface NetworkFixture {
  readonly count: number;
  readonly parameters: number;
  readonly regularized: number;
  readonly variablesSha256: string;
  readonly endpointsSha256: string;
  readonly inference?: ModeFixture;
  readonly training?: ModeFixture;
}
type Name = Extract<Architecture, `mobilenet_${string}`>;

const { images, numClasses, networks } = readFixture<{
  readonly images: readonly [number, number, number, number];
  readonly numClasses: number;
  readonly networks: Readonly<Record<Name, NetworkFixture>>;
}>("mobilenets");

const digest = (lines: readonly string[]): string =>
  createHash("sha256").update(lines.join("\n")).digest("hex");
const line = (name: string, shape: readonly number[]): string => `${name} [${shape.join(", ")}]`;
const NAMES: readonly Name[] = [
  ...(["mobilenet_v1", "mobilenet_v1_075", "mobilenet_v1_050", "mobilenet_v1_025"] as const),
  ...(["mobilenet_v2", "mobilenet_v2_140", "mobilenet_v2_035"] as const),
  ...(["mobilenet_v3_large", "mobilenet_v3_small"] as const),
];

for (const name of NAMES) {
  const { inference, training, ...table } = networks[name];
  test(`${name} has TF-Slim's variables, in order, and endpoints: ${table.parameters} parameters below its logits`, () => {
    const form = { source: "slim", strides: "slim", width: 1, dropoutKeepProb: 1 } as const;
    const { variables, endpoints } = declareNetwork(specOf(name).build(form), [2, 224, 224, 3]);
    const trained = variables.filter(({ trainable }) => trainable);
    assert.deepEqual(
      {
        count: variables.length,
        parameters: trained.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0),
        regularized: variables.filter(({ regularized }) => regularized).length,
        variablesSha256: digest(variables.map((variable) => line(variable.name, variable.shape))),
        endpointsSha256: digest(endpoints.map((endpoint) => line(endpoint.name, endpoint.shape)).sort()),
      },
      table,
    );
  });

  if (inference === undefined || training === undefined) continue;
  test(`${name}: logits and endpoints equal TF-Slim's to 1e-4, in training too`, () => {
    const model = new Model({
      architecture: name,
      numClasses,
      dropoutKeepProb: 1,
      defaultImageSize: images[1],
    });
    loadPatterns(model.variables);
    for (const [mode, fixture] of Object.entries({ inference, training })) {
      tf.tidy(() => {
        const pixels = tf.tensor4d(patternImages("images", images), [...images]).div<tf.Tensor4D>(128);
        const { endpoints, logits } = model.predict(pixels, { isTraining: mode === "training" });
        for (const [key, summary] of Object.entries(fixture.endpoints)) {
          const activation = endpoints[key] ?? assert.fail(`no endpoint "${key}"`);
          const distance = distanceFrom(summary, activation.dataSync(), activation.shape);
          assert.ok(distance < 1e-4, `${mode} ${key}: ${distance}`);
        }
        const distance = relativeDistance(logits.dataSync(), fixture.logits.values);
        assert.ok(distance < 1e-4, `${mode} logits: ${distance}`);
      });
    }
    model.dispose();
  });
}

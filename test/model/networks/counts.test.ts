/** How many numbers networks train beside the libraries' own counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "../../../src";
import { declareNetwork } from "../../../src/model/declare";
import { expectArchitecture, specOf } from "../../../src/model/networks";
import { sourcesOf, type Source } from "../../../src/model/networks/network";
import { readFixture } from "../../fixtures";

/** test/fixtures/counts.json, by source and architecture, of 1,000 classes. */
type Counts = Readonly<
  Record<Source, Readonly<Record<string, { readonly trained: number; readonly biases: number }>>>
>;

const CLASSES = 1000;
const counts = readFixture<Counts>("counts");

/** What a network trains in a source's form; nothing is built. */
function trainedBy(name: string, source: Source): number {
  const spec = specOf(expectArchitecture(name));
  const { imageSize, sources } = spec;
  const { strides = "slim" } = sources[source] ?? assert.fail(`${name} has no form of ${source}`);
  const network = spec.build({ source, strides, width: 1, dropoutKeepProb: 1 });
  const { variables, output } = declareNetwork(network, [1, imageSize, imageSize, 3]);
  const sizes = variables
    .filter(({ trainable }) => trainable)
    .map(({ shape }) => shape.reduce((size, side) => size * side, 1));
  return sizes.reduce((sum, size) => sum + size, (output[3] + 1) * CLASSES);
}

for (const source of ["slim", "torchvision", "timm", "keras"] as const)
  test(`networks in the form of ${source} train as many numbers as there`, () => {
    const expected = Object.entries(counts[source]);
    assert.ok(expected.length > 10);
    for (const [name, { trained, biases }] of expected)
      assert.equal(trainedBy(name, source), trained - biases, name);
  });

test("networks() says what the first of a network's sources counts", () => {
  for (const { name, parameters } of networks().rows) {
    const architecture = expectArchitecture(String(name));
    const [first = "slim"] = sourcesOf(specOf(architecture));
    const counted = counts[first][architecture];
    if (counted !== undefined) assert.equal(parameters, counted.trained - counted.biases, architecture);
  }
});

test("networks() tells by source pixels, interpolation, whether photos are squashed, and another side", () => {
  const told = (wanted: string): unknown =>
    networks().rows.find(({ name }) => name === wanted)?.["sources (pixels, interpolation)"];
  assert.equal(told("resnet_v2_50"), "slim (inception, slim, squashed, 299), timm (inception, bicubic), keras (inception, bilinear)"); // prettier-ignore
  assert.equal(told("vgg_a"), "slim (vgg, slim), torchvision (torch, bilinear), timm (torch, bilinear)");
});

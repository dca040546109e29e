import assert from "node:assert/strict";
import { test } from "node:test";
import { Model, type ModelOptions } from "../../src/model";
import { tf } from "../../src/tensorflow";

/** With the images' side: after the first convolution an odd one is padded otherwise. */
const FORMS: readonly (readonly [ModelOptions, number])[] = [
  [{ architecture: "resnet_v1_50" }, 256],
  [{ architecture: "resnet_v2_26" }, 256],
  [{ architecture: "resnet_v1_14" }, 257],
  [{ architecture: "resnet_v2_26", strides: "torchvision" }, 256],
  [{ architecture: "resnet_v1_14", strides: "keras" }, 256],
  [{ architecture: "resnet_v1_26", outputStride: 8 }, 257],
];

/** A network whose weights are all positive and alike, so that nothing but its form decides where it looks. */
function positiveModel(options: ModelOptions, side: number): Model {
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ width: 1 / 32, ...sizes, ...options });
  for (const { name, variable } of model.variables.all())
    if (name.endsWith("/weights"))
      tf.tidy(() => variable.assign(tf.fill(variable.shape, 1 / (variable.size / (variable.shape.at(-1) ?? 1))))); // prettier-ignore
  return model;
}

/**
 * The centre of the squared gradient of the cells around one, in pixels. Which of nine pixels the root's pooling takes is chance: several
 * cells and images are looked at.
 */
function centreOf(model: Model, endpoint: string, side: number, cell: readonly [number, number]): number[] {
  const { size, stride } = model.fieldOfView(endpoint);
  const around = Math.floor((side / 2 - Math.min(size / 2, 100)) / stride); // those whose fields lie within the image
  const slopesOf = (seed: number): tf.Tensor => {
    const images = tf.randomUniform<tf.Rank.R4>([1, side, side, 3], 1, 1.01, "float32", seed);
    const seen = (x: tf.Tensor): tf.Scalar => {
      const run = { isTraining: false, keepEndpoint: (name: string) => name === endpoint };
      const { endpoints } = model.predict(x.as4D(1, side, side, 3), run);
      const extent = 2 * around + 1;
      const from = [0, cell[0] - around, cell[1] - around, 0];
      return (endpoints[endpoint] ?? tf.scalar(NaN)).slice(from, [1, extent, extent, -1]).sum();
    };
    return tf.grad(seen)(images).square().sum([0, 3]); // [side, side]
  };
  return tf.tidy(() => {
    const slopes = tf.addN(Array.from({ length: 12 }, (_, seed) => tf.tidy(() => slopesOf(seed))));
    return [0, 1].map((axis) => {
      const weights = slopes.sum(1 - axis);
      return weights.mul(tf.range(0, side)).sum().div(weights.sum()).dataSync()[0] ?? NaN;
    });
  });
}

for (const [form, side] of FORMS)
  test(`${Object.values(form).join(", ")} looks where its fields of view say, at ${side} pixels`, () => {
    const model = positiveModel(form, side);
    const blocks = model.declaration.endpoints
      .map(({ name }) => name)
      .filter((name) => /^\w+\/(conv1|block\d|block1\/unit_1\/\w+(\/conv2|\/shortcut)?)$/.test(name));
    assert.equal(blocks.length, 8);
    for (const endpoint of blocks) {
      const { cells, start, stride, size } = model.fieldOfView(endpoint);
      assert.deepEqual(
        model.declaration.endpoints.find(({ name }) => name === endpoint)?.shape.slice(1, 3),
        cells,
      );
      const middle = [Math.floor(cells[0] / 2), Math.floor(cells[1] / 2)] as const;
      centreOf(model, endpoint, side, middle).forEach((centre, i) => {
        const expected = (start[i] ?? NaN) + stride * (middle[i] ?? NaN);
        assert.ok(
          Math.abs(centre - expected) < 0.5,
          `${endpoint}: ${centre}, not ${expected} (field ${size})`,
        );
      });
    }
    model.dispose();
  });

test("fields of view of resnet_v1_50 as Araujo et al. 2019 compute them, and of an endpoint that there is not", () => {
  const model = new Model();
  const { size, stride, start } = model.fieldOfView("resnet_v1_50/block4");
  assert.deepEqual([size, stride, start], [483, 32, [2, 2]]);
  assert.deepEqual(model.fieldOfView("resnet_v1_50/block4", [224, 225]).start, [2, 0]); // 113 pixels after conv1
  assert.deepEqual(model.fieldOfView("resnet_v1_50/conv1", [64, 65]), {
    ...{ cells: [32, 33], stride: 2, size: 7, start: [0, 0] },
  });
  const whole = model.fieldOfView("global_pool");
  assert.deepEqual([whole.cells, whole.start], [[1, 1], [98, 98]]); // prettier-ignore
  assert.throws(() => model.fieldOfView("block4"), {
    name: "RangeError",
    message: /^Cannot tell a field of view: expected an endpoint, such as "resnet_v1_50\/block4", .*got "block4"$/,
  }); // prettier-ignore
  model.dispose();
});

/** Maps of test/fixtures/cams.json. */
import assert from "node:assert/strict";
import type { tf } from "../../src/tensorflow";
import type { FixtureArray } from "../patterns";

/** Maps of pytorch-grad-cam; of components, which of them run against the sum of the channels. */
export interface Maps {
  readonly maps: FixtureArray;
  readonly turned?: readonly boolean[];
}

export const valuesOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

/** The greatest difference, as a share of each image's greatest value. */
export function distanceOf(got: tf.Tensor, { maps, turned }: Maps): number {
  assert.deepEqual(got.shape, maps.shape);
  const [batch = 0] = maps.shape;
  const size = maps.values.length / batch;
  const values = valuesOf(got);
  const each = Array.from({ length: batch }, (_, image) => {
    const sign = turned?.[image] === true ? -1 : 1;
    const wanted = maps.values.slice(image * size, (image + 1) * size).map((value) => value * sign);
    const far = wanted.map((value, i) => Math.abs(value - (values[image * size + i] ?? NaN)));
    return Math.max(...far) / Math.max(...wanted.map(Math.abs));
  });
  return Math.max(...each);
}

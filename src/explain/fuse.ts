/** Maps of several endpoints as one. */
import { sampleHeat } from "../inspect/place";
import { tf } from "../tensorflow";
import type { Explained } from "./explained";
import { heatOf } from "./heat";

/**
 * The mean of maps of the same images, each placed where its cells look, on the cells of the one that has most of them; then of its own scale.
 * Takes the maps over: what is not given back is freed. One is given back as it is.
 */
export function fuse(maps: readonly Explained[]): Explained {
  const [finest] = [...maps].sort((a, b) => b.heatmaps.size - a.heatmaps.size);
  if (finest === undefined) throw new RangeError("Cannot fuse maps: expected one or more, got none");
  if (maps.length === 1) return finest;
  const { rows, columns } = finest;
  const [heatmaps, values] = tf.tidy(() => {
    const placed = maps.map((map) => sampleHeat(map.heatmaps, map, { rows, columns }));
    const mean = tf.addN(placed).div<tf.Tensor3D>(maps.length);
    return [heatOf(mean, { of: "endpoint" }), mean];
  });
  for (const map of maps) tf.dispose(map === finest ? [map.heatmaps, map.values] : map);
  return { ...finest, heatmaps, values };
}

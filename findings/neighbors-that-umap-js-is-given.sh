#!/usr/bin/env bash
# umap-js that is given each point's nearest by setPrecomputedKNN() reads of the vectors their number alone: points without a coordinate are laid out, to
# the same places as the vectors themselves, so that a vector that is wrong is not noticed. The point itself has to be the first of its neighbors, at distance
# 0, and counts as one of nNeighbors. Places begin at random: a seed given by `random` repeats them, and there is no spectral beginning as Python's has.
# Seen in umap-js 1.4.0. Needs Node 22.12 or newer, or 20.19; about 3 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts umap-js@1.4.0
node - <<'JS'
const assert = require("node:assert");
const { UMAP } = require("umap-js");

const count = 60, nNeighbors = 6;
const seeded = () => {
  let next = 1;
  return () => (next = (next * 48271) % 2147483647) / 2147483647;
};
const draw = seeded();
const vectors = Array.from({ length: count }, (_, i) => [i < count / 2 ? 0 : 5, draw(), draw()]);
const distance = (a, b) => Math.hypot(...a.map((value, i) => value - b[i]));
const nearest = vectors.map((one, i) =>
  vectors.map((other, j) => ({ j, apart: distance(one, other) })).sort((a, b) => a.apart - b.apart || (a.j === i ? -1 : 1)).slice(0, nNeighbors));
assert.ok(nearest.every((near, i) => near[0].j === i && near[0].apart === 0));

function placesOf(points, random) {
  const umap = new UMAP({ nNeighbors, nComponents: 2, random });
  umap.setPrecomputedKNN(nearest.map((near) => near.map(({ j }) => j)), nearest.map((near) => near.map(({ apart }) => apart)));
  return umap.fit(points);
}
const [whole, empty, other] = [placesOf(vectors, seeded()), placesOf(vectors.map(() => []), seeded()), placesOf(vectors, Math.random)];
console.log("umap-js 1.4.0: places of the first point", whole[0], empty[0], other[0]);
assert.deepStrictEqual(empty, whole);
assert.notDeepStrictEqual(other, whole);
JS

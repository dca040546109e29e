import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { drawPhotos } from "../../src/embed/canvas";
import { embeddingsOf } from "../../src/embed/embeddings";
import { nearestOthers, nearestRows } from "../../src/embed/neighbors";
import { thumbnailsOf } from "../../src/input/thumbnails";
import { createRandom } from "../../src/input/chance";
import { constant, decodePng, memory, tf } from "../../src/tensorflow";

/** Rows around as many directions as there are groups, by turns. */
function grouped(count: number, groups: number, dimensions = 32): Float32Array {
  const random = createRandom(7);
  return Float32Array.from({ length: count * dimensions }, (_, i) => {
    const isGroups = i % dimensions === Math.floor(i / dimensions) % groups;
    return (isGroups ? 3 : 0) + random();
  });
}

function thumbnails(count: number): Uint8Array[] {
  return tf.tidy(() => thumbnailsOf(tf.fill([count, 30, 40, 3], 99), 20));
}

const sixty = { count: 60, dimensions: 32, vectors: grouped(60, 3), classNames: ["a", "<b>", "c"] };
const labels = Array.from({ length: 60 }, (_, i) => i % 3);

function cosine(vectors: Float32Array, dimensions: number, a: number, b: number): number {
  let [dot, left, right] = [0, 0, 0];
  for (let i = 0; i < dimensions; i++) {
    const [x = 0, y = 0] = [vectors[a * dimensions + i], vectors[b * dimensions + i]];
    dot += x * y;
    left += x * x;
    right += y * y;
  }
  return dot / Math.sqrt(left * right);
}

test("neighbors are those of all pairs in float64, over several blocks, and leave no tensor", async () => {
  const [count, dimensions] = [1100, 8192]; // two blocks of rows, two of queries
  const random = createRandom(3);
  const vectors = Float32Array.from({ length: count * dimensions }, random);
  const which = Array.from({ length: 300 }, (_, i) => (i * 37) % count);
  const before = memory();
  const told: number[] = [];
  const onProgress = ({ done }: { readonly done: number }): void => void told.push(done);
  const found = await nearestOthers({ count, dimensions, vectors }, which, 5, { onProgress });
  assert.deepEqual(memory(), before);
  assert.deepEqual(told, [256, 300]);
  for (const query of [0, 7, 255, 256, 299]) {
    const own = which[query] ?? -1;
    const all = Array.from({ length: count }, (_, row) => ({
      row,
      similarity: cosine(vectors, dimensions, own, row),
    }));
    const best = all.filter(({ row }) => row !== own).sort((a, b) => b.similarity - a.similarity).slice(0, 5); // prettier-ignore
    assert.deepEqual(found[query]?.map(({ row }) => row), best.map(({ row }) => row)); // prettier-ignore
    best.forEach(({ similarity }, i) =>
      assert.ok(Math.abs(similarity - (found[query]?.[i]?.similarity ?? NaN)) < 1e-5),
    );
  }
  const stopped = nearestOthers({ count, dimensions, vectors }, which, 5, {
    signal: AbortSignal.abort(new Error("no")),
  });
  await assert.rejects(stopped, { message: "no" });
});

test("of equal rows the first comes first, zeros are near to none, and no similarity is above 1", async () => {
  const vectors = new Float32Array([0.1, 0.7, 0.1, 0.7, 0, 0, -0.1, -0.7, 0.2, 1.4]);
  const rows = { count: 5, dimensions: 2, vectors };
  const [found = []] = await nearestOthers(rows, [2 - 1], 9);
  assert.deepEqual(found.map(({ row }) => row), [0, 4, 2, 3]); // prettier-ignore
  const rounded = found.map(({ similarity }) => Number(similarity.toFixed(6)));
  assert.deepEqual(rounded, [1, 1, 0, -1]);
  assert.ok(found.every(({ similarity }) => Math.abs(similarity) <= 1));
  const [all = []] = await nearestRows(
    rows,
    { count: 1, dimensions: 2, vectors: new Float32Array([0, 0]) },
    2,
  );
  assert.deepEqual(all, [{ row: 0, similarity: 0 }, { row: 1, similarity: 0 }]); // prettier-ignore
});

test("nearest() shows a photo beside its neighbors, named by class and similarity, also those of another's vector", async () => {
  const embeddings = embeddingsOf({ ...sixty, labels, thumbnails: thumbnails(60) });
  const before = memory();
  const nearest = await embeddings.nearest(4, { count: 3 });
  assert.deepEqual(memory(), before);
  assert.ok(nearest.neighbors.every(({ photo }) => photo % 3 === 1 && photo !== 4));
  const bundle = bundleOf(nearest);
  assert.match(bundle["text/plain"], /^4 images: photo 4: <b>, <b> 0\.9\d \(\d+\), /);
  assert.equal(String(bundle["text/html"]).match(/<img /g)?.length, 4);
  assert.equal(typeof bundle["image/png"], "string");
  const vector = sixty.vectors.slice(2 * 32, 3 * 32);
  const [first] = (await embeddings.nearest(vector, { count: 1 })).neighbors;
  assert.equal(first?.photo, 2);
  await assert.rejects(embeddings.nearest(60), {
    name: "RangeError",
    message: "Cannot find neighbors: expected a photo's number in 0 … 59, got 60",
  });
  await assert.rejects(embeddings.nearest(new Float32Array(3)), /TypeError: Cannot find neighbors: expected a vector of 32 numbers, got 3$/);
  await assert.rejects(embeddings.nearest(0, { count: 0 }), /expected count a whole number from 1 on, got 0/);
}); // prettier-ignore

test("umap() keeps groups apart, the same by the same seed, and shows each photo without a script", async () => {
  const embeddings = embeddingsOf({ ...sixty, labels, thumbnails: thumbnails(60) });
  const before = memory();
  const picture = await embeddings.umap({ seed: 1 });
  assert.deepEqual(memory(), before);
  assert.deepEqual((await embeddings.umap({ seed: 1 })).places, picture.places);
  assert.notDeepEqual((await embeddings.umap({ seed: 2 })).places, picture.places);
  assert.ok(picture.places.flat().every((place) => Math.abs(place) <= 1 + 1e-9));
  const distance = (a: number, b: number): number => {
    const [[ax, ay] = [0, 0], [bx, by] = [0, 0]] = [picture.places[a], picture.places[b]];
    return Math.hypot(ax - bx, ay - by);
  };
  for (const photo of picture.photos) {
    const others = picture.photos.filter((other) => other !== photo);
    const nearest = others.reduce((best, other) =>
      distance(photo, other) < distance(photo, best) ? other : best,
    );
    assert.equal(nearest % 3, photo % 3);
  }
  const bundle = bundleOf(picture);
  assert.match(bundle["text/plain"], /^UMAP of 60 photos: a \(20\), <b> \(20\), c \(20\)\n/);
  const html = String(bundle["text/html"]);
  assert.equal(html.match(/<img [^>]*src="data:image\/jpeg;base64,/g)?.length, 60);
  assert.match(html, /photo 1: &lt;b&gt;/);
  assert.doesNotMatch(html, /<script|<b>|http/);
  const png = Buffer.from(String(bundle["image/png"]), "base64");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [560, 560]);
  assert.deepEqual(memory(), before);
});

test("umap() draws some of many photos, within the bytes allowed, and says so", async () => {
  const embeddings = embeddingsOf({ ...sixty, labels, thumbnails: thumbnails(60) });
  const size = Math.ceil((embeddings.thumbnails[0]?.length ?? 0) / 3) * 4;
  const picture = await embeddings.umap({ photos: 30, maxBytes: 10 * size });
  assert.equal(picture.photos.length, 30);
  const bundle = bundleOf(picture);
  assert.equal(String(bundle["text/html"]).match(/<img /g)?.length, 10);
  assert.match(
    bundle["text/plain"],
    /\n30 of 60 photos, drawn at random\.\n20 points are without their photos, /,
  );
  const bare = embeddingsOf({ ...sixty, labels, thumbnails: [] });
  assert.doesNotMatch(String(bundleOf(await bare.umap())["text/html"]), /<img/);
});

test("umap() takes few and equal photos, tells how far it is, stops, and refuses fewer than three", async () => {
  const of = (count: number): Parameters<typeof embeddingsOf>[0] => ({ count, dimensions: 2, vectors: new Float32Array(2 * count).fill(1), labels: Array.from({ length: count }, () => [0, 1]), classNames: ["a", "b"], thumbnails: [] }); // prettier-ignore
  for (const count of [3, 20]) {
    const picture = await embeddingsOf(of(count)).umap();
    assert.ok(picture.places.flat().every(Number.isFinite));
    assert.match(bundleOf(picture)["text/plain"], new RegExp(`: a, b \\(${count}\\)`));
  }
  await assert.rejects(embeddingsOf(of(2)).umap(), /^RangeError: Cannot lay out embeddings: expected three photos or more, got 2$/); // prettier-ignore
  await assert.rejects(
    embeddingsOf(of(9)).umap({ neighbors: 1 }),
    /expected neighbors a whole number from 2 on, got 1/,
  );
  await assert.rejects(embeddingsOf(of(9)).umap({ minDist: 2 }), /expected minDist in 0…1, got 2/);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error("stop"));
  const many = embeddingsOf({ ...of(900), vectors: grouped(900, 3, 2) });
  await assert.rejects(many.umap({ signal: stop.signal, onProgress }), { message: "stop" });
});

test("the picture for where no page is shown has each point in its colour, and photos in frames that cover no other", () => {
  const jpeg = thumbnails(1)[0] ?? assert.fail("no file");
  const corner = { x: -1, y: 1, color: "#102030", jpeg: undefined };
  const photo = { x: 1, y: -1, color: "#ff0000", jpeg };
  const before = memory();
  const file = drawPhotos([corner, photo, { ...photo, x: 0.95, color: "#00ff00" }]);
  assert.deepEqual(memory(), before);
  const pixels = tf.tidy(() => decodePng(constant([file], [], "string")).dataSync());
  const pixel = (row: number, column: number): number[] => [
    ...pixels.slice((row * 560 + column) * 3).subarray(0, 3),
  ];
  assert.deepEqual(pixel(18, 18), [16, 32, 48]);
  assert.deepEqual(pixel(30, 30), [255, 255, 255]);
  assert.ok(pixel(542, 542).every((value) => Math.abs(value - 99) <= 2)); // the photo, by JPEG
  assert.deepEqual(pixel(524, 542), [255, 0, 0]); // its frame
});

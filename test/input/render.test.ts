import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { RENDERED_CLASSES, renderedBox, renderPhoto, renderPhotos } from "../../src/input/render";
import { SHAPE_NAMES, shapeNamed } from "../../src/input/render/shape";
import { constant, decodeJpeg, memory, tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-render-"));
after(() => rmSync(scratch, { recursive: true }));

test("each shape stands on the ground, about 1 high, and its distances are never too long", () => {
  for (const name of SHAPE_NAMES) {
    const field = shapeNamed(name);
    const points = Array.from({ length: 4000 }, (_, i) => {
      const [x = 0, y = 0, z = 0] = [i % 16, Math.floor(i / 16) % 16, Math.floor(i / 256)];
      return [(x - 7.5) / 8, (y - 1) / 12, (z - 7.5) / 8] as const;
    });
    const inside = points.filter((point) => field(...point) < 0);
    assert.ok(inside.length > 20, name);
    assert.ok(
      inside.every(([x, y, z]) => y > -0.02 && Math.hypot(x, y - 0.5, z) < 0.84),
      name,
    );
    points.forEach((a, i) => {
      const b = points[(i * 7919) % points.length] ?? a;
      const apart = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      assert.ok(Math.abs(field(...a) - field(...b)) <= apart * 1.06 + 1e-9, name);
    });
  }
});

test("renderPhoto() gives the same picture for the same seed and another for another", () => {
  const before = memory();
  tf.tidy(() => {
    const photo = renderPhoto("mug", { size: 32, seed: 3 });
    assert.deepEqual(photo.shape, [32, 32, 3]);
    assert.deepEqual(renderPhoto("mug", { size: 32, seed: 3 }).dataSync(), photo.dataSync());
    assert.notDeepEqual(renderPhoto("mug", { size: 32, seed: 4 }).dataSync(), photo.dataSync());
    const { mean, variance } = tf.moments(photo);
    assert.ok(Number(mean.arraySync()) > 40 && Number(mean.arraySync()) < 215);
    assert.ok(Number(variance.arraySync()) > 200);
  });
  assert.deepEqual(memory(), before);
});

test("renderedBox() tells where the thing is, alike at each size", () => {
  for (const [i, name] of [...RENDERED_CLASSES.pretraining, ...RENDERED_CLASSES.finetuning].entries()) {
    const [coarse, fine] = [32, 128].map((size) =>
      Object.values<number>({ ...renderedBox(name, { size, seed: i + 1 }) }),
    );
    coarse?.forEach((share, side) => {
      assert.ok(share >= 0 && share <= 1);
      assert.ok(Math.abs(share - (fine?.[side] ?? NaN)) <= 1 / 32, `${name}: ${share}, ${fine?.[side]}`);
    });
    const [top = NaN, bottom = NaN, left = NaN, right = NaN] = fine ?? [];
    assert.ok(bottom - top > 0.1 && right - left > 0.05, name);
  }
});

test("renderPhotos() fills class folders with JPEG photos, the same bytes again", async () => {
  const before = memory();
  const seen: string[] = [];
  const options = {
    perClass: 2,
    size: 24,
    onProgress: ({ done = 0, total = 0 }) => seen.push(`${done}/${total}`),
  };
  const files = await renderPhotos(path.join(scratch, "a"), options);
  assert.deepEqual(
    files.map((file) => path.relative(scratch, file)),
    ["a/bottle/bottle_0000.jpg", "a/bottle/bottle_0001.jpg", "a/mug/mug_0000.jpg", "a/mug/mug_0001.jpg"],
  );
  assert.deepEqual(seen, ["1/4", "2/4", "3/4", "4/4"]);
  const again = await renderPhotos(path.join(scratch, "b"), options);
  files.forEach((file, i) => assert.deepEqual(readFileSync(file), readFileSync(again[i] ?? "")));
  tf.tidy(() => {
    const photo = decodeJpeg(constant([readFileSync(files[0] ?? "")], [], "string"));
    assert.deepEqual(photo.shape, [24, 24, 3]);
  });
  assert.deepEqual(memory(), before);
});

test("renderPhotos() refuses unknown classes and numbers that are none, and stops at an abort", async () => {
  // @ts-expect-error callers in JavaScript are told so when it runs
  const unknown = renderPhotos(scratch, { classes: ["teapot"] });
  await assert.rejects(unknown, /expected one of ball, cube, .*, got "teapot"/);
  await assert.rejects(
    renderPhotos(scratch, { size: 1.5 }),
    /expected size to be a whole number from 1, got 1.5/,
  );
  const stop = new AbortController();
  const out = path.join(scratch, "stopped");
  const running = renderPhotos(out, { size: 8, signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(running, { name: "AbortError" });
  assert.equal(readdirSync(path.join(out, "bottle")).length, 1);
});

test("colours do not tell the classes apart", () => {
  const [bottle, mug] = RENDERED_CLASSES.finetuning.map((name) => {
    const means = Array.from({ length: 60 }, (_, i) =>
      tf.tidy(() => [...renderPhoto(name, { size: 16, seed: i }).mean([0, 1]).dataSync()]),
    );
    return [0, 1, 2].map((channel) => means.reduce((sum, mean) => sum + (mean[channel] ?? 0), 0) / 60);
  });
  (bottle ?? []).forEach((mean, i) =>
    assert.ok(Math.abs(mean - (mug?.[i] ?? 0)) < 10, `${mean} is far from ${mug?.[i] ?? NaN}`),
  );
});

/** Labels that were swapped on purpose. */
import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { embed } from "../../src/embed";
import { pretrainOnRenderedPhotos } from "../../src/finetune";
import { createInputFn, preprocessForEval, renderPhotos, writeRecords } from "../../src/input";
import { Model } from "../../src/model";
import { initVariablesFromCheckpoint } from "../../src/training";
import { temporaryFolder } from "../temporary";

const folder = temporaryFolder("wronglabels");
const [PER_CLASS, SWAPPED] = [150, 12];

/** Puts the first photos of each class into the other one's folder, under names that tell it. */
function swapLabels(photos: string): void {
  const swaps = ["bottle", "mug"].flatMap((label) =>
    readdirSync(join(photos, label))
      .slice(0, SWAPPED)
      .map((file) => ({ label, file })),
  );
  for (const { label, file } of swaps)
    renameSync(join(photos, label, file), join(photos, label === "mug" ? "bottle" : "mug", `wrong-${file}`));
}

test("labelErrors() finds most of 24 labels that were swapped among 300, and few others", async () => {
  const sizes = { defaultImageSize: 48, fixedResizeSide: 54 };
  const network = { architecture: "resnet_v1_14", width: 0.25, strides: "keras", batchNormDecay: 0.9, ...sizes, seed: 1 } as const; // prettier-ignore
  const learning = { perClass: 120, steps: 300, batchSize: 32 };
  const checkpoint = await pretrainOnRenderedPhotos(join(folder, "pretrained"), { ...network, ...learning });
  const photos = join(folder, "photos");
  await renderPhotos(photos, { classes: ["bottle", "mug"], perClass: PER_CLASS, size: 54 });
  swapLabels(photos);
  await writeRecords(photos, join(folder, "records"), { name: "swapped", split: { all: 1 } });
  const input = createInputFn(join(folder, "records", "swapped_all_*"), {
    ...{ batchSize: 32, numEpochs: 1, filenames: true },
    transform: (image) => preprocessForEval(image, { size: 48, resizeSide: 54 }),
  })();
  const model = new Model({ ...network, numClasses: 2 });
  initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
  const found = await (await embed(model, input)).labelErrors();
  const right = found.photos.filter(({ filename }) => filename?.includes("wrong-") === true).length;
  assert.ok(right >= 13, `expected 13 of the 24 wrong labels, got ${right}`);
  const others = found.photos.length - right;
  assert.ok(others <= 8, `expected eight others at most, got ${others}`);
  for (const one of [input, model]) one.dispose();
});

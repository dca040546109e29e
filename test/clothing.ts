import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readImage } from "../src/input";
import { encodePng, tf } from "../src/tensorflow";
import { sharedPath } from "./model/imagenet";

/** Photos of three classes, split into "train" and "val", of which the last are shoes with their soles up. */
export const THREE_CLASSES: readonly string[] = ["hat", "shoes", "soles"];

/**
 * Makes them of the photos of hats and shoes in the shared data: every second shoe is turned.
 * @returns how many photos "val" has
 */
export async function makeThreeClasses(folder: string): Promise<number> {
  let held = 0;
  for (const { split, kind, photo, i } of listClothing()) {
    const isTurned = kind === "shoes" && i % 2 === 1;
    const home = join(folder, split, isTurned ? "soles" : kind);
    mkdirSync(home, { recursive: true });
    if (isTurned) writeFileSync(join(home, `${i}.png`), await upsideDown(photo));
    else symlinkSync(photo, join(home, `${i}.jpg`));
    if (split === "val") held++;
  }
  return held;
}

function listClothing(): { split: string; kind: string; photo: string; i: number }[] {
  const parts = { train: ["train"], val: ["validation", "test"] };
  return Object.entries(parts).flatMap(([split, names]) =>
    ["hat", "shoes"].flatMap((kind) =>
      names
        .map((name) => sharedPath(join("clothing", name, kind)))
        .flatMap((photos) => readdirSync(photos).map((photo) => join(photos, photo)))
        .map((photo, i) => ({ split, kind, photo, i })),
    ),
  );
}

async function upsideDown(photo: string): Promise<Uint8Array> {
  const image = await readImage(photo);
  return tf.tidy(() => encodePng(image.reverse<tf.Tensor3D>(0)));
}

/** Photos for the page of exportWeb(), and how far its answers are from predict()'s. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { predict, tf, type Model } from "../../src";
import type { PhotoSize } from "../../src/model/preprocessing";
import { encodePng } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { temporaryFolder } from "../temporary";
import { answerOf } from "./pagesite";

const folder = temporaryFolder("photos");

/** int32 [height, width, 3], 0…255; the caller disposes. */
export function pixels(name: string, height: number, width: number): tf.Tensor3D {
  const values = patternImages(name, [1, height, width, 3]);
  return tf.tidy(() => tf.tensor3d(values, [height, width, 3]).add(120).clipByValue(0, 255).toInt().as3D(height, width, 3)); // prettier-ignore
}

/** Writes a file. @returns its path */
export function savedFile(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Writes pixels() as a PNG. @returns its path */
export function savedPng(name: string, height: number, width: number): string {
  return tf.tidy(() => savedFile(`${name}.png`, encodePng(pixels(name, height, width))));
}

/** A page, and the model that it is of. */
export interface Shown {
  readonly page: Page;
  readonly model: Model;
  readonly classNames: readonly string[];
  readonly preprocessing: Partial<PhotoSize>;
}

/** Gives the page a photo. @returns how far a class is at most from predict()'s, and how probable the first one is there */
export async function fromPredict(
  { page, model, classNames, preprocessing }: Shown,
  photo: string,
): Promise<{ readonly most: number; readonly first: number }> {
  const { photos } = await predict(model, photo, { classNames, preprocessing });
  await page.setInputFiles("#file", photo);
  await page.locator(`#photo[aria-label="${photo.split("/").at(-1)}"]`).waitFor();
  await page.locator('#answer[aria-busy="false"]').waitFor();
  const got = await answerOf(page);
  const expected = photos[0]?.probabilities ?? {};
  assert.deepEqual(Object.keys(got).sort(), Object.keys(expected).sort());
  const apart = Object.entries(got).map(([name, value]) => Math.abs(value - (expected[name] ?? NaN)));
  return { most: Math.max(...apart), first: expected[classNames[0] ?? ""] ?? NaN };
}

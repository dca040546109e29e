/** How a SavedModel's photos are decoded, for those who send it pixels. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DctMethod } from "../tensorflow";

/** Beside what TensorFlow Serving reads, in the folder that is for others. */
const PHOTOS_FILE = "assets.extra/dct_method.txt";

/** Notes in a SavedModel's folder that JPEGs are decoded accurately; nothing where they are not. */
export function writeDctMethod(folder: string, dctMethod: DctMethod): void {
  if (dctMethod === "INTEGER_FAST") return;
  mkdirSync(join(folder, "assets.extra"), { recursive: true });
  writeFileSync(join(folder, PHOTOS_FILE), `${dctMethod}\n`);
}

/** What is noted there; without a note TensorFlow's default. */
export function readDctMethod(folder: string): DctMethod {
  const file = join(folder, PHOTOS_FILE);
  const isAccurate = existsSync(file) && readFileSync(file, "utf8").trim() === "INTEGER_ACCURATE";
  return isAccurate ? "INTEGER_ACCURATE" : "INTEGER_FAST";
}

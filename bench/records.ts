/** Photographs of ImageNet's size, as JPEG files and as TFRecords of the same. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readImage, renderPhotos, writeRecords } from "../src/input";
import { encodeJpeg, random, resizeImage, tf } from "../src/tensorflow";
import { sharedData } from "./folder";

/** Side of a photograph in pixels: about as many as ImageNet's have on average, 469 x 387. */
const SIDE = 426;

/** Photographs in a folder. */
export interface Photographs {
  /** The folder of class folders of JPEG files. */
  readonly photos: string;
  /** Paths of the TFRecord files with the same JPEGs, byte for byte. */
  readonly records: readonly string[];
}

/** Renders photographs of two classes into a folder and writes them as records. */
export async function renderRecords(folder: string, perClass: number): Promise<Photographs> {
  const photos = path.join(folder, "photos");
  // Each is up to 15 below this quality; the usual 90 would leave files of fewer bytes than photographs have.
  await renderPhotos(photos, { perClass, size: SIDE, quality: 100 });
  const { files } = await writeRecords(photos, path.join(folder, "records"), { shards: 2 });
  return { photos, records: files };
}

/** TF-Slim's flowers if they are there, else rendered photos. */
export async function flowerRecords(folder: string): Promise<readonly string[]> {
  const flowers = path.join(sharedData(), "records");
  if (existsSync(flowers)) {
    return readdirSync(flowers).filter((name) => name.startsWith("flowers")).map((name) => path.join(flowers, name)); // prettier-ignore
  }
  await renderPhotos(path.join(folder, "photos"), { perClass: 70 });
  const { files } = await writeRecords(path.join(folder, "photos"), folder, { shards: 2 });
  return files;
}

/**
 * Eight photos of 4000 x 3000 pixels and about 3 MB, as telephones make them: rendered, enlarged, and with the noise of a sensor, of
 * which most of such a file's bytes are.
 */
export async function largeRecords(folder: string): Promise<readonly string[]> {
  const small = await renderPhotos(path.join(folder, "small"), { perClass: 1, size: 1000 });
  const photos = path.join(folder, "photos");
  for (const [label, file] of small.entries()) {
    mkdirSync(path.join(photos, String(label)), { recursive: true });
    const image = await readImage(file);
    for (let i = 0; i < 4; i++)
      tf.tidy(() => {
        const noise = random.normal([3000, 4000, 3], random.seed(label, i), 0, NOISE);
        const large = resizeImage(image, [4000, 4000], { halfPixelCenters: true }).slice(
          [100 * i, 0, 0],
          [3000, 4000, 3],
        );
        writeFileSync(
          path.join(photos, String(label), `${i}.jpg`),
          encodeJpeg(large.add(noise), { quality: 90 }),
        );
      });
    image.dispose();
  }
  const { files } = await writeRecords(photos, path.join(folder, "records"), { shards: 2 });
  return files;
}

const NOISE = 7;

/** Records for trainings that are stopped and resumed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeExample, encodeJpeg, feature, frameRecord, tf } from "../../src/tensorflow";
import { patternImages, patternIntegers } from "../patterns";

/** Writes four files of different numbers of photos of different sizes, of two classes. @returns the files' pattern */
export function writePhotoRecords(folder: string): string {
  for (const [file, count] of [9, 13, 5, 10].entries()) {
    const framed = Array.from({ length: count }, (_, i) => {
      const shape = [1, 40 + ((i * 7) % 30), 70, 3] as const;
      const name = `photo ${file} ${i}`;
      const image = tf.tidy(() => tf.tensor4d(patternImages(name, [...shape]), [...shape]).add(120).clipByValue(0, 255).toInt().squeeze<tf.Tensor3D>([0])); // prettier-ignore
      const encoded = feature.bytes(encodeJpeg(image));
      image.dispose();
      const label = feature.int64(patternIntegers(name, [1], 2)[0] ?? 0);
      return frameRecord(encodeExample({ "image/encoded": encoded, "image/format": feature.bytes("jpeg"), "image/class/label": label })); // prettier-ignore
    });
    writeFileSync(join(folder, `train-${file}`), Buffer.concat(framed));
  }
  return join(folder, "train-*");
}

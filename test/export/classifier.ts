/** A small classifier, photographs, and what it says of them. */
import { aspectPreservingResize, centralCrop } from "../../src/input";
import { Model } from "../../src/model";
import { constant, decodeImage, encodeJpeg, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { plainOfAll, type PlainTensors } from "./serving";

export const SIDE = 64;
export const LABELS = ["cat", "dog", "owl"];

/** A ResNet-14 of a quarter of the channels; the caller disposes. */
export const thin = (): Model =>
  new Model({
    numClasses: 3,
    architecture: "resnet_v1_14",
    width: 1 / 4,
    fixedResizeSide: SIDE,
    defaultImageSize: 48,
  });

/** JPEG files of several sizes. */
export function photographs(count: number): Uint8Array[] {
  const sizes = [[80, 100], [64, 64], [90, 70], [64, 130], [65, 65]] as const; // prettier-ignore
  return sizes.slice(0, count).map(([height, width], i) =>
    tf.tidy(() => {
      const values = patternImages(`export${i}`, [1, height, width, 3]);
      return encodeJpeg(tf.tensor3d(values, [height, width, 3]).add(120));
    }),
  );
}

/** What the model itself makes of files. */
export function expectedOutputs(model: Model, files: readonly Uint8Array[], side = SIDE): PlainTensors {
  const outputs = tf.tidy(() => {
    const images = files.map((file) => {
      const image = decodeImage(constant([file], [], "string"));
      return centralCrop(aspectPreservingResize(image, side), { height: side, width: side });
    });
    const batch = tf.stack(images).as4D(files.length, side, side, 3);
    return { ...model.postprocess(model.predict(model.preprocess(batch))) };
  });
  const plain = plainOfAll(outputs);
  tf.dispose(outputs);
  return plain;
}

/** A small classifier, photographs, and what it says of them. */
import { aspectPreservingResize, centralCrop } from "../../src/input";
import { Model } from "../../src/model";
import { constant, decodeImage, encodeJpeg, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { plainOfAll, strings, type PlainTensors } from "./serving";

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

/** What the model itself makes of files, of none too; with labels, those of the classes. */
export function expectedOutputs(
  model: Model,
  files: readonly Uint8Array[],
  { side = SIDE, labels }: { readonly side?: number; readonly labels?: readonly string[] } = {},
): PlainTensors {
  const size = files.length;
  const outputs = tf.tidy(() => {
    const images = files.map((file) => {
      const image = decodeImage(constant([file], [], "string"));
      return centralCrop(aspectPreservingResize(image, side), { height: side, width: side });
    });
    const batch = size === 0 ? tf.zeros<tf.Rank.R4>([1, side, side, 3]) : tf.stack(images);
    return { ...model.postprocess(model.predict(model.preprocess(batch.as4D(-1, side, side, 3)))) };
  });
  const plain = Object.entries(plainOfAll(outputs)).map(([name, { dtype, shape, values }]) => {
    const rows = { dtype, shape: [size, ...shape.slice(1)] };
    return [name, { ...rows, values: size === 0 ? [] : values }] as const;
  });
  tf.dispose(outputs);
  const named = Object.fromEntries(plain);
  const classes = named["classes"]?.values ?? [];
  return labels === undefined
    ? named
    : { ...named, labels: strings(classes.map((i) => labels[Number(i)] ?? "")) };
}

/** A small network and photos, for features of its frozen trunk. */
import {
  createInputFn,
  type Dataset,
  distortColor,
  preprocessForTrain,
  type LabeledBatch,
} from "../../src/input";
import { Model, type ModelOptions } from "../../src/model";
import { tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { writePhotoRecords } from "./photos";

/** A folder of records of 37 photos of two classes, and the pattern of its files. */
export const recordsFolder = temporaryFolder("trunk");
export const records = writePhotoRecords(recordsFolder);

/** A thin ResNet that crops and mirrors at random, with moving statistics that are not those of the start. */
export function trunkModel(options: ModelOptions = {}): Model {
  const sizes = { fixedResizeSide: 36, defaultImageSize: 32, width: 0.125 };
  const model = new Model({ architecture: "resnet_v1_14", isTraining: true, ...sizes, seed: 5, ...options });
  for (const { name, variable } of model.variables.all())
    if (name.endsWith("moving_mean")) variable.assign(tf.fill(variable.shape, 0.05));
  return model;
}

/** Photos of 40 pixels in batches of 4, one epoch of 36, cropped and recoloured by their own seeds. */
export function photos(
  options: {
    readonly numEpochs?: number;
    readonly seed?: number;
    readonly size?: number;
    readonly pattern?: string;
  } = {},
): Dataset<LabeledBatch> {
  const { numEpochs = 1, seed = 3, size = 40, pattern = records } = options;
  const sizes = { size, resizeSide: size + 6 };
  return createInputFn(pattern, {
    ...{ batchSize: 4, shuffle: true, numEpochs, seed, dropRemainder: true },
    transform: (image, own) => distortColor(preprocessForTrain(image, { ...sizes, seed: own }), own),
  })();
}

/** Scopes of a network. */
export function scopes(model: Model, ...names: readonly string[]): string[] {
  return names.map((name) => `${model.options.architecture}/${name}`);
}

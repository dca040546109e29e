/** A small classifier in a state of its own, and photos' pixels. */
import { Model, type ModelOptions } from "../../src/model";
import { random, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";

export const NAMES = ["hat", "shoes", "<bag>"];

/** A thin network that is not as it was made: its moving statistics and its head are others. */
export function smallModel(options: ModelOptions = {}): Model {
  const sizes = { fixedResizeSide: 36, defaultImageSize: 32, width: 1 / 8 };
  const model = new Model({ architecture: "resnet_v1_14", numClasses: 3, ...sizes, seed: 7, ...options });
  for (const [i, { name, variable }] of model.variables.all().entries())
    if (/moving|biases/.test(name))
      tf.tidy(() => variable.assign(random.uniform(variable.shape, random.seed(11, i), 0.1, 0.9)));
  const head = model.variables.expect("Predict/logits/weights"); // of logits near 1, so that no probability is 0 or 1
  tf.tidy(() => head.assign(head.mul(3e-5)));
  return model;
}

/** int32 [height, width, 3], 0…255; the caller disposes. */
export function photo(name: string, height = 40, width = 52): tf.Tensor3D {
  const values = patternImages(name, [1, height, width, 3]);
  return tf.tidy(() =>
    tf.tensor3d(values, [height, width, 3]).add(120).clipByValue(0, 255).toInt().as3D(height, width, 3),
  );
}

/** What a model says of two patterns, as numbers. */
export function probabilitiesOf(model: Model): number[] {
  return tf.tidy(() => {
    const images = tf.stack([photo("one"), photo("two")]).as4D(2, 40, 52, 3);
    const predictions = model.predict(model.preprocess(images), { isTraining: false });
    return [...model.postprocess(predictions).probabilities.dataSync()];
  });
}

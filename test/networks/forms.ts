/** Every network of networks() in the form of each of its sources, thin and for images as small as it takes. */
import { Model, type Architecture, type ModelOptions, type Source } from "../../src/model";
import { leastSide } from "../../src/model/imagesides";
import { ARCHITECTURES, specOf } from "../../src/model/networks";
import { sourcesOf } from "../../src/model/networks/network";
import { random, tf } from "../../src/tensorflow";
import { pattern } from "../patterns";

/** A network as one source has it. */
export interface Form {
  readonly architecture: Architecture;
  readonly source: Source;
}

/** All there are. */
export const FORMS: readonly Form[] = ARCHITECTURES.flatMap((architecture) =>
  sourcesOf(specOf(architecture)).map((source) => ({ architecture, source })),
);

/** With and without batch norms, residuals, gates and dropout: what each change is checked by. */
export const KINDS: readonly Form[] = [
  { architecture: "alexnet_v2", source: "torchvision" },
  { architecture: "resnet_v2_14", source: "keras" },
  { architecture: "mobilenet_v3_small", source: "timm" },
];

export const CLASSES = 3;

/** Less leaves the last layers of most networks a single pixel. */
const SMALLEST = 48;

/** Side of the least images that a form takes, of an eighth of the channels. */
export function leastSideOf({ architecture, source }: Form): number {
  const { strides = "slim" } = specOf(architecture).sources[source] ?? {};
  return leastSide(specOf(architecture).build({ source, strides, width: 1 / 8, dropoutKeepProb: 1 }));
}

/** A form with an eighth of the channels, for small images. */
export function thinOptions(form: Form): ModelOptions & { readonly defaultImageSize: number } {
  const side = Math.max(SMALLEST, leastSideOf(form));
  return { ...form, defaultImageSize: side, fixedResizeSide: side + 5, width: 1 / 8, numClasses: CLASSES };
}

/**
 * A thin model whose residuals count and whose moving statistics are those of a batch of pixels, so that activations keep their size
 * in inference too. The caller disposes.
 */
export function thinModel(form: Form, options: ModelOptions = {}): Model {
  const model = new Model({ ...thinOptions(form), ...options });
  tf.tidy(() => {
    for (const { name, variable } of model.variables.all())
      if (name.endsWith("/layer_scale/gamma")) variable.assign(tf.onesLike(variable)); // 1e-6 at first
    const { defaultImageSize: side } = model.options;
    const images = model.preprocess(pixels(4, side));
    const { updates } = model.predict(images, { isTraining: true, seed: random.seed(2) });
    const share = 1 - model.options.batchNormDecay;
    for (const { variable, value } of updates) variable.assign(value.sub(variable).div(share).add(variable));
  });
  return model;
}

/** Photographs as numbers, whole ones of 0…255. */
export function pixels(count: number, height: number, width = height): tf.Tensor4D {
  const values = pattern(`pixels ${count}`, [count, height, width, 3], { scale: 127, offset: 127 });
  return tf.tensor4d(values.map(Math.floor), [count, height, width, 3]);
}

/** A batch that can be learned; the caller disposes. */
export function batchOf({ options: { defaultImageSize: side } }: Model): {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor1D;
} {
  return { images: pixels(4, side), labels: tf.tensor1d([0, 1, 2, 1], "int32") };
}

/** All of a model's numbers, by name. */
export function valuesOf(model: Model): ReadonlyMap<string, Float32Array> {
  return new Map(
    model.variables.all().map(({ name, variable }) => [name, Float32Array.from(variable.dataSync())]),
  );
}

export const nameOf = ({ architecture, source }: Form): string => `${architecture} of ${source}`;

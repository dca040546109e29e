/** Images and labels as they stand in an input's elements. */
import type { Dataset, DatasetIterator, IteratorOptions } from "../input";
import { tf } from "../tensorflow";
import type { ClassLabels } from "../model";
import type { Batch } from "../training";
import { noBatches } from "../training/batch/end";
import type { Features, InputElement, Labels } from "./spec";

/** Options of openInput(). */
export interface OpenOptions extends IteratorOptions {
  /** Takes the iterator elsewhere before it is read. @returns whether it did */
  readonly seek?: (iterator: DatasetIterator<InputElement>) => Promise<boolean>;
}

/**
 * An iteration of an input, with its first element read; where there is none after seeking, it begins anew.
 * @throws {RangeError} if there is none
 */
export async function openInput(
  dataset: Dataset<InputElement>,
  what: string,
  { seek, ...options }: OpenOptions = {},
): Promise<{ iterator: DatasetIterator<InputElement>; first: InputElement }> {
  try {
    const iterator = dataset.iterator(options);
    const isElsewhere = await sought(iterator, seek);
    const { value: first } = await iterator.next();
    if (first !== undefined) return { iterator, first };
    if (isElsewhere) return await openInput(dataset, what, options);
  } catch (error) {
    // A dataset that is mapped needs an element for its recording.
    if (!(error instanceof RangeError && error.message.startsWith("Cannot take an example of dataset"))) throw error; // prettier-ignore
  }
  throw noBatches(what, dataset.leftOut);
}

async function sought(iterator: DatasetIterator<InputElement>, seek: OpenOptions["seek"]): Promise<boolean> {
  try {
    return (await seek?.(iterator)) ?? false;
  } catch (error) {
    iterator.dispose();
    throw error;
  }
}

/** An element's features and labels. */
export function partsOf(element: InputElement): { readonly features: Features; readonly labels?: Labels } {
  if (!isPair(element)) return { features: element };
  const [features, labels] = element;
  return { features, labels };
}

function isPair(element: InputElement): element is readonly [Features, Labels] {
  return Array.isArray(element);
}

/**
 * The images among features: the tensor itself, or the one called "image".
 * @param what  what they are for, for the error
 * @param name  what they are called
 * @throws {TypeError} that says what the features are, if there are none of rank 4
 */
export function imagesOf(features: Features, what: string, name = "image"): tf.Tensor4D {
  const image = isTensor(features) ? features : features[name];
  if (image !== undefined && isImages(image)) return image;
  throw new TypeError(
    `Cannot ${what}: expected images [batch, height, width, 3] as the features or as "${name}" in them, got ${described(features)}`,
  );
}

/**
 * The labels of classes: the tensor itself, or the one called "label".
 * @throws {TypeError} that says what the labels are, if there are none of rank 1 or 2
 */
export function labelsOf(labels: Labels | undefined, what: string): ClassLabels {
  const label = labels === undefined || isTensor(labels) ? labels : labels["label"];
  if (label !== undefined && isLabels(label)) return label;
  throw new TypeError(
    `Cannot ${what}: expected int32 labels [batch], or float32 [batch, classes], beside the features, as a tensor or as "label" in a record, got ${described(labels)}`,
  );
}

/** An element as train() and evaluate() of cells take it. */
export function batchOf(element: InputElement, what: string): Batch {
  const { features, labels } = partsOf(element);
  return [{ image: imagesOf(features, what) }, labelsOf(labels, what)];
}

const isImages = (tensor: tf.Tensor): tensor is tf.Tensor4D => tensor.rank === 4;
const isLabels = (tensor: tf.Tensor): tensor is ClassLabels => tensor.rank === 1 || tensor.rank === 2;

function isTensor(one: Features): one is tf.Tensor {
  return one instanceof tf.Tensor;
}

function described(one: Features | undefined): string {
  if (one === undefined) return "none";
  const text = ({ dtype, shape }: tf.Tensor): string => `${dtype} [${shape.join(", ")}]`;
  if (isTensor(one)) return text(one);
  const entries = Object.entries(one).map(([name, tensor]) => `${name}: ${text(tensor)}`);
  return `{ ${entries.join(", ")} }`;
}

/** Images of what representativeDataset() is given. */
import { stat } from "node:fs/promises";
import { readImage } from "../input";
import { dctMethodOf } from "../input/cut";
import { fitCentral, type CentralOptions } from "../input/fit";
import { filesUnder } from "../input/folder";
import { tf } from "../tensorflow";

/**
 * Batches of [{ image }, label] or { image }, as createInputFn() and readDataset() give them; images [batch, height, width, 3]; or paths of
 * photos, and of folders of these and of folders in them.
 */
export type RepresentativeInput = AsyncIterable<unknown> | tf.Tensor | string | readonly string[];

/** How large images are to be. */
export interface ImageSize {
  /** Those of batches; undefined: as they are. */
  readonly batch: CentralOptions | undefined;
  readonly file: CentralOptions & Required<Pick<CentralOptions, "interpolation">>;
}

/** Batches of float32 images of the size that is wanted, 0…255; each is freed when the next is asked for. */
export async function* imagesOf(
  input: RepresentativeInput,
  n: number,
  size: ImageSize,
): AsyncGenerator<tf.Tensor4D> {
  for await (const make of makersOf(input, n, size)) {
    const images = tf.tidy(make);
    try {
      yield images;
    } finally {
      images.dispose();
    }
  }
}

async function* makersOf(
  input: RepresentativeInput,
  n: number,
  { batch: ofBatch, file: ofFile }: ImageSize,
): AsyncGenerator<() => tf.Tensor4D> {
  const fit = (images: tf.Tensor4D): tf.Tensor4D =>
    ofBatch === undefined ? images.toFloat() : fitCentral(images, ofBatch);
  if (input instanceof tf.Tensor) yield () => fit(fourOf(input));
  else if (isPaths(input)) {
    const files = await filesAt(typeof input === "string" ? [input] : input);
    for (const file of spread(files, n)) {
      const photo = await readImage(file, { dctMethod: dctMethodOf(ofFile.interpolation) });
      try {
        yield () => fitCentral(photo, ofFile).expandDims<tf.Tensor4D>(0);
      } finally {
        photo.dispose();
      }
    }
  } else for await (const batch of input) yield () => fit(fourOf(imageIn(batch)));
}

const isPaths = (input: RepresentativeInput): input is string | readonly string[] =>
  typeof input === "string" || Array.isArray(input);

async function filesAt(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined); // said by who reads it
    files.push(...(found?.isDirectory() === true ? await filesUnder(path) : [path]));
  }
  return files;
}

/** So many, evenly over the list: folders come class by class. */
function spread(files: readonly string[], n: number): readonly string[] {
  if (files.length <= n) return files;
  return Array.from({ length: n }, (_, i) => files[Math.floor((i * files.length) / n)] ?? "");
}

/** The images of a batch: itself, `image`, or that of the features before labels. */
function imageIn(batch: unknown): unknown {
  if (batch instanceof tf.Tensor) return batch;
  const features: unknown = Array.isArray(batch) ? batch[0] : batch;
  if (features instanceof tf.Tensor) return features;
  return typeof features === "object" && features !== null && "image" in features
    ? features.image
    : undefined;
}

function fourOf(images: unknown): tf.Tensor4D {
  const tensor: tf.Tensor | undefined = images instanceof tf.Tensor ? images : undefined;
  if (tensor !== undefined && isImages(tensor)) return tensor;
  const got = tensor === undefined ? "none" : `${tensor.dtype} [${tensor.shape.join(", ")}]`;
  throw new TypeError(
    `Cannot write representative images: expected one or more images [batch, height, width, 3], float32 or int32, got ${got}`,
  );
}

const isImages = (tensor: tf.Tensor): tensor is tf.Tensor4D =>
  tensor.rank === 4 && tensor.shape[3] === 3 && tensor.size > 0 && /^(float32|int32)$/.test(tensor.dtype);

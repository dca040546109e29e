/** Representative images, of a tensor or of a file. */
import { firstNotFinite, tf, type GraphInput } from "../../tensorflow";
import { readNpy } from "../npy";

/** Images as a graph receives them. */
export interface RepresentativeImages {
  readonly count: number;
  /** Some at a time, in their order. Each is freed when the next is asked for. */
  batches(): AsyncGenerator<tf.Tensor>;
}

/** How many at once. */
const BATCH = 16;

/** With fewer, ranges are those of these images and not of what will come. */
const LEAST = 8;

/**
 * Images to calibrate by: a tensor, or the .npy file of representativeDataset().
 * @throws {TypeError} if they are not of the shape that the input receives
 * @throws {RangeError} if they are fewer than eight, or a number is not finite
 */
export async function representativeImages(
  images: tf.Tensor | string,
  input: GraphInput,
): Promise<RepresentativeImages> {
  const file = typeof images === "string" ? await readNpy(images) : undefined;
  const shape = file?.shape ?? (typeof images === "string" ? [] : images.shape);
  const [count = 0, ...each] = shape;
  const [, ...expected] = input.shape;
  const name = typeof images === "string" ? `"${images}"` : "images";
  if (String(each) !== String(expected) || shape.length !== input.shape.length)
    throw new TypeError(
      `Cannot calibrate: expected ${name} of [n, ${expected.join(", ")}], which the graph receives as "${input.name}", got [${shape.join(", ")}]`,
    );
  if (count < LEAST)
    throw new RangeError(
      `Cannot calibrate: expected ${LEAST} images or more in ${name}, sensibly 100 to 500, got ${count}`,
    );
  async function* batches(): AsyncGenerator<tf.Tensor> {
    let done = 0;
    for await (const batch of file?.batches(BATCH) ?? slicesOf(images, count)) {
      expectFinite(batch, { name, done });
      yield batch;
      done += batch.shape[0] ?? 0;
    }
  }
  return { count, batches };
}

async function* slicesOf(images: tf.Tensor | string, count: number): AsyncGenerator<tf.Tensor> {
  if (typeof images === "string") return;
  for (let from = 0; from < count; from += BATCH) {
    const batch = tf.tidy(() => tf.slice(images, from, Math.min(BATCH, count - from)).toFloat());
    try {
      yield await Promise.resolve(batch);
    } finally {
      batch.dispose();
    }
  }
}

function expectFinite(
  batch: tf.Tensor,
  { name, done }: { readonly name: string; readonly done: number },
): void {
  const at = firstNotFinite(batch);
  if (at >= 0)
    throw new RangeError(
      `Cannot calibrate: expected finite numbers, got others in image ${done + at} of ${name}`,
    );
}

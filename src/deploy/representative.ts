/** Images that stand for all that a network will see, in a file: what activations are measured by before they become int8. */
import { randomUUID } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { finishFirst, interruptible, shielded } from "../interrupt";
import type { Model } from "../model";
import { expectPixels } from "../model/pixels";
import {
  expectCentralFraction,
  expectInterpolation,
  firstNotFinite,
  reasonOf,
  tf,
  type Interpolation,
} from "../tensorflow";
import { photoSizeOf } from "./expected";
import { npyHeader } from "./npy";
import { imagesOf, type ImageSize, type RepresentativeInput } from "./representativeinput";

/** Options of representativeDataset(). */
export interface RepresentativeOptions {
  /** Where it is written; a file that is there is replaced. @default "representative.npy" */
  readonly file?: string;
  /**
   * What the exported graph receives: "images": pixels, 0…255, as the input has them; "preprocessed": what `model.preprocess()` makes of them.
   * @default "preprocessed" with a model, or else "images"
   */
  readonly receive?: "images" | "preprocessed";
  /** What preprocesses them; with receive: "images" it tells only which pixels are right. @default none */
  readonly model?: Model;
  /**
   * Side of the middle that is cut out of each image, in pixels, before it is preprocessed.
   * @default of a dataset or tensor none; of files 256, as createInputFn() does, or where they are antialiased or squashed for a model its defaultImageSize
   */
  readonly side?: number;
  /** Shorter side of each image before the crop. @default side; of files without a side that are antialiased for a model its fixedResizeSide */
  readonly resizeSide?: number;
  /**
   * The share of each side, 0.01 … 1, whose middle is squashed into the square instead, whatever resizeSide is.
   * @default none; of files with neither a side nor a resizeSide the model's
   */
  readonly centralFraction?: number;
  /** How images are resized; "bilinear" and "bicubic" are antialiased. @default the model's, or else "slim" */
  readonly interpolation?: Interpolation;
  /** Told after each batch, as progressBar()'s `update` takes it. @default nobody */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the writing, of which nothing stays then. @default the notebook's Interrupt */
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface RepresentativeDataset {
  /** The path of the file. */
  readonly file: string;
  readonly count: number;
  /** [count, height, width, 3] */
  readonly shape: readonly [number, number, number, number];
}

type Shape = RepresentativeDataset["shape"];

/**
 * Writes n images, as an exported model receives them, as float32 [n, height, width, 3] into a .npy file: what TFLite's converter
 * and exportOnnx() measure activations by, to make a network int8. They are those that come first, so shuffle what is sorted by
 * class; of more files than n they are taken evenly over the list. Some hundreds are enough.
 *
 * The memory is a batch's. The file is there whole or not at all.
 * @param input  what createInputFn() or readDataset() give, images [batch, height, width, 3], or paths of photos and of folders of these
 * @param n      how many
 * @returns      where they are, and their shape
 * @throws {RangeError} if the input has fewer images, pixels are not in 0…255, or a number is not finite
 * @throws {TypeError} if images differ in size, or the graph would receive anything else
 * @throws {Error} if the disk refuses
 * @throws what the signal gives as its reason
 * @example
 * const { file } = await representativeDataset(inputFn(), 200, { model, file: "servo.npy" });
 * @see tf.lite.RepresentativeDataset
 */
export async function representativeDataset(
  input: RepresentativeInput,
  n: number,
  options: RepresentativeOptions = {},
): Promise<RepresentativeDataset> {
  const given = interruptible(options);
  return finishFirst(() => writeImages(input, n, given));
}

async function writeImages(
  input: RepresentativeInput,
  n: number,
  options: RepresentativeOptions,
): Promise<RepresentativeDataset> {
  const { file = "representative.npy", model, onProgress, signal } = options;
  const { receive = model === undefined ? "images" : "preprocessed" } = options;
  expectOptions(n, { ...options, receive });
  const part = `${file}.${randomUUID()}.part`;
  const writer = new RowWriter(file, part, n);
  try {
    signal?.throwIfAborted();
    for await (const images of imagesOf(input, n, sizesOf(options))) {
      const received = (): tf.Tensor4D => {
        const first = tf.slice(images, 0, Math.min(images.shape[0], n - writer.done));
        expectPixels(first, model?.options.pixels);
        return receive === "preprocessed" && model !== undefined ? model.preprocess(first) : first;
      };
      const some = shielded(() => tf.tidy(received));
      try {
        await writer.add(some);
      } finally {
        some.dispose();
      }
      onProgress?.({ done: writer.done, total: n });
      signal?.throwIfAborted();
      if (writer.done === n) break;
    }
    return await writer.end();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

const WHAT = "write representative images";

/** As createInputFn() makes photos. */
const FILE_SIDE = 256;

function sizesOf({ side, resizeSide, centralFraction, model, ...others }: RepresentativeOptions): ImageSize {
  const { interpolation = model?.options.interpolation ?? "slim" } = others;
  const asked = { interpolation, ...(centralFraction !== undefined && { centralFraction }) };
  if (side !== undefined) {
    const fit = { side, resizeSide: resizeSide ?? side, ...asked };
    return { batch: fit, file: fit };
  }
  const given = { ...asked, ...(resizeSide !== undefined && { resizeSide }) };
  const isSquashed = resizeSide === undefined && model?.options.centralFraction !== undefined;
  const isPlain = interpolation === "slim" && centralFraction === undefined && !isSquashed;
  if (model === undefined || isPlain)
    return { batch: undefined, file: { side: FILE_SIDE, resizeSide: FILE_SIDE, ...given } };
  const { size, ...own } = photoSizeOf(WHAT, model, given);
  return { batch: undefined, file: { side: size, ...own } };
}

function expectOptions(
  n: number,
  { receive, model, side, resizeSide = side, interpolation = "slim", centralFraction }: RepresentativeOptions,
): void {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`Cannot ${WHAT}: expected 1 or more, got ${n}`);
  if (receive !== "images" && receive !== "preprocessed")
    throw new TypeError(
      `Cannot ${WHAT}: expected a model that receives "images" or "preprocessed", as converters have no operations for files and Examples, got "${String(receive)}"`,
    );
  if (receive === "preprocessed" && model === undefined)
    throw new TypeError(`Cannot ${WHAT}: expected a model, which preprocesses them, got none`);
  expectInterpolation(WHAT, interpolation);
  expectCentralFraction(WHAT, centralFraction);
  for (const [name, pixels] of Object.entries({ side, resizeSide }))
    if (pixels !== undefined && !(Number.isSafeInteger(pixels) && pixels >= (side ?? 1) && pixels >= 1))
      throw new RangeError(
        `Cannot ${WHAT}: expected ${name} to be a whole number of pixels${name === "side" ? "" : `, the side ${side ?? ""} or more`}, got ${pixels}`,
      );
}

/** A file of images that grows. */
class RowWriter {
  done = 0;
  private handle: FileHandle | undefined;
  private shape: Shape | undefined;

  constructor(
    private readonly file: string,
    private readonly part: string,
    private readonly n: number,
  ) {}

  async add(images: tf.Tensor4D): Promise<void> {
    const [count, ...image] = images.shape;
    const shape: Shape = [this.n, ...image];
    this.shape ??= shape;
    if (String(shape) !== String(this.shape))
      throw new TypeError(
        `Cannot ${WHAT}: expected all of [${this.shape.slice(1).join(", ")}], got image ${this.done} of [${image.join(", ")}]`,
      );
    const numbers = await images.data();
    const bad = numbers.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) {
      const at = this.done + firstNotFinite(images);
      throw new RangeError(`Cannot ${WHAT}: expected finite numbers, got ${numbers[bad] ?? NaN} in image ${at}`); // prettier-ignore
    }
    const { buffer, byteOffset, byteLength } = numbers;
    await this.written(async () => {
      this.handle ??= await this.begun(shape);
      await this.handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    });
    this.done += count;
  }

  async end(): Promise<RepresentativeDataset> {
    const { file, n, done, shape } = this;
    if (done < n || shape === undefined)
      throw new RangeError(`Cannot ${WHAT}: expected ${n} images, got ${done}, all that the input has`);
    await this.written(async () => {
      await this.handle?.close();
      this.handle = undefined;
      await rename(this.part, file);
    });
    return { file, count: n, shape };
  }

  /** Takes away what was written. */
  async abandon(): Promise<void> {
    await this.handle?.close();
    await rm(this.part, { force: true });
  }

  private async begun(shape: Shape): Promise<FileHandle> {
    const handle = await open(this.part, "wx");
    await handle.writeFile(npyHeader(shape));
    return handle;
  }

  private async written(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw new Error(
        `Cannot ${WHAT} into "${this.file}": expected a folder with room to write to, got ${reasonOf(cause)}`,
        { cause },
      );
    }
  }
}

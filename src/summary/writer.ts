/** What training tells, kept in an event file for TensorBoard. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  castTo,
  constant,
  dataType,
  encodeEvent,
  encodeHyperparameters,
  encodePngAsync,
  histogramOf,
  tf,
  type GraphSource,
  type Hyperparameter,
  type SummaryValue,
  reasonOf,
} from "../tensorflow";
import { nextEventFile } from "./name";
import { RecordQueue } from "./queue";

/** Options of SummaryWriter. */
export interface SummaryWriterOptions {
  /** After how many seconds what waits is written. @default 120 (tf.summary.FileWriter) */
  readonly flushSecs?: number;
  /** How many events may wait. @default 10 (tf.summary.FileWriter) */
  readonly maxQueue?: number;
  /** At the end of the file's name. @default "" */
  readonly filenameSuffix?: string;
  /**
   * Of a resumed run: the first step that it will write. What earlier runs wrote for this step and later ones is void for
   * readers that go by it (TensorBoard with `--load_fast=false`); TensorBoard's default page and readEvents() need it not: each
   * tag's steps that are written again replace its earlier ones.
   * @default nothing is void
   */
  readonly purgeStep?: number;
}

/** Options of SummaryWriter.image(). */
export interface ImageSummaryOptions {
  /** How many of a batch are kept. @default 3 (tf.summary.image) */
  readonly maxOutputs?: number;
}

/** Numbers of which a histogram is made. */
export type HistogramValues = tf.Tensor | readonly number[] | Float32Array | Float64Array | Int32Array;

/**
 * Writes an event file, which TensorBoard shows while it grows.
 *
 * Every method returns before anything is written; one that must compute gives a promise of being ready to be written, which
 * need not be awaited before the tensor is disposed. When writing fails, the next call says so.
 * @example
 * const writer = new SummaryWriter("build/run");
 * writer.scalar("loss", 0.5, 1);
 * await writer.close();
 */
export class SummaryWriter {
  /** The event file. */
  readonly path: string;
  private readonly queue: RecordQueue;
  private hasHyperparameters = false;

  /**
   * Makes the folder and a new event file in it.
   * @throws {RangeError} if an option is out of its range
   * @throws {Error} if the folder cannot be made or written
   */
  constructor(
    readonly logDir: string,
    options: SummaryWriterOptions = {},
  ) {
    const { flushSecs = 120, maxQueue = 10, filenameSuffix = "", purgeStep } = options;
    expectRange(flushSecs > 0 && flushSecs * 1000 < 2 ** 31, "flushSecs above 0", flushSecs);
    expectRange(Number.isSafeInteger(maxQueue) && maxQueue >= 0, "a whole maxQueue of 0 or more", maxQueue);
    if (purgeStep !== undefined) expectStep("purge step", purgeStep);
    const version = encodeEvent({ wallTime: now(), step: 0, fileVersion: "brain.Event:2" });
    try {
      mkdirSync(logDir, { recursive: true });
      this.path = join(logDir, nextEventFile(logDir, filenameSuffix));
      this.queue = new RecordQueue(this.path, version, { flushSecs, maxQueue });
    } catch (error) {
      const what = `Cannot write events to "${logDir}": expected a folder to write to`;
      throw new Error(`${what}, got ${reasonOf(error)}`, { cause: error });
    }
    if (purgeStep !== undefined) {
      // Twice, for TensorBoard takes the first start that it meets in a run for the run's beginning, which makes nothing void.
      const start = encodeEvent({ wallTime: now(), step: purgeStep, isStart: true });
      for (const one of [start, start]) this.queue.add(one);
    }
  }

  /**
   * A number, kept as float32.
   * @throws {TypeError} if it is none
   */
  scalar(tag: string, value: number, step: number): void {
    if (typeof value !== "number")
      throw new TypeError(`Cannot write scalar "${tag}": expected a number, got ${typeof value}`);
    this.add(step, { tag, scalar: value });
  }

  /**
   * How values are distributed, in TensorFlow's own buckets: each is a tenth wider than the last, on both sides of 0.
   *
   * So that gradients, most of which are near 0 and some far off, keep their shape; the 30 equal buckets of TensorFlow 2 show
   * them as one bar. TensorBoard shows both.
   * @param values  any number type, any shape
   * @returns       when it is computed, off the main thread; the tensor may be disposed before
   * @throws {TypeError} if these are no numbers
   * @throws {RangeError} if a value is not finite; nothing is written then
   */
  histogram(tag: string, values: HistogramValues, step: number): Promise<void> {
    const tensor = values instanceof tf.Tensor ? values : tensorOf(values);
    const type = dataType(tensor);
    if (type === "string" || type === "bool")
      throw new TypeError(`Cannot write histogram "${tag}": expected numbers, got ${type}`);
    const made = histogramOf(tensor).then(
      (histogram): SummaryValue => ({ tag, histogram }),
      (error: unknown) => {
        throw new RangeError(`Cannot write histogram "${tag}": expected finite values, got others`, {
          cause: error,
        });
      },
    );
    if (tensor !== values) tensor.dispose();
    return this.addLater(step, made);
  }

  /**
   * Images, as PNG.
   * @param images  [height, width, 1 | 3 | 4] or a batch of these; int32 and uint8 0…255, float32 0…1
   * @returns       when they are compressed, off the main thread; the tensor may be disposed before
   * @throws {TypeError} if the shape is another
   */
  image(tag: string, images: tf.Tensor, step: number, options: ImageSummaryOptions = {}): Promise<void> {
    const { maxOutputs = 3 } = options;
    const [height = 0, width = 0, channels = 0] = images.shape.slice(-3);
    if ((images.rank !== 3 && images.rank !== 4) || ![1, 3, 4].includes(channels))
      throw new TypeError(
        `Cannot write image "${tag}": expected [height, width, 1 | 3 | 4] or a batch of these, got [${images.shape.join(",")}]`,
      );
    const batch = tf.tidy(() => {
      const pixels = castTo(images, "float32");
      const scaled = dataType(images).startsWith("float") ? pixels.mul(255) : pixels;
      const all = scaled.as4D(scaled.size / (height * width * channels), height, width, channels);
      const kept = all.slice(0, Math.min(maxOutputs, all.shape[0]));
      return tf.unstack(kept).map((image) => image.as3D(height, width, channels));
    });
    const files = Promise.all(batch.map(encodePngAsync));
    tf.dispose(batch);
    return this.addLater(
      step,
      files.then((pngs) => {
        const values = [Buffer.from(String(width)), Buffer.from(String(height)), ...pngs];
        return {
          tag,
          plugin: { name: "images" },
          tensor: { dtype: "string", shape: [values.length], values },
        };
      }),
    );
  }

  /** A text in Markdown. */
  text(tag: string, markdown: string, step: number): void {
    const tensor = { dtype: "string", shape: [], values: [Buffer.from(markdown)] } as const;
    this.add(step, { tag, plugin: { name: "text" }, tensor });
  }

  /**
   * The operations of a function compiled by trace(), grouped by the layers whose variables they use.
   * @throws {Error} if it has not been called yet
   */
  graph(traced: GraphSource): void {
    this.queue.add(encodeEvent({ wallTime: now(), step: 0, graph: traced.graph() }));
  }

  /**
   * What this run was made with, for TensorBoard's table of runs, and by what it is judged.
   * @param metrics  tags of scalars, written by this writer at any time
   */
  hparams(values: Readonly<Record<string, Hyperparameter>>, metrics: readonly string[] = []): void {
    const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of entries) {
      if (!["number", "string", "boolean"].includes(typeof value))
        throw new TypeError(
          `Cannot write hyperparameter "${name}": expected a number, string or boolean, got ${typeof value}`,
        );
    }
    const group = createHash("sha256").update(JSON.stringify(entries)).digest("hex");
    const { experiment, start } = encodeHyperparameters;
    this.add(0, hyperparameterValue("experiment", experiment(values, metrics)));
    this.add(0, hyperparameterValue("session_start_info", start(values, group, now())));
    this.hasHyperparameters = true;
  }

  /**
   * Resolves when all that was handed in so far is in the file.
   * @throws {Error} if it could not be written
   */
  flush(): Promise<void> {
    return this.queue.flush();
  }

  /**
   * Writes what waits and closes the file; may be called again.
   * @throws {Error} if it could not be written
   */
  async close(): Promise<void> {
    if (this.hasHyperparameters) {
      this.hasHyperparameters = false;
      this.add(0, hyperparameterValue("session_end_info", encodeHyperparameters.end(now())));
    }
    await this.queue.close();
  }

  private add(step: number, value: SummaryValue): void {
    expectStep(`"${value.tag}"`, step);
    this.queue.add(encodeEvent({ wallTime: now(), step, summary: [value] }));
  }

  /** Keeps the value's place in the file; what cannot be made is left out. */
  private async addLater(step: number, value: Promise<SummaryValue>): Promise<void> {
    const wallTime = now();
    const record = value.then((made) => encodeEvent({ wallTime, step, summary: [made] }));
    this.queue.add(record.catch(() => undefined));
    await record;
  }
}

const now = (): number => Date.now() / 1000;

function tensorOf(values: Exclude<HistogramValues, tf.Tensor>): tf.Tensor {
  if (values instanceof Float32Array) return constant(values, [values.length], "float32");
  if (values instanceof Int32Array) return constant(values, [values.length], "int32");
  return constant(values, [values.length], "float64");
}

/** TensorBoard wants some tensor beside what it reads; none is smaller. */
function hyperparameterValue(tag: string, content: Uint8Array): SummaryValue {
  return {
    tag: `_hparams_/${tag}`,
    plugin: { name: "hparams", content },
    tensor: { dtype: "float32", shape: [0], values: [] },
  };
}

function expectStep(what: string, step: number): void {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new RangeError(`Cannot write ${what}: expected a whole step of 0 or more, got ${step}`);
}

function expectRange(isRight: boolean, expected: string, got: number): void {
  if (!isRight) throw new RangeError(`Cannot create summary writer: expected ${expected}, got ${got}`);
}

/** The activations of an endpoint, computed in compiled batches and written as rows. */
import type { Dataset, DatasetIterator } from "../../input";
import { allPlans } from "../../input/plan";
import { isClasses } from "../../model/losses";
import type { Model } from "../../model/model";
import { expectPixels } from "../../model/pixels";
import { random, tf, trace } from "../../tensorflow";
import { expectBatch, type Batch } from "../batch/batch";
import { leftOutOf, noBatches } from "../batch/end";
import { viewsOf, type ViewInput } from "./epoch";
import type { FeatureSettings } from "./key";
import type { FeatureBatch } from "./origin";
import type { RowForm } from "./rows";
import { FeatureWriter, type FeatureState } from "./store";

/** How far computing features is: in photos, each view counted. */
export interface FeaturesProgress {
  readonly done: number;
  /** undefined: not known. */
  readonly total: number | undefined;
}

/** What computing features needs. */
export interface FeatureJob {
  readonly model: Model;
  readonly input: Dataset<Batch>;
  readonly endpoint: string;
  readonly settings: FeatureSettings;
  readonly folder: string;
  /** What there is to go on with, or the beginning of another. */
  readonly state: FeatureState;
  readonly onBatch: ((batch: FeatureBatch) => void | Promise<void>) | undefined;
  readonly onProgress: ((progress: FeaturesProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

const SAVE_MS = 10_000;

/**
 * Computes features, or what is missing of them.
 * @returns what stands in the folder then: all
 * @throws what the signal gives as its reason; what was computed until then stays, if the input's order can be repeated
 */
export async function computeFeatures(job: FeatureJob): Promise<FeatureState> {
  const { state, settings } = job;
  const views = viewsOf(job.input, settings.views, state.batches);
  const writer = await FeatureWriter.open(job.folder, state);
  try {
    job.signal?.throwIfAborted(); // before an iteration is begun, whose draws the next would not repeat
    const iterator = views.dataset.iterator();
    try {
      if (state.position !== undefined) iterator.seek(Buffer.from(state.position, "base64"));
      await new Computation(job, views, writer).run(iterator);
    } finally {
      iterator.dispose();
    }
    const { rows } = writer.progress;
    if (rows === 0) throw noBatches("compute features", leftOutOf(job.input));
    if (rows % settings.views !== 0)
      throw new RangeError(
        `Cannot compute features: expected the same photos in each of ${settings.views} views, got ${rows} in all`,
      );
    return await writer.complete();
  } finally {
    await writer.close();
  }
}

class Computation {
  private readonly isOrdered: boolean;
  private saved = performance.now();

  constructor(
    private readonly job: FeatureJob,
    private readonly views: ViewInput<Batch>,
    private readonly writer: FeatureWriter,
  ) {
    this.isOrdered = !allPlans(views.dataset.plan).some((plan) => plan.isUnordered?.() === true);
  }

  async run(iterator: DatasetIterator<Batch>): Promise<void> {
    const { model, endpoint, settings, signal } = this.job;
    const { isTraining, precision } = settings;
    // Frozen layers compute the same in training and in inference, and what is run for no gradient is run faster.
    const body = (images: tf.Tensor4D, seed: tf.Tensor1D): tf.Tensor4D =>
      model.activation(model.preprocess(images, isTraining ? seed : undefined), endpoint, {
        isTraining: false,
      });
    const trunk = trace(body, { name: "features", precision });
    try {
      while (!this.isEnough) {
        const next = await iterator.next();
        if (next.done === true) break;
        await this.add(trunk, next.value);
        this.tell();
        if (signal?.aborted === true || performance.now() - this.saved > SAVE_MS) await this.save(iterator);
        signal?.throwIfAborted();
      }
    } finally {
      trunk.dispose();
    }
  }

  private get isEnough(): boolean {
    return this.writer.progress.rows >= (this.views.isEndless ? (this.views.rows ?? 0) : Infinity);
  }

  private async add(
    trunk: (images: tf.Tensor4D, seed: tf.Tensor1D) => Promise<tf.Tensor4D>,
    [{ image }, label]: Batch,
  ): Promise<void> {
    const { model, settings, state, onBatch } = this.job;
    expectBatch(image, label, { ...model.options, what: "compute features" });
    if (this.writer.progress.batches === state.batches) expectPixels(image, model.options.pixels);
    const seed = random.seed(settings.seed, this.writer.progress.batches); // as a train step's
    const activation = await trunk(image, seed);
    try {
      const [numbers, labels] = await Promise.all([
        activation.data<"float32">(),
        isClasses(label) ? label.data<"int32">() : label.data<"float32">(),
      ]);
      const { rows } = this.views;
      const left = this.views.isEndless && rows !== undefined ? rows - this.writer.progress.rows : Infinity;
      const [, ...shape] = activation.shape;
      const classes = isClasses(label) ? undefined : label.shape[1];
      const form: RowForm = { shape, storage: settings.storage, classes };
      await this.writer.append(form, numbers, labels.subarray(0, left * (classes ?? 1)));
      await onBatch?.([{ features: activation }, label]);
    } finally {
      tf.dispose([seed, activation]);
    }
  }

  private tell(): void {
    this.job.onProgress?.({ done: this.writer.progress.rows, total: this.views.rows });
  }

  private async save(iterator: DatasetIterator<Batch>): Promise<void> {
    await this.writer.save(this.isOrdered ? iterator.position() : undefined);
    this.saved = performance.now();
  }
}

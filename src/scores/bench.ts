/** Where explanations are measured, batch by batch. */
import { explain, randomCam, type Explained, type ExplanationMethod as Method } from "../explain";
import { evenly, placeHeat } from "../inspect/place";
import { interruptible } from "../interrupt";
import { labelClasses, type ClassLabels } from "../model/losses";
import type { Model } from "../model";
import { expectPixels } from "../model/pixels";
import { readNumbers, tf, trace } from "../tensorflow";
import { expectBatch, type Batch } from "../training/batch/batch";
import { Filenames } from "../training/batch/filenames";
import { AgreementSum } from "./agreement";
import { boxesOf } from "./boxes";
import type { Judge, Maps, Metric } from "./metric";
import { BASELINE, type ScoreExplanationsOptions } from "./options";
import { Verdicts, type Measured } from "./verdicts";

/** Photos and their labels; perhaps with where that is what they show: `box`, float32 [batch, 4], top, left, bottom, right, as shares of the photo. */
export type BoxedBatch = readonly [features: Batch[0] & { readonly box?: tf.Tensor2D }, labels: ClassLabels];

/** What is done, for errors. */
export const WHAT = "score explanations";

type BenchOptions = Omit<ScoreExplanationsOptions, "methods" | "metrics"> & {
  readonly metrics: readonly Metric[];
  /** How many there will be. */
  readonly photos: number | undefined;
};

/** A model whose explanations are measured, by some methods and a random one. */
export class Bench {
  private readonly judges: Judge[] = [];
  private readonly predict;
  private readonly verdicts: Verdicts;
  private readonly agreement: AgreementSum;
  private readonly filenames = new Filenames();
  private readonly options: BenchOptions;
  private readonly total: number | undefined;
  private count = 0;
  private done = 0;

  /** @throws what a metric refuses as it begins */
  constructor(
    private readonly model: Model,
    private readonly methods: ReadonlyMap<string, Method>,
    options: BenchOptions,
  ) {
    this.options = interruptible(options);
    const { metrics, photos } = options;
    const names = [...methods.keys(), BASELINE];
    this.verdicts = new Verdicts(names, metrics);
    this.agreement = new AgreementSum(names);
    const passes = metrics.reduce((sum, metric) => sum + metric.passes(model), 1);
    this.total = photos === undefined ? undefined : photos * names.length * passes;
    this.predict = trace(
      (images: tf.Tensor4D) => model.postprocess(model.predict(images, { isTraining: false })).probabilities,
      { name: "scoreExplanations", batch: "any" },
    );
    try {
      for (const metric of metrics) this.judges.push(metric.open(model));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Measures the explanations of a batch. */
  async measure([features, label]: BoxedBatch): Promise<void> {
    const { model } = this;
    const { image, box } = features;
    expectBatch(image, label, { ...model.options, what: WHAT });
    if (this.count === 0) expectPixels(image, model.options.pixels);
    this.filenames.add(features, WHAT);
    const [first, filenames] = [this.count, this.filenames.all()];
    const boxes = boxesOf(model, image, {
      given: box,
      boxOf: (i) => this.options.boxes?.(first + i, filenames?.[first + i]),
    });
    const images = tf.tidy(() => model.preprocess(image));
    try {
      const classes = await this.classesOf(images, label);
      const heat: (readonly Float32Array[])[] = [];
      for (const [name, method] of [...this.methods, [BASELINE, randomCam({ seed: first + 1 })] as const])
        heat.push(await this.measureMethod(name, method, { images, classes, boxes }));
      for (const photo of boxes.keys())
        this.agreement.add(heat.map((maps) => maps[photo] ?? new Float32Array()));
    } finally {
      images.dispose();
    }
    this.count += image.shape[0];
  }

  /** All that was measured. */
  measured(): Measured {
    return { ...this.verdicts.all(), count: this.count, agreement: this.agreement.mean() };
  }

  dispose(): void {
    this.predict.dispose();
    for (const judge of this.judges) judge.dispose();
  }

  private async classesOf(images: tf.Tensor4D, label: ClassLabels): Promise<number[]> {
    if (this.options.classes === "label") return [...tf.tidy(() => labelClasses(label).dataSync())];
    const { numClasses } = this.model.options;
    const probabilities = await this.probabilitiesOf(images);
    return Array.from({ length: images.shape[0] }, (_, i) => {
      const row = probabilities.slice(i * numClasses, (i + 1) * numClasses);
      return row.indexOf(Math.max(...row));
    });
  }

  private async probabilitiesOf(images: tf.Tensor4D): Promise<Float32Array> {
    const probabilities = await this.predict(images);
    try {
      return expectFinite("probabilities", await probabilities.data<"float32">());
    } finally {
      probabilities.dispose();
    }
  }

  private async measureMethod(
    name: string,
    method: Method,
    given: Pick<Maps, "images" | "classes" | "boxes">,
  ): Promise<readonly Float32Array[]> {
    const explained = await this.explain(this.model, method, given, (part) => this.told(part));
    try {
      this.passed(given.classes.length);
      const heat = this.placed(name, explained, given.images);
      const maps = this.mapsOf(method, { ...given, explained, heat });
      for (const judge of this.judges) this.verdicts.add(name, await judge.judge(maps));
      return heat;
    } finally {
      tf.dispose(explained);
    }
  }

  private mapsOf(
    method: Method,
    given: Pick<Maps, "images" | "classes" | "boxes" | "explained" | "heat">,
  ): Maps {
    const { chunk = 32, signal } = this.options;
    return {
      ...{ ...given, model: this.model, chunk, signal },
      explainBy: (model) => this.explain(model, method, given),
      probabilities: async (changed, of) => {
        const [all, { numClasses }] = [await this.probabilitiesOf(changed), this.model.options];
        return of.map((image, row) => all[row * numClasses + (given.classes[image] ?? NaN)] ?? NaN);
      },
      passed: (images) => this.passed(images),
    };
  }

  private explain(
    model: Model,
    method: Method,
    { images, classes }: Pick<Maps, "images" | "classes">,
    onProgress?: (part: number) => void,
  ): Promise<Explained> {
    const { endpoint, chunk, signal } = this.options;
    const isOne = method.of === "endpoint" || typeof endpoint === "string";
    return explain(model, images, {
      ...{ method, classIndex: classes },
      ...(endpoint !== undefined && isOne && { endpoint }),
      ...(chunk !== undefined && { chunk }),
      ...(signal !== undefined && { signal }),
      onProgress: ({ done, total }) => onProgress?.((classes.length * done) / total),
    });
  }

  /** The heat of each image's pixels. */
  private placed(
    name: string,
    explained: Explained,
    { shape: [batch, height, width] }: tf.Tensor4D,
  ): Float32Array[] {
    const { heatmaps } = explained;
    const placement = this.options.placement === "resize" ? evenly(heatmaps.shape) : explained;
    const heat = readNumbers(() => placeHeat(heatmaps, placement, [height, width]));
    expectFinite(`heat by ${name}`, heat);
    const size = height * width;
    return Array.from({ length: batch }, (_, i) => heat.subarray(i * size, (i + 1) * size));
  }

  private passed(images: number): void {
    this.done += images;
    this.told(0);
  }

  /** @param part  what is done beyond that, in images */
  private told(part: number): void {
    this.options.onProgress?.({ done: Math.floor(this.done + part), total: this.total });
    this.options.signal?.throwIfAborted();
  }
}

function expectFinite(what: string, values: Float32Array): Float32Array {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return values;
  throw new RangeError(`Cannot ${WHAT}: expected finite ${what}, got ${wrong}; has the training diverged?`);
}

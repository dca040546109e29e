/** A fine-tuning under way, which may be interrupted and gone on with. */
import type { Dataset, DatasetIterator } from "../input";
import { isEndless } from "../input/plan";
import type { Model } from "../model/model";
import { digestOfTensors } from "../tensorflow";
import {
  createTrainStep,
  earlyStopping,
  keepBest,
  train,
  type Batch,
  type Callback,
  type EarlyStopping,
  type EpochResult,
  type KeepBest,
  type StepResult,
  type Training,
  type TrainStep,
} from "../training";
import { globalStepOf } from "../training/step/count";
import { ownFolder, trunkData, type OwnFolder, type PartData } from "./data";
import type { FineTuneOptions } from "./options";
import { stepsInEpoch } from "./length";
import { hyperparametersOf, partsOf, type Part } from "./parts";

/** What each call brings along. */
export interface CallParts {
  readonly callbacks: readonly Callback[];
  readonly validation: Dataset<Batch>;
  readonly signal: AbortSignal | undefined;
}

/** A part that has begun. */
interface Begun {
  readonly part: Part;
  readonly step: TrainStep;
  readonly hyperparameters: TrainStep["hyperparameters"];
  readonly data: PartData;
  /** Calls of the step so far. */
  taken: number;
}

/** A fine-tuning, from its first step to its last, over as many calls as interrupts make of it. */
export class Run {
  readonly history: { readonly steps: StepResult[]; readonly epochs: EpochResult[] } = {
    steps: [],
    epochs: [],
  };
  isStopped = false;
  private readonly parts: readonly Part[];
  private readonly stepsPerEpoch: number;
  private readonly lastStep: number;
  private readonly best: KeepBest;
  private readonly stopping: EarlyStopping | undefined;
  private readonly photos: DatasetIterator<Batch>;
  private place = 0;
  private begun: Begun | undefined;
  private marked: string | undefined;
  private folder: OwnFolder | undefined;
  private thrown: { readonly error: unknown } | undefined;

  /** @throws {RangeError} if an option is out of its range, or the length of an epoch can't be told */
  constructor(
    private readonly model: Model,
    private readonly options: FineTuneOptions,
  ) {
    const { patience, train: dataset } = options;
    this.parts = partsOf(options);
    this.stepsPerEpoch = options.stepsPerEpoch ?? stepsInEpoch(dataset);
    this.lastStep = this.parts.reduce((sum, part) => sum + this.updatesOf(part), globalStepOf(model));
    this.best = keepBest(options);
    this.stopping = patience === undefined ? undefined : earlyStopping({ ...options, patience });
    this.photos = endless(dataset).iterator();
  }

  get bestEpoch(): number | undefined {
    return this.best.bestEpoch;
  }

  get divergedAt(): number | undefined {
    return this.best.divergedAt;
  }

  /** Goes on to the end, or to an interrupt. */
  async carryOn({ callbacks, validation, signal }: CallParts): Promise<void> {
    const { parts, stepsPerEpoch, options } = this;
    const { metrics, precision } = options;
    let last: Begun | undefined;
    this.thrown = undefined;
    for (let part = parts[this.place]; part !== undefined && !this.isStopped; part = parts[++this.place]) {
      if (this.begun !== undefined && this.begun.part !== part) this.end();
      const now = (this.begun ??= await this.begin(part, signal));
      if (last === undefined)
        for (const one of callbacks) await this.calling(() => one.onTrainBegin?.(this.seenBy(now)));
      last = now;
      await train(now.step, now.data.train, {
        ...{ steps: part.epochs * stepsPerEpoch - now.taken, stepsPerEpoch },
        validation: now.data.validation ?? validation,
        callbacks: [this.telling(now, callbacks)],
        ...(metrics && { metrics }),
        ...(precision && { validationPrecision: precision }),
        ...(signal && { signal }),
      });
    }
    this.best.restore();
    if (last !== undefined) for (const one of callbacks) await one.onTrainEnd?.(this.seenBy(last));
  }

  /** Whether an error is one of a callback, which leaves the run as it was between two steps. */
  isOfCallback(error: unknown): boolean {
    return this.thrown !== undefined && this.thrown.error === error;
  }

  /** Notes how the model is, of a run that is interrupted. */
  mark(): void {
    this.marked = stateOf(this.model);
  }

  /** Whether a call with these options goes on with the run, the model being as it was marked. */
  isOf(options: FineTuneOptions): boolean {
    const isSame = keyOf(options) === keyOf(this.options) && stateOf(this.model) === this.marked;
    return isSame && this.isOfData(options.train);
  }

  dispose(): void {
    this.end();
    this.photos.dispose();
    this.best.dispose();
    this.stopping?.dispose();
  }

  private async begin(part: Part, signal: AbortSignal | undefined): Promise<Begun> {
    const { model, options, photos } = this;
    const steps = Math.max(2, this.updatesOf(part)); // a cycle of one step is none
    const step = createTrainStep(model, part.stepOptions(globalStepOf(model), steps));
    const isCached = part.isHeadAlone && (options.cacheFrozen ?? false) !== false;
    try {
      const data: PartData = isCached
        ? await trunkData(model, part, options, { own: () => (this.folder ??= ownFolder()), signal })
        : { train: photos, validation: undefined, dispose: () => undefined };
      return { part, step, hyperparameters: hyperparametersOf(options, step), data, taken: 0 };
    } catch (error) {
      step.dispose();
      throw error;
    }
  }

  private end(): void {
    this.begun?.data.dispose();
    this.begun?.step.dispose();
    this.begun = undefined;
    this.folder?.remove();
    this.folder = undefined;
  }

  private updatesOf({ epochs }: Part): number {
    const { gradientAccumulation = 1 } = this.options;
    return Math.floor((epochs * this.stepsPerEpoch) / gradientAccumulation);
  }

  /** What a part's train() tells, told of the whole. */
  private telling(now: Begun, callbacks: readonly Callback[]): Callback {
    const { history, best, stopping } = this;
    const own = stopping === undefined || now.part.isHeadAlone ? [best] : [best, stopping];
    return {
      onStep: async (result, { requestStop }) => {
        now.taken++;
        history.steps.push(result);
        const training = this.seenBy(now, requestStop);
        await best.onStep?.(result, training);
        for (const one of callbacks) await this.calling(() => one.onStep?.(result, training));
      },
      onEpochEnd: async (given, { requestStop }) => {
        const epoch = { ...given, epoch: history.epochs.length + 1 };
        const training = this.seenBy(now, requestStop);
        for (const one of own) await one.onEpochEnd?.(epoch, training);
        history.epochs.push(epoch);
        for (const one of callbacks) await this.calling(() => one.onEpochEnd?.(epoch, training));
      },
    };
  }

  /** Calls a callback; what it throws can be mended, and the run gone on with. */
  private async calling(call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.thrown = { error };
      throw error;
    }
  }

  private seenBy({ step, hyperparameters }: Begun, stop: () => void = () => undefined): Training {
    const { model, lastStep, history } = this;
    const requestStop = (): void => {
      this.isStopped = true;
      stop();
    };
    return { step, model, lastStep, hyperparameters, history, requestStop };
  }

  /** Whether a dataset is that which the run reads, or one of the same steps and files. */
  private isOfData(dataset: Dataset<Batch>): boolean {
    if (dataset === this.options.train) return true;
    const other = endless(dataset).iterator();
    try {
      other.seek(this.photos.position());
      return true;
    } catch {
      return false; // of another dataset, or of one whose order can't be repeated
    } finally {
      other.dispose();
    }
  }
}

function endless(dataset: Dataset<Batch>): Dataset<Batch> {
  return isEndless(dataset.plan) ? dataset : dataset.repeat();
}

/** Tells whether a model was changed. Not by where its variables' values are: recordings give them others. */
function stateOf(model: Model): string {
  const variables = model.variables.expectAll("fine-tune").map(({ variable }) => variable);
  return `${globalStepOf(model)} ${digestOfTensors(variables)}`;
}

/** What of the options makes another fine-tuning. */
function keyOf(options: FineTuneOptions): string {
  const { train: _, validation: __, callbacks: ___, metrics: ____, signal: _____, cluster: ______, ...plain } = options; // prettier-ignore
  return JSON.stringify(plain, (___, value: unknown) => (typeof value === "function" ? "function" : value));
}

/** One training: from its first batch to its last checkpoint, in tf.estimator's order of things. */
import { agree } from "../distribute";
import type { DatasetIterator } from "../input";
import type { SummaryWriter } from "../summary";
import { tf } from "../tensorflow";
import type { Saver, StepFrom, StepResult, StepWithGradients, TrainStep } from "../training";
import { leftOutOf, noBatches } from "../training/batch/end";
import type { Told } from "./callbacks";
import { saveTraining } from "./checkpoints";
import type { ResolvedRunConfig } from "./config";
import { batchOf, imagesOf, labelsOf, partsOf } from "./features";
import type { RunHook } from "./hooks";
import type { EstimatorSpec, InputElement } from "./spec";
import { Summaries } from "./summaries";
import { Timer } from "./timer";

/** How far a piece of work is; made for progressBar().update. */
export interface Progress {
  readonly done: number;
  /** undefined: not known. */
  readonly total: number | undefined;
}

/** What a training needs. */
export interface TrainingParts {
  readonly spec: EstimatorSpec;
  readonly step: TrainStep;
  /** What takes the steps: the step, or the step from an endpoint on, given features. */
  readonly take: StepFrom;
  readonly iterator: DatasetIterator<InputElement>;
  /** The batch of the first step, if it was read already. */
  readonly first: InputElement | undefined;
  /** Steps done when it ends; undefined: with the input. */
  readonly lastStep: number | undefined;
  readonly config: ResolvedRunConfig;
  readonly folder: string;
  readonly saver: Saver;
  /** undefined: of a process that is not the chief. */
  readonly writer: SummaryWriter | undefined;
  readonly hooks: Required<RunHook>;
  readonly told: Told;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly signal: AbortSignal;
  /** Runs what may use the estimator between two steps. */
  readonly between: <T>(work: () => Promise<T>) => Promise<T>;
  /** Checkpoints each so many steps beside the config's. */
  readonly alsoSaveEverySteps: number | undefined;
  /** Whether the model is as the checkpoint in the folder says, so that nothing need be saved at the start. */
  readonly isRestored: boolean;
}

/** A training under way. */
export class Training {
  private readonly checkpoints: Timer;
  private readonly moreCheckpoints: Timer;
  private readonly summaries: Summaries;
  private isUnsaved = false;
  private isStopped = false;
  private failure: { readonly error: unknown } | undefined;
  private results: StepResult | undefined;

  constructor(private readonly parts: TrainingParts) {
    const { saveCheckpointsSteps: everySteps, saveCheckpointsSecs: everySecs } = parts.config;
    this.checkpoints = new Timer({ everySteps, everySecs });
    this.moreCheckpoints = new Timer({ everySteps: parts.alsoSaveEverySteps });
    this.summaries = new Summaries(parts);
  }

  /** @returns the last step's result; undefined if there was none */
  async run(): Promise<StepResult | undefined> {
    const { step, hooks, told, between, saver, writer, signal, isRestored, config, lastStep } = this.parts;
    try {
      const { globalStep } = step;
      this.moreCheckpoints.mark(globalStep);
      this.checkpoints.mark(globalStep);
      if (!isRestored) await this.save();
      await between(async () => hooks.afterCreateSession({ globalStep }));
      await between(async () => told.begin(step, lastStep));
      await this.loop();
      await this.summaries.finish();
      if (this.isUnsaved) await this.save();
      await saver.flush();
      await between(async () => hooks.end({ globalStep: step.globalStep }));
      await between(async () => told.end());
      if (told.isAnyone && this.results !== undefined) await this.save(); // of what they have changed
      await saver.flush();
      return this.results;
    } catch (error) {
      // In the midst of an accumulation each process has its own sums, which the chief can't save: the last checkpoint stands.
      const isWhole = !isWaiting(step) || step.gathered?.isShared === true;
      if (signal.aborted && this.isUnsaved && isWhole && config.cluster.isChief) await this.write();
      throw error;
    } finally {
      await Promise.allSettled([this.summaries.finish()]); // what failed there is thrown above, unless something else was
      await saver.flush();
      await writer?.flush();
    }
  }

  private async loop(): Promise<void> {
    const { iterator, step, signal, lastStep = Infinity, hooks, told, between } = this.parts;
    const { cluster } = this.parts.config;
    let { first } = this.parts;
    while (step.globalStep < lastStep) {
      const before = step.globalStep;
      await between(async () => hooks.beforeRun({ globalStep: before }));
      // From here to the step nothing may come between: what is read is trained on before it counts as read.
      const isOver = this.isStopped || told.isStopped || signal.aborted;
      const begun = performance.now();
      const element = isOver ? undefined : (first ?? (await iterator.next()).value);
      first = undefined;
      const goesOn = await agree(cluster, element !== undefined); // who ends ends all
      if (!goesOn) await this.share();
      if (isOver) signal.throwIfAborted();
      if (!goesOn || element === undefined) break;
      const given = this.givenOf(element);
      const { gradients, ...results } = await this.summaries.take(...given);
      const [images, seconds] = [given[1].shape[0], (performance.now() - begun) / 1000];
      try {
        await this.note({ gradients, ...results }, results.globalStep > before);
      } finally {
        tf.dispose(gradients);
      }
      await between(async () => told.step(results, images, seconds));
      await this.afterStep(results, results.globalStep > before);
    }
    if (
      this.results === undefined &&
      step.globalStep < lastStep &&
      cluster.size === 1 &&
      !this.isStopped &&
      !told.isStopped
    )
      throw noBatches("train", leftOutOf(iterator));
  }

  /** What a step is given of an element: images, or features where the frozen layers were run before. */
  private givenOf(element: InputElement): Parameters<StepFrom> {
    const { take, step } = this.parts;
    const { features, labels } = partsOf(element);
    if (take !== step) return [imagesOf(features, "train", "features"), labelsOf(labels, "train")];
    const [{ image }, label] = batchOf(element, "train");
    if (this.results === undefined) step.expectPixels(image); // the step may know this shape of another input
    return [image, label];
  }

  /** What waits for an update goes into the chief's last checkpoint, if all are here and none has closed the cluster. */
  private async share(): Promise<void> {
    const { step, config } = this.parts;
    if (isWaiting(step) && (await agree(config.cluster, true))) await step.shareGathered();
  }

  /** What must be done with a step before anything may come between. */
  private async note({ gradients, ...results }: StepWithGradients, isUpdate: boolean): Promise<void> {
    this.results = results;
    this.isUnsaved = true;
    if (this.failure !== undefined) throw this.failure.error;
    expectFinite(results);
    if (isUpdate) await this.summaries.write({ gradients, ...results });
  }

  private async afterStep(results: StepResult, isUpdate: boolean): Promise<void> {
    const { hooks, between, onProgress, lastStep } = this.parts;
    const { globalStep } = results;
    if (isUpdate) {
      const isDue = this.checkpoints.isDue(globalStep);
      const isAlsoDue = this.moreCheckpoints.isDue(globalStep);
      if (isAlsoDue) this.moreCheckpoints.mark(globalStep);
      if (isDue) this.checkpoints.mark(globalStep);
      if (isDue || isAlsoDue) await this.save();
    }
    onProgress?.({ done: globalStep, total: lastStep });
    await between(async () => hooks.afterRun({ globalStep, results, requestStop: this.requestStop }));
  }

  /** Saves a checkpoint, which names a step whose summaries are on the disk. */
  private async write(): Promise<{ readonly saved: Promise<string> }> {
    const { spec, step, iterator, config, folder, saver, writer } = this.parts;
    this.isUnsaved = false;
    await writer?.flush();
    await saver.flush(); // what waits to be written holds a copy of all variables: one at a time
    // At the start the first batch is read, but not trained on: the input is then as good as at its own start.
    const isRead = config.saveInput && this.results !== undefined;
    const trained = { model: spec.model, step, iterator: isRead ? iterator : undefined };
    const saved = saveTraining(saver, folder, trained);
    saved.catch((error: unknown) => (this.failure ??= { error }));
    return { saved };
  }

  private async save(): Promise<void> {
    const { step, hooks, between } = this.parts;
    if (!this.parts.config.cluster.isChief) return;
    const { globalStep } = step;
    const { saved } = await this.write();
    await between(async () => hooks.checkpointSaved({ globalStep, saved, requestStop: this.requestStop }));
  }

  private readonly requestStop = (): void => {
    this.isStopped = true;
  };
}

/** Whether gradients of several processes wait for an update. */
function isWaiting({ cluster, gathered }: TrainStep): boolean {
  return cluster.size > 1 && (gathered?.count ?? 0) > 0;
}

function expectFinite({ loss, globalStep, learningRate }: StepResult): void {
  if (Number.isFinite(loss)) return;
  throw new RangeError(
    `Cannot go on training: expected a finite loss, got ${loss} at step ${globalStep} with learning rate ${learningRate}; checkNumerics of createTrainStep() says where that begins`,
  );
}

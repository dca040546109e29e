import { join } from "node:path";
import { agree } from "../distribute";
import { finishFirst, interruptible, shielded } from "../interrupt";
import type { Model } from "../model";
import { SummaryWriter } from "../summary";
import { openCheckpoint, type tf } from "../tensorflow";
import { latestCheckpoint, listCheckpoint, type StepResult } from "../training";
import { expectEnd } from "../training/batch/end";
import { Told } from "./callbacks";
import { Cells } from "./cells";
import { globalStepOf } from "./checkpoints";
import { expectSteps, resolveConfig, temporaryModelDir, type ResolvedRunConfig } from "./config";
import { runEvaluation, type EvalResult } from "./evaluation";
import { openInput, partsOf } from "./features";
import { allHooks, type CheckpointSaved, type RunHook } from "./hooks";
import type {
  EstimatorEvaluateOptions,
  EstimatorOptions,
  EstimatorPredictOptions,
  EstimatorTrainOptions,
} from "./options";
import { predictAll, type Prediction } from "./prediction";
import { Rest } from "./rest";
import { exportSpec, type ExportSavedModelOptions } from "./serving";
import { ModeKeys } from "./spec";
import { runTraining } from "./start";
import { untilTerminated } from "./terminate";
import type { TrainingParts } from "./training";
import { withCheckpoint, type WeightsOptions } from "./weights";

/**
 * Trains, evaluates, predicts with and exports what a model function makes, with all that lasts in one folder: checkpoints,
 * event files for TensorBoard, exports. A new estimator of the same folder goes on where the last one was.
 *
 * The model function is called once for each mode; dispose() frees what it made but the model, which is its maker's. Evaluation,
 * prediction and export use the weights of a checkpoint and leave the model's own as they are.
 * @example
 * const estimator = new Estimator({ modelFn: createModelFn(), modelDir: "build/model" });
 * await estimator.train({ inputFn: createInputFn("records/train-*", { shuffle: true }), maxSteps: 100 });
 * const { accuracy, loss } = await estimator.evaluate({ inputFn: createInputFn("records/val-*", { numEpochs: 1 }) });
 * @see tf.estimator.Estimator
 */
export class Estimator<P = unknown> {
  readonly modelDir: string;
  readonly config: ResolvedRunConfig;
  private readonly cells: Cells<P>;
  private readonly rest = new Rest();
  private readonly evalWriters = new Map<string, SummaryWriter>();
  /** Who hears of a training under way; trainAndEvaluate() tells them of its evaluations. @internal */
  told: Told | undefined;
  /** What a training under way has saved last, and whether the model still is as it says. */
  private newest: (Pick<CheckpointSaved, "globalStep" | "saved"> & { readonly isFresh: boolean }) | undefined;

  /** @throws {RangeError} if the config is none that may be */
  constructor(options: EstimatorOptions<P>) {
    const { modelFn, modelDir, config, params } = options;
    this.config = resolveConfig(config);
    this.modelDir = modelDir ?? temporaryModelDir();
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- who leaves the params out has a function that needs none
    this.cells = new Cells(modelFn, params ?? ({} as P), this.config);
  }

  /**
   * Trains from modelDir's latest checkpoint on, or from new weights. Checkpoints are saved at the start, at the config's
   * intervals and at the end; a failed save is an error at the next step. SIGTERM and the signal end it between two steps, with a
   * checkpoint.
   * @returns the last step's result; undefined if maxSteps was reached before
   * @throws {RangeError} if there are no batches, a label is no class, numbers are not finite, or the checkpoint does not fit
   */
  async train(options: EstimatorTrainOptions): Promise<StepResult | undefined> {
    const { steps, maxSteps } = options;
    if (steps !== undefined && maxSteps !== undefined)
      throw new RangeError("Cannot train: expected steps or maxSteps, got both");
    expectSteps("train", "steps", steps);
    expectSteps("train", "maxSteps", maxSteps);
    expectSteps("train", "alsoSaveEverySteps", options.alsoSaveEverySteps);
    const { signal } = interruptible(options);
    const work = (): Promise<StepResult | undefined> =>
      untilTerminated((term) => this.runTraining(options, anySignal([term, signal])));
    return finishFirst(() => this.rest.during("train", work));
  }

  /**
   * Evaluates the weights of a checkpoint, and writes the metrics to the event files in evalDir(). Without a checkpoint it
   * evaluates the model's first weights.
   * @throws {RangeError} if the input has no end and there are no `steps`
   * @throws {RangeError} if there are no batches, a label is no class, or the checkpoint does not fit
   */
  async evaluate(options: EstimatorEvaluateOptions): Promise<EvalResult> {
    const { inputFn, steps, hooks = [], name } = options;
    const { onProgress, signal = new AbortController().signal } = interruptible(options);
    expectSteps("evaluate", "steps", steps);
    const work = async (): Promise<EvalResult> => {
      const checkpointPath = options.checkpointPath ?? (await this.newest?.saved) ?? this.latestCheckpoint();
      const all = allHooks(hooks);
      await all.begin();
      const dataset = inputFn();
      if (steps === undefined) expectEnd(dataset, "evaluate");
      const { iterator, first } = await openInput(dataset, "evaluate", { signal });
      try {
        const spec = this.cells.of(ModeKeys.EVAL, first);
        const run = async (globalStep: number): Promise<EvalResult> => {
          await all.afterCreateSession({ globalStep });
          return runEvaluation({ spec, iterator, first, globalStep, steps, hooks: all, onProgress, signal });
        };
        const { movingAverages } = options;
        const result = await this.withWeights({ checkpointPath, movingAverages }, spec.model, run);
        await this.writeEvaluation(result, this.evalDir(name), checkpointPath);
        return result;
      } finally {
        iterator.dispose();
      }
    };
    return finishFirst(() => this.rest.during("evaluate", work));
  }

  /**
   * Predicts, example by example, with the weights of a checkpoint.
   * @returns one record of plain numbers and arrays for each example, e.g. `{ classes: 1, probabilities: [0.1, 0.9], logits }`
   * @throws {Error} if there is no checkpoint
   */
  async *predict(options: EstimatorPredictOptions): AsyncGenerator<Prediction, void, undefined> {
    const { movingAverages } = options;
    const checkpointPath =
      options.checkpointPath ?? (await this.newest?.saved) ?? this.expectCheckpoint("predict");
    const weights = { checkpointPath, movingAverages };
    const iterator = options.inputFn().iterator();
    try {
      for await (const element of iterator) {
        const { features } = partsOf(element);
        const { spec, predict } = this.cells.predictor(features);
        const predictions = await this.rest.during("predict", () =>
          this.withWeights(weights, spec.model, () => predictAll(predict, features, options.predictKeys)),
        );
        yield* predictions;
      }
    } finally {
      iterator.dispose();
    }
  }

  /**
   * Writes the weights of a checkpoint as a SavedModel.
   * @param dir  the folder of versions
   * @returns    the version's folder
   * @throws {Error} if there is no checkpoint, or the disk refuses
   */
  async exportSavedModel(dir: string, options: ExportSavedModelOptions = {}): Promise<string> {
    const { checkpointPath: given, movingAverages, ...others } = options;
    const work = async (): Promise<string> => {
      const checkpointPath = given ?? (await this.newest?.saved) ?? this.expectCheckpoint("export");
      const spec = shielded(() => this.cells.serving(options.receiver));
      const weights = { checkpointPath, movingAverages };
      return this.withWeights(weights, spec.model, () => shielded(() => exportSpec(spec, dir, others)));
    };
    return finishFirst(() => this.rest.during("export", work));
  }

  /** The names in the latest checkpoint. @throws {Error} if there is none */
  getVariableNames(): string[] {
    return listCheckpoint(this.expectCheckpoint("list variables")).variables.map(({ name }) => name);
  }

  /**
   * A variable's value in the latest checkpoint; the caller disposes.
   * @throws {Error} if there is none of that name, or no checkpoint
   */
  getVariableValue(name: string): tf.Tensor {
    const reader = openCheckpoint(this.expectCheckpoint("read a variable"));
    try {
      return reader.read(name);
    } finally {
      reader.close();
    }
  }

  /** The model that its model function made; undefined before the first training, evaluation, prediction or export. */
  get model(): Model | undefined {
    return this.cells.model;
  }

  /** The prefix of modelDir's latest checkpoint; undefined if there is none. */
  latestCheckpoint(): string | undefined {
    return latestCheckpoint(this.modelDir);
  }

  /** Where an evaluation's event files go. */
  evalDir(name?: string): string {
    return join(this.modelDir, name === undefined || name === "" ? "eval" : `eval_${name}`);
  }

  /** Frees compiled steps and optimizer's variables, and closes event files. The model stays. */
  async dispose(): Promise<void> {
    this.cells.dispose();
    const writers = [...this.evalWriters.values()];
    this.evalWriters.clear();
    await Promise.all(writers.map((writer) => writer.close()));
  }

  private async runTraining(
    options: EstimatorTrainOptions,
    signal: AbortSignal,
  ): Promise<StepResult | undefined> {
    const { inputFn, steps, maxSteps, hooks = [], onProgress, alsoSaveEverySteps } = options;
    const cacheFrozen = options.cacheFrozen === true ? {} : options.cacheFrozen || undefined;
    const checkpoint = this.latestCheckpoint();
    const { cluster } = this.config;
    const isDone = maxSteps !== undefined && checkpoint !== undefined && globalStepOf(checkpoint) >= maxSteps;
    if (await agree(cluster, isDone || !cluster.isChief)) return undefined;
    const { cells, config, modelDir: folder, rest } = this;
    const remembering: RunHook = {
      checkpointSaved: ({ globalStep, saved }) => void (this.newest = { globalStep, saved, isFresh: true }),
      beforeRun: () => void (this.newest &&= { ...this.newest, isFresh: false }),
    };
    const between: TrainingParts["between"] = (work) => rest.pausing(work);
    const all = allHooks([remembering, ...hooks]);
    const told = (this.told = new Told(options.callbacks ?? []));
    const run = { cells, config, folder, hooks: all, told, onProgress, signal, between, alsoSaveEverySteps };
    try {
      return await runTraining({ ...run, dataset: inputFn(), checkpoint, steps, maxSteps, cacheFrozen });
    } finally {
      this.newest = undefined;
      this.told = undefined;
    }
  }

  /** Runs work with the weights of a checkpoint; with those that the model has if they are the same, or there is none. */
  private async withWeights<T>(
    {
      checkpointPath,
      movingAverages = false,
    }: { readonly [K in keyof WeightsOptions]: WeightsOptions[K] | undefined },
    model: Model,
    work: (globalStep: number) => T | Promise<T>,
  ): Promise<T> {
    const { newest } = this;
    if (checkpointPath === undefined && movingAverages) this.expectCheckpoint("evaluate moving averages");
    if (checkpointPath === undefined) return work(0);
    const isFresh = newest?.isFresh === true && checkpointPath === (await newest.saved);
    if (isFresh && !movingAverages) return work(newest.globalStep);
    return withCheckpoint({ checkpointPath, movingAverages }, model, work);
  }

  private expectCheckpoint(what: string): string {
    const found = this.latestCheckpoint();
    if (found !== undefined) return found;
    throw new Error(`Cannot ${what}: expected a checkpoint in "${this.modelDir}", got none; train first`);
  }

  private async writeEvaluation(
    { global_step: step, ...metrics }: EvalResult,
    folder: string,
    checkpoint: string | undefined,
  ): Promise<void> {
    const writer = this.evalWriters.get(folder) ?? new SummaryWriter(folder);
    this.evalWriters.set(folder, writer);
    for (const [tag, value] of Object.entries(metrics))
      if (typeof value === "number") writer.scalar(tag, value, step);
    if (checkpoint !== undefined) writer.text("checkpoint_path", checkpoint, step);
    await writer.flush();
  }
}

function anySignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cellSignal, endedBy } from "../interrupt";
import type { Estimator } from "./estimator";
import type { EstimatorEvaluateOptions, EstimatorTrainOptions, RunOptions } from "./options";
import type { EvalResult } from "./evaluation";
import { readEvalMetrics } from "./evalevents";
import { versionSince, type Exporter } from "./exporters";
import { expectSteps } from "./config";
import type { RunHook } from "./hooks";
import { Timer } from "./timer";
import { globalStepOf, savedAt } from "./checkpoints";
import type { Progress } from "./training";

/** How to train: tf.estimator.TrainSpec. */
export type TrainSpec = Pick<
  EstimatorTrainOptions,
  "inputFn" | "maxSteps" | "hooks" | "callbacks" | "cacheFrozen"
>;

/** How to evaluate: tf.estimator.EvalSpec. */
export interface EvalSpec extends Pick<
  EstimatorEvaluateOptions,
  "inputFn" | "name" | "hooks" | "movingAverages"
> {
  /** Batches at most; null: to the input's end. @default 100 */
  readonly steps?: number | null;
  /** What is exported after an evaluation. @default nothing */
  readonly exporters?: Exporter | readonly Exporter[];
  /** How long an evaluator that is a process of its own waits at first. @default 120 */
  readonly startDelaySecs?: number;
  /** At least so many seconds from one evaluation to the next, but for the last. @default 600 */
  readonly throttleSecs?: number;
  /** Evaluate each so many steps, for which checkpoints are saved too, whatever throttleSecs says. @default as checkpoints and throttleSecs come */
  readonly everySteps?: number;
}

/** How far trainAndEvaluate() is: steps trained, of maxSteps. */
export interface TrainAndEvaluateProgress extends Progress {
  readonly phase: "train" | "evaluate";
  /** Of the evaluation under way: batches done. */
  readonly evaluated?: number;
}

/** What goes for trainAndEvaluate(). */
export interface TrainAndEvaluateOptions extends Pick<RunOptions, "signal"> {
  /** Called after each batch, of training and of evaluations; progressBar().update takes it. */
  readonly onProgress?: (progress: TrainAndEvaluateProgress) => void;
}

/** What trainAndEvaluate() gives, of the last evaluation. */
export interface TrainAndEvaluateResult {
  /** Numbers from the event file if an earlier call had evaluated, and only an export was to do; undefined if nothing was. */
  readonly metrics: EvalResult | undefined;
  /** The folder of each exporter's version; undefined for one that did not export. */
  readonly exports: readonly (string | undefined)[];
}

/**
 * Trains to maxSteps, evaluates after checkpoints (at most once in throttleSecs, and always after the last) and exports.
 *
 * A training that a hook stops, or whose input ends, has its final export too; tf.estimator exports at maxSteps alone.
 *
 * In a cluster each process calls it and does its part: all train, and the evaluator that TF_CONFIG lists, or else the chief,
 * evaluates and exports; the evaluator needs the chief's modelDir, and ends at maxSteps.
 *
 * Called again with the same modelDir it goes on at its latest checkpoint. What an earlier call had trained but, being killed,
 * not evaluated or not exported, is evaluated and exported.
 * @example
 * const exporters = new FinalExporter({ name: "servo", servingInputReceiverFn: createPredictInputFn() });
 * const { metrics } = await trainAndEvaluate(estimator, { inputFn, maxSteps: 100 }, { inputFn: evalInputFn, steps: null, exporters });
 * @throws {RangeError} before anything is done, if the evalSpec's numbers are out of their ranges, or its exporters' names empty or
 *   the same; before the first step, if an exporter has not as many labels as the model has classes
 * @see tf.estimator.train_and_evaluate
 */
export async function trainAndEvaluate<P>(
  estimator: Estimator<P>,
  trainSpec: TrainSpec,
  evalSpec: EvalSpec,
  options: TrainAndEvaluateOptions = {},
): Promise<TrainAndEvaluateResult> {
  expectEvalSpec(evalSpec);
  const { maxSteps, hooks = [] } = trainSpec;
  const { onProgress, signal } = options;
  const evaluator = new Evaluator(estimator, evalSpec, maxSteps, options);
  const { task, isChief, hasEvaluator } = estimator.config.cluster;
  if (task.type === "evaluator") return evaluator.follow();
  const evaluates = isChief && !hasEvaluator;
  await estimator.train({
    ...trainSpec,
    hooks: evaluates ? [evaluator.first, ...hooks, evaluator.last] : hooks,
    ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, phase: "train" }) }),
    ...(signal && { signal }),
    ...(evalSpec.everySteps !== undefined && { alsoSaveEverySteps: evalSpec.everySteps }),
  });
  if (evaluates) await evaluator.catchUp();
  return evaluator.result;
}

/** What an evaluation would refuse after hours of training. */
function expectEvalSpec({ steps, everySteps, exporters, ...others }: EvalSpec): void {
  expectSteps("evaluate", "steps", steps ?? undefined);
  expectSteps("evaluate", "everySteps", everySteps);
  const { startDelaySecs = 0, throttleSecs = 0 } = others;
  for (const [name, secs] of Object.entries({ startDelaySecs, throttleSecs }))
    if (!(secs >= 0)) throw new RangeError(`Cannot evaluate: expected ${name} 0 or more, got ${secs}`);
  const names = [exporters ?? []].flat().map(({ name }) => name);
  const wrong = names.find((name, i) => name === "" || names.indexOf(name) < i);
  if (wrong !== undefined)
    throw new RangeError(
      `Cannot evaluate: expected exporters with a name of their own, got ${names.map((name) => `"${name}"`).join(", ")}`,
    );
}

const LOOK_SECS = 1; // how often an evaluator looks for a checkpoint: that costs the reading of a small file

/** Evaluates and exports when checkpoints come. */
class Evaluator<P> {
  result: TrainAndEvaluateResult = { metrics: undefined, exports: [] };
  private readonly timer: Timer;
  private readonly exporters: readonly Exporter[];
  private hasBegun = false;

  constructor(
    private readonly estimator: Estimator<P>,
    private readonly spec: EvalSpec,
    private readonly maxSteps: number | undefined,
    private readonly options: TrainAndEvaluateOptions,
  ) {
    const { throttleSecs = 600, everySteps, exporters = [] } = spec;
    this.exporters = [exporters].flat();
    this.timer = new Timer(everySteps === undefined ? { everySecs: throttleSecs } : { everySteps });
  }

  /** To be called before a user's hooks. */
  readonly first: RunHook = {
    afterCreateSession: () => {
      const { model } = this.estimator;
      if (model !== undefined) for (const exporter of this.exporters) exporter.expectModel?.(model);
    },
    end: async ({ globalStep }) => {
      const checkpoint = this.estimator.latestCheckpoint();
      if (checkpoint === undefined) return;
      if (this.evaluated !== globalStep) await this.evaluate(globalStep, checkpoint, true);
      else await this.export(checkpoint, true);
    },
  };

  /** To be called after a user's hooks. */
  readonly last: RunHook = {
    afterCreateSession: ({ globalStep }) => {
      this.hasBegun = true;
      if (this.spec.everySteps !== undefined) this.timer.mark(globalStep);
    },
    checkpointSaved: async ({ globalStep, saved }) => {
      // The first is of a model that is not trained yet.
      if (this.hasBegun && this.timer.isDue(globalStep)) await this.evaluate(globalStep, await saved, false);
    },
  };

  private evaluated: number | undefined;

  /** Evaluates the latest checkpoint if no one ever has, and exports it where that is what an earlier call came short of. */
  async catchUp(): Promise<void> {
    const checkpoint = this.estimator.latestCheckpoint();
    if (this.evaluated !== undefined || checkpoint === undefined) return;
    const step = globalStepOf(checkpoint);
    const all = await readEvalMetrics(this.estimator.evalDir(this.spec.name));
    const scalars = all.get(step);
    // Python's have no crossEntropy.
    if (scalars?.["crossEntropy"] === undefined) return this.evaluate(step, checkpoint, true);
    const since = savedAt(checkpoint);
    const exports = this.exporters.map(({ name }) => versionSince(this.exportPath(name), since));
    if (exports.every((one) => one !== undefined)) return;
    const { loss = NaN, crossEntropy = NaN, ...others } = scalars;
    this.result = { metrics: { ...others, loss, crossEntropy, global_step: step }, exports };
    await this.export(checkpoint, true);
  }

  /** Evaluates the checkpoints of another process as they come, to that of maxSteps. @returns of the last */
  async follow(): Promise<TrainAndEvaluateResult> {
    const { startDelaySecs = 120 } = this.spec;
    const { signal = cellSignal() } = this.options;
    const rest = (secs: number): Promise<void> =>
      endedBy(signal, wait(secs * 1000, undefined, signal && { signal }));
    const isDone = (step: number): boolean => step >= (this.maxSteps ?? Infinity);
    await rest(startDelaySecs);
    for (;;) {
      const checkpoint = this.estimator.latestCheckpoint();
      const step = checkpoint === undefined ? 0 : globalStepOf(checkpoint);
      // That of step 0 is of a model that is not trained yet.
      if (
        checkpoint !== undefined &&
        step > (this.evaluated ?? 0) &&
        (isDone(step) || this.timer.isDue(step))
      )
        await this.evaluate(step, checkpoint, isDone(step));
      if (isDone(this.evaluated ?? 0)) return this.result;
      await rest(LOOK_SECS);
    }
  }

  private async evaluate(step: number, checkpointPath: string, isTheLast: boolean): Promise<void> {
    this.timer.mark(step);
    const { inputFn, name, hooks, movingAverages, steps = 100 } = this.spec;
    const { onProgress, signal } = this.options;
    const trained = { done: step, total: this.maxSteps, phase: "evaluate" } as const;
    const metrics = await this.estimator.evaluate({
      inputFn,
      ...(movingAverages !== undefined && { movingAverages }),
      checkpointPath,
      ...(name !== undefined && { name }),
      ...(hooks && { hooks }),
      ...(steps !== null && { steps }),
      ...(onProgress && { onProgress: ({ done }) => onProgress({ ...trained, evaluated: done }) }),
      ...(signal && { signal }),
    });
    this.evaluated = step;
    this.result = { metrics, exports: [] };
    await this.estimator.told?.evaluated(metrics);
    await this.export(checkpointPath, isTheLast || step >= (this.maxSteps ?? Infinity));
  }

  /** Asks the exporters that have not yet exported this evaluation. */
  private async export(checkpointPath: string, isTheFinalExport: boolean): Promise<void> {
    const { metrics: evalResult, exports: done } = this.result;
    if (evalResult === undefined) return;
    const { estimator } = this;
    const exports: (string | undefined)[] = [];
    for (const [i, exporter] of this.exporters.entries()) {
      const exportPath = this.exportPath(exporter.name);
      const context = { estimator, exportPath, checkpointPath, evalResult, isTheFinalExport };
      exports.push(done[i] ?? (await exporter.export(context)));
    }
    this.result = { metrics: evalResult, exports };
  }

  private exportPath(name: string): string {
    return join(this.estimator.modelDir, "export", name);
  }
}

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALONE, type Cluster } from "../distribute";

/** How an Estimator runs: tf.estimator.RunConfig. */
export interface RunConfig {
  /** Save a checkpoint each so many steps; with it, saveCheckpointsSecs is off. @default off */
  readonly saveCheckpointsSteps?: number;
  /** Save a checkpoint each so many seconds. @default 600 unless saveCheckpointsSteps is given */
  readonly saveCheckpointsSecs?: number;
  /** Write scalars of a step each so many steps; 0: never. @default 100 */
  readonly saveSummarySteps?: number;
  /** How many of the newest checkpoints are kept; 0 keeps all. @default 5 */
  readonly keepCheckpointMax?: number;
  /** Of the older ones, one in so many hours is kept for good. @default 10000 */
  readonly keepCheckpointEveryNHours?: number;
  /** Write global_step/sec each so many steps; 0: never. @default 100 */
  readonly logStepCountSteps?: number;
  /** Seed of first weights and augmentation where a model function has none of its own. @default 1 */
  readonly tfRandomSeed?: number;
  /**
   * Whether checkpoints say where the input was, so that a resumed training sees exactly what was left. Turn it off for an input
   * that can't tell. @default true
   */
  readonly saveInput?: boolean;
  /**
   * Processes that train together, each with an estimator like this one: the chief's weights are everybody's first, the chief
   * alone writes to modelDir, and a training ends for all where it ends for one. @default ALONE
   */
  readonly cluster?: Cluster;
}

/** A RunConfig with its defaults; undefined: off. */
export interface ResolvedRunConfig extends Required<
  Omit<RunConfig, "saveCheckpointsSteps" | "saveCheckpointsSecs">
> {
  readonly saveCheckpointsSteps: number | undefined;
  readonly saveCheckpointsSecs: number | undefined;
}

/**
 * A RunConfig with its defaults.
 * @throws {RangeError} if a number is out of its range, or checkpoints have both intervals
 */
export function resolveConfig(config: RunConfig = {}): ResolvedRunConfig {
  const { saveCheckpointsSteps, saveSummarySteps = 100, keepCheckpointMax = 5 } = config;
  const { keepCheckpointEveryNHours = 10000, logStepCountSteps = 100, tfRandomSeed = 1 } = config;
  const { saveInput = true, cluster = ALONE } = config;
  if (saveCheckpointsSteps !== undefined && config.saveCheckpointsSecs !== undefined)
    throw new RangeError(
      "Cannot configure estimator: expected saveCheckpointsSteps or saveCheckpointsSecs, got both",
    );
  const saveCheckpointsSecs = config.saveCheckpointsSecs ?? (saveCheckpointsSteps === undefined ? 600 : undefined); // prettier-ignore
  expectCount("saveCheckpointsSteps", saveCheckpointsSteps ?? 1, 1);
  expectCount("saveSummarySteps", saveSummarySteps, 0);
  expectCount("keepCheckpointMax", keepCheckpointMax, 0);
  expectCount("logStepCountSteps", logStepCountSteps, 0);
  expectCount("tfRandomSeed", tfRandomSeed, 0);
  for (const [name, value = 1] of Object.entries({ saveCheckpointsSecs, keepCheckpointEveryNHours }))
    if (!(value > 0))
      throw new RangeError(`Cannot configure estimator: expected ${name} above 0, got ${value}`);
  const intervals = { saveCheckpointsSteps, saveCheckpointsSecs };
  const kept = { keepCheckpointMax, keepCheckpointEveryNHours, saveInput, cluster };
  return { ...intervals, ...kept, saveSummarySteps, logStepCountSteps, tfRandomSeed };
}

/** A new folder for an estimator that was given none. */
export function temporaryModelDir(): string {
  return mkdtempSync(join(tmpdir(), "slimlab-estimator-"));
}

function expectCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot configure estimator: expected ${name} a whole number of ${least} or more, got ${value}`,
  );
}

/**
 * Checks a number of steps that may be left out.
 * @throws {RangeError} if it is no whole number of 1 or more
 */
export function expectSteps(what: string, name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw new RangeError(`Cannot ${what}: expected ${name} a whole number of 1 or more, got ${value}`);
}

/** When a model is exported after an evaluation. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { MakeReceiver } from "../export";
import { expectLabels } from "../export/labels";
import type { Model } from "../model";
import { readEvalMetrics, type EvalScalars } from "./evalevents";
import type { EvalResult } from "./evaluation";
import type { ExportSavedModelOptions } from "./serving";

/** What an exporter needs of an estimator. */
export interface Exporting {
  readonly modelDir: string;
  evalDir(name?: string): string;
  exportSavedModel(dir: string, options?: ExportSavedModelOptions): Promise<string>;
}

/** An evaluation that an exporter decides on. */
export interface ExportContext {
  readonly estimator: Exporting;
  /** The folder of versions: modelDir/export/name. */
  readonly exportPath: string;
  readonly checkpointPath: string;
  readonly evalResult: EvalResult;
  /** Whether training is over. */
  readonly isTheFinalExport: boolean;
}

/** Exports after evaluations, or not. @see tf.estimator.Exporter */
export interface Exporter {
  readonly name: string;
  /** Refuses a model, before it is trained, that it could not export. */
  expectModel?(model: Pick<Model, "options">): void;
  /** @returns the version's folder; undefined if it did not export */
  export(context: ExportContext): Promise<string | undefined>;
}

/** Options of exporters. */
export interface ExporterOptions extends Omit<
  ExportSavedModelOptions,
  "checkpointPath" | "receiver" | "version"
> {
  /** The folder's, in modelDir/export. */
  readonly name: string;
  /** What the model receives when it is served. @default createPredictInputFn(): serialized tf.Example messages */
  readonly servingInputReceiverFn?: MakeReceiver;
}

/** Options of exporters that clean up. */
export interface KeepingOptions extends ExporterOptions {
  /** How many of the newest exports are kept; 0 keeps all. @default 5 */
  readonly exportsToKeep?: number;
}

/**
 * Exports once, after the last evaluation.
 * @see tf.estimator.FinalExporter
 */
export class FinalExporter implements Exporter {
  readonly name: string;

  /** @throws {RangeError} if a label is empty or of several lines */
  constructor(private readonly options: ExporterOptions) {
    this.name = options.name;
    expectOptions(options);
  }

  /** @throws {RangeError} if there are not as many labels as classes */
  expectModel(model: Pick<Model, "options">): void {
    expectClasses(this.options, model);
  }

  /** Exports if training is over. */
  async export(context: ExportContext): Promise<string | undefined> {
    return context.isTheFinalExport ? exportNow(this.options, context) : undefined;
  }
}

/**
 * Exports after each evaluation, and deletes old exports.
 * @see tf.estimator.LatestExporter
 */
export class LatestExporter implements Exporter {
  readonly name: string;

  /** @throws {RangeError} if exportsToKeep is no whole number of 0 or more, or a label is empty or of several lines */
  constructor(private readonly options: KeepingOptions) {
    this.name = options.name;
    expectOptions(options);
  }

  /** @throws {RangeError} if there are not as many labels as classes */
  expectModel(model: Pick<Model, "options">): void {
    expectClasses(this.options, model);
  }

  /** Exports. */
  async export(context: ExportContext): Promise<string> {
    const folder = await exportNow(this.options, context);
    removeOld(context.exportPath, this.options);
    return folder;
  }
}

/** Options of BestExporter. */
export interface BestExporterOptions extends KeepingOptions {
  /**
   * Which loss must be smaller than that of the best so far: of the labels alone, or with the weight decay, by which a pretrained
   * network's loss is mostly that of its weights. Where an evaluation has no crossEntropy, as those that Python has written, its
   * loss is compared with the other's. @default "crossEntropy" (tf.estimator: "loss")
   */
  readonly metric?: "crossEntropy" | "loss";
  /** Whether an evaluation is better than the best so far, in place of `metric`. @default a smaller `metric` */
  readonly compareFn?: (best: EvalScalars, current: EvalScalars) => boolean;
  /** The name of the evaluation. @default none */
  readonly evalName?: string;
}

/**
 * Exports after an evaluation that is better than all before, those of earlier runs included: they are read from the event files.
 * An evaluation whose loss is NaN is never the best, and none is worse for it.
 * @see tf.estimator.BestExporter, which exports its first evaluation after each restart, better or not, and after a first that
 *   was NaN no other
 */
export class BestExporter implements Exporter {
  readonly name: string;

  /**
   * @throws {RangeError} if exportsToKeep is no whole number of 0 or more, a label is empty or of several lines, or `metric` is not
   *   one of its values
   * @throws {TypeError} if there are both metric and compareFn
   */
  constructor(private readonly options: BestExporterOptions) {
    this.name = options.name;
    expectOptions(options);
    expectComparison(options);
  }

  /** @throws {RangeError} if there are not as many labels as classes */
  expectModel(model: Pick<Model, "options">): void {
    expectClasses(this.options, model);
  }

  /** Exports if no evaluation was as good, or none of them was exported. */
  async export(context: ExportContext): Promise<string | undefined> {
    const { metric = "crossEntropy", compareFn = hasSmaller(metric), evalName } = this.options;
    const { estimator, evalResult, exportPath } = context;
    const current = scalarsOf(evalResult);
    if (hasDiverged(current)) return undefined;
    const events = await readEvalMetrics(estimator.evalDir(evalName));
    const others = [...events]
      .filter(([step]) => step !== evalResult.global_step)
      .map(([, scalars]) => scalars);
    const isBest = others.every((other) => compareFn(other, current) || isIncomparable(other, current));
    function isIncomparable(one: EvalScalars, other: EvalScalars): boolean {
      return Object.values(one).some(Number.isNaN) && !compareFn(other, one);
    }
    if (!isBest && versionsIn(exportPath).length > 0) return undefined;
    const folder = await exportNow(this.options, context);
    removeOld(exportPath, this.options);
    return folder;
  }
}

function hasSmaller(metric: string): (best: EvalScalars, current: EvalScalars) => boolean {
  return (best, current) => {
    const common = metric in best && metric in current ? metric : "loss";
    return (current[common] ?? Infinity) < (best[common] ?? Infinity);
  };
}

function hasDiverged({ loss = 0, crossEntropy = 0 }: EvalScalars): boolean {
  return Number.isNaN(loss) || Number.isNaN(crossEntropy);
}

function expectComparison({ name, metric, compareFn }: BestExporterOptions): void {
  const cannot = `Cannot create exporter "${name}": expected`;
  if (metric === undefined) return;
  if (compareFn !== undefined) throw new TypeError(`${cannot} metric or compareFn, got both`);
  if (["crossEntropy", "loss"].includes(metric)) return;
  throw new RangeError(
    `${cannot} metric "crossEntropy" or "loss", got "${metric}"; compareFn compares others`,
  );
}

function scalarsOf(result: EvalResult): EvalScalars {
  const scalars = Object.entries(result).filter((entry): entry is [string, number] => typeof entry[1] === "number"); // prettier-ignore
  return Object.fromEntries(scalars);
}

function exportNow(options: ExporterOptions, context: ExportContext): Promise<string> {
  const { labels, warmup, movingAverages, servingInputReceiverFn: receiver } = options;
  const { estimator, exportPath, checkpointPath } = context;
  return estimator.exportSavedModel(exportPath, {
    checkpointPath,
    ...(labels && { labels }),
    ...(warmup && { warmup }),
    ...(movingAverages !== undefined && { movingAverages }),
    ...(receiver && { receiver }),
  });
}

/** Versions' folders, newest first. */
function versionsIn(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
  return names.sort((a, b) => Number(b) - Number(a)).map((name) => join(folder, name));
}

/** The newest version in a folder of them, if it was exported after a time in seconds since 1970. */
export function versionSince(folder: string, time: number): string | undefined {
  const [newest] = versionsIn(folder);
  return newest !== undefined && Number(basename(newest)) >= Math.floor(time) ? newest : undefined;
}

function removeOld(folder: string, { exportsToKeep = 5 }: KeepingOptions): void {
  if (exportsToKeep === 0) return;
  for (const old of versionsIn(folder).slice(exportsToKeep)) rmSync(old, { recursive: true });
}

function expectClasses({ name, labels }: ExporterOptions, { options }: Pick<Model, "options">): void {
  expectLabels(`export "${name}"`, labels, options.numClasses);
}

function expectOptions({ name, labels, exportsToKeep = 5 }: KeepingOptions): void {
  expectLabels(`create exporter "${name}"`, labels);
  if (Number.isSafeInteger(exportsToKeep) && exportsToKeep >= 0) return;
  throw new RangeError(
    `Cannot create exporter "${name}": expected exportsToKeep a whole number of 0 or more, got ${exportsToKeep}`,
  );
}

/** The runs of a folder, read from their event files and epochs. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Hyperparameter } from "../../summary";
import { readRuns, runsOf } from "../../summary/reader";
import { measuredBy, measuredInColumn, type Measured } from "./name";
import { readEpochs, type CsvEpoch } from "./csv";
import { createSeries, type GrowingSeries, type Series } from "./series";

/** A run, as it is read. */
export interface ReadRun {
  readonly folder: string;
  /** What it was made with, as far as it says so. */
  readonly hyperparameters: Readonly<Record<string, Hyperparameter>>;
  /** By metric, then by what it was measured on: "train", "validation". */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Series>>>>;
  /** The greatest step of any metric. */
  readonly steps: number;
  /** From the first to the last thing that was written, without the time between a stop and going on. NaN: unknown */
  readonly seconds: number;
  /** Epochs by step, where they are written. */
  readonly epochs: Series;
}

/** What of a run is wanted. */
export interface ReadOptions {
  readonly isWanted: (metric: string) => boolean;
  readonly directionOf: (metric: string) => "min" | "max" | undefined;
  readonly smoothing: number;
}

/**
 * The runs of a folder: itself, and those below it that have event files.
 * @throws {RangeError} if there are none
 * @throws {CorruptRecordError} if a record is damaged
 */
export async function readRunsOf(path: string, options: ReadOptions): Promise<ReadRun[]> {
  const cannot = `Cannot compare runs: expected event files, or what csvLog() wrote, in "${path}", got`;
  if (!existsSync(path)) throw new RangeError(`${cannot} nothing there`);
  const runs = new Map<string, Run>();
  const runOf = (folder: string): Run => {
    const run = runs.get(folder) ?? new Run(join(path, folder), options);
    runs.set(folder, run);
    return run;
  };
  for await (const point of readRuns(runsOf(path))) {
    if (point.kind !== "scalar" && point.kind !== "hyperparameters") continue;
    const measured = measuredBy(point.run, point.tag);
    const run = runOf(measured.run);
    if (point.kind === "hyperparameters") Object.assign(run.hyperparameters, point.value);
    else run.add(measured, point);
  }
  if (statSync(path).isDirectory() && runs.size === 0) runOf(".");
  const found = [...runs.values()].map((run) => run.finished()).filter((run) => run !== undefined);
  if (found.length === 0) throw new RangeError(`${cannot} none`);
  return found;
}

interface Seen {
  readonly step: number;
  readonly wallTime: number;
  readonly value: number;
  readonly run: string;
  readonly file: string;
}

class Run implements Omit<ReadRun, "metrics" | "seconds"> {
  readonly hyperparameters: Record<string, Hyperparameter> = {};
  readonly metrics: Record<string, Record<string, GrowingSeries>> = {};
  readonly epochs = createSeries(undefined, 0);
  steps = 0;
  /** The first and last time of each file, by folder. */
  private readonly times = new Map<string, Map<string, { readonly first: number; last: number }>>();

  constructor(
    readonly folder: string,
    private readonly options: ReadOptions,
  ) {}

  add({ metric, split }: Measured, { step, wallTime, value, run, file }: Seen): void {
    const files = this.times.get(run) ?? new Map<string, { readonly first: number; last: number }>();
    this.times.set(run, files);
    const time = files.get(file) ?? { first: wallTime, last: wallTime };
    files.set(file, time);
    time.last = Math.max(time.last, wallTime);
    this.steps = Math.max(this.steps, step);
    if (metric === "epoch") this.epochs.add({ step, wallTime, value });
    else if (this.options.isWanted(metric)) this.seriesOf(metric, split).add({ step, wallTime, value });
  }

  /** With its epochs' file; undefined if it has nothing. */
  finished(): ReadRun | undefined {
    const rows = statSync(this.folder).isDirectory() ? readEpochs(this.folder) : [];
    this.addRows(rows);
    const { folder, hyperparameters, metrics, steps, epochs } = this;
    if (steps === 0 && Object.keys(metrics).length === 0 && Object.keys(hyperparameters).length === 0)
      return undefined;
    return { folder, hyperparameters, metrics, steps, epochs, seconds: this.seconds(rows) };
  }

  /** What event files say too stays as they say it. */
  private addRows(rows: readonly CsvEpoch[]): void {
    const hasEpochs = this.epochs.count > 0;
    const columns = new Set(rows.flatMap((row) => Object.keys(row)));
    const measured = [...columns].flatMap((column) => {
      const one = measuredInColumn(column);
      if (one === undefined || !this.options.isWanted(one.metric)) return [];
      return this.metrics[one.metric]?.[one.split] === undefined ? [{ ...one, column }] : [];
    });
    let passed = this.times.size === 0 ? 0 : NaN; // events have the time of day
    for (const row of rows) {
      const { epoch = NaN, globalStep: step = epoch, seconds = NaN } = row;
      const wallTime = (passed += seconds);
      this.steps = Math.max(this.steps, step);
      if (!hasEpochs) this.epochs.add({ step, wallTime, value: epoch });
      for (const { metric, split, column } of measured) {
        const value = row[column];
        if (value !== undefined) this.seriesOf(metric, split).add({ step, wallTime, value });
      }
    }
  }

  private seriesOf(metric: string, split: string): GrowingSeries {
    const { directionOf, smoothing } = this.options;
    const splits = (this.metrics[metric] ??= {});
    return (splits[split] ??= createSeries(directionOf(metric), smoothing));
  }

  private seconds(rows: readonly CsvEpoch[]): number {
    const perFolder = [...this.times.values()].map((files) =>
      [...files.values()].reduce((sum, { first, last }) => sum + last - first, 0),
    );
    if (perFolder.length > 0) return Math.max(...perFolder);
    const told = rows.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
    return told.length > 0 ? told.reduce((sum, one) => sum + one, 0) : NaN;
  }
}

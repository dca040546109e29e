import { inspect } from "node:util";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { bundleOf, displayable, htmlOf, type Displayable } from "../../display/bundle";
import { table, type Table, type TableRow, type TableValue } from "../../display/table";
import type { Figure } from "../../inspect/figure";
import type { Hyperparameter } from "../../summary";
import { directionOf } from "../../training/callbacks/monitor";
import { runsFigure, type NamedRun, type RunsAxis } from "./figure";
import { readRunsOf, type ReadRun } from "./read";
import type { Series } from "./series";

/** Options of compareRuns(). */
export interface CompareRunsOptions {
  /**
   * Which metrics are compared, by the names of their tags without what tells train from validation.
   * @default those whose name says what is better, as losses' and accuracies' do; all, if none does
   */
  readonly metrics?: readonly string[] | RegExp;
  /** What is better of metrics whose names do not say it. @default unknown: they have no best */
  readonly modes?: Readonly<Record<string, "min" | "max">>;
  /** What curves are drawn by: "time" is seconds since the run began, with its breaks. @default "step" */
  readonly x?: RunsAxis;
  /** How much of the mean so far stays at each value that was trained on: 0 … 1, but 1. @default 0.6 (TensorBoard) */
  readonly smoothing?: number;
}

/** A value of a run, and where it was. */
export interface RunValue {
  readonly value: number;
  readonly step: number;
}

/** What a metric came to. */
export interface RunMetric {
  readonly last: RunValue;
  /** Undefined where it is not known what is better, or no value is a number. */
  readonly best: RunValue | undefined;
}

/** A run of those compared. */
export interface ComparedRun {
  /** Its folder, without what all have in common. */
  readonly run: string;
  readonly folder: string;
  /** What it was made with, as far as it says so: by tensorboard(), an Estimator, or TensorBoard's hparams. */
  readonly hyperparameters: Readonly<Record<string, Hyperparameter>>;
  /** The greatest step. */
  readonly steps: number;
  /** From the first to the last thing written, without breaks between a stop and going on; NaN if unknown. */
  readonly seconds: number;
  /** By the metric's name, then by what it was measured on: "train", "validation" or another set's name. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, RunMetric>>>>;
}

/** Runs side by side; shows itself as the table and the curves. */
export interface ComparedRuns extends Displayable {
  readonly runs: readonly ComparedRun[];
  /** A row a run: the hyperparameters that differ, steps, seconds, and of each metric the last value, and the best with its step. */
  table(): Table;
  /** The curves over each other, a subplot a metric: trained on as smoothed lines, validated on as points. */
  figure(): Figure;
  /** The table as text. */
  toString(): string;
}

/**
 * Reads runs and compares them: folders with event files of whatever program, with those below them as TensorBoard groups them, where
 * "train", "eval" or "validation" belong to the run above; and what csvLog() has written, which tells the epochs too.
 *
 * A run may still be going on. Of one that was resumed the latest value of a step stands, as in TensorBoard. Memory is bounded: of long
 * series the figure has evenly chosen points, the table all.
 * @param folders  of runs, or of folders of runs
 * @throws {RangeError} if a folder is missing or has nothing to compare, no run has such a metric, or an option is out of its range
 * @throws {CorruptRecordError} if a record is damaged, with file, record and offset
 * @example
 * display(await compareRuns(["build/sgd", "build/adam"], { x: "epoch" }));
 */
export async function compareRuns(
  folders: string | readonly string[],
  options: CompareRunsOptions = {},
): Promise<ComparedRuns> {
  const { metrics: wanted, modes = {}, x = "step", smoothing = 0.6 } = options;
  expectOptions(x, smoothing);
  const paths = [...new Set([folders].flat().map((folder) => resolve(folder)))];
  if (paths.length === 0) throw new RangeError("Cannot compare runs: expected a folder or more, got none");
  const isWanted = (metric: string): boolean =>
    wanted === undefined || (wanted instanceof RegExp ? metric.search(wanted) >= 0 : wanted.includes(metric));
  const direction = (metric: string): "min" | "max" | undefined => modes[metric] ?? directionOf(metric);
  const read: ReadRun[] = [];
  for (const path of paths)
    read.push(...(await readRunsOf(path, { isWanted, directionOf: direction, smoothing })));
  const runs = named(read);
  const found = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const told = found.filter((metric) => direction(metric) !== undefined && !isRepeated(metric));
  const metrics = wanted === undefined && told.length > 0 ? told : found;
  if (metrics.length === 0)
    throw new RangeError(`Cannot compare runs: expected metrics ${wanted === undefined ? "in the runs" : String(wanted)}, got none`); // prettier-ignore
  const figure = runsFigure(runs, metrics, x);
  const compared = runs.map((run) => comparedRun(run, metrics));
  const rows = tableOf(compared, metrics);
  const toString = (): string => String(rows);
  const value = { runs: compared, table: () => rows, figure: () => figure, toString, [inspect.custom]: toString }; // prettier-ignore
  return displayable(value, (context) => {
    const html = htmlOf(bundleOf(rows));
    return { "text/html": html + htmlOf(bundleOf(figure, context)), "text/plain": toString() };
  });
}

/** Whether it is what Keras writes of validations a second time, by the step. */
const isRepeated = (metric: string): boolean => metric.endsWith("_vs_iterations");

function expectOptions(x: RunsAxis, smoothing: number): void {
  if (!["step", "epoch", "time"].includes(x))
    throw new RangeError(`Cannot compare runs: expected x "step", "epoch" or "time", got ${JSON.stringify(x)}`); // prettier-ignore
  if (!(smoothing >= 0 && smoothing < 1))
    throw new RangeError(`Cannot compare runs: expected smoothing in 0 … 1, but not 1, got ${smoothing}`);
}

/** By their folders, without what these have in common. */
function named(runs: readonly ReadRun[]): NamedRun[] {
  const unique = runs.filter(({ folder }, i) => runs.findIndex((one) => one.folder === folder) === i);
  const folders = unique.map(({ folder }) => folder);
  let common = dirname(folders[0] ?? "");
  while (!folders.every((folder) => relative(common, folder).split(sep)[0] !== ".."))
    common = dirname(common);
  const nameOf = (folder: string): string =>
    relative(common, folder).split(sep).join("/") || basename(folder);
  return unique.map((run) => ({ ...run, run: nameOf(run.folder) }));
}

function comparedRun({ metrics: all, epochs: _, ...run }: NamedRun, metrics: readonly string[]): ComparedRun {
  const own = metrics.flatMap((metric) => {
    const splits = Object.entries(all[metric] ?? {}).flatMap(([split, { best, last }]) =>
      last === undefined ? [] : [[split, { last: valueOf(last), best: best && valueOf(best) }] as const],
    );
    return splits.length === 0 ? [] : [[metric, Object.fromEntries(splits)] as const];
  });
  return { ...run, metrics: Object.fromEntries(own) };
}

const valueOf = ({ value, step }: NonNullable<Series["last"]>): RunValue => ({ value, step });

function tableOf(runs: readonly ComparedRun[], metrics: readonly string[]): Table {
  const differing = differingNames(runs);
  const measured = metrics.flatMap((metric) => {
    const splits = new Set(runs.flatMap((run) => Object.keys(run.metrics[metric] ?? {})));
    return [...splits].map((split) => ({ metric, split, title: `${split} ${metric}` }));
  });
  const rows = runs.map((run): TableRow => {
    const values = measured.flatMap(({ metric, split, title }): [string, TableValue][] => {
      const { best, last } = run.metrics[metric]?.[split] ?? {};
      const hasBest = runs.some((one) => one.metrics[metric]?.[split]?.best !== undefined);
      const told = best && `${Number(best.value.toPrecision(4))} at ${best.step}`;
      return [
        [title, last?.value],
        ...(hasBest ? [[`best ${title}`, told] satisfies [string, TableValue]] : []),
      ];
    });
    const { steps, hyperparameters } = run;
    const seconds = Number.isNaN(run.seconds) ? undefined : Number(run.seconds.toFixed(1));
    const differ = Object.fromEntries(differing.map((name) => [name, hyperparameters[name]]));
    return { run: run.run, ...differ, steps, seconds, ...Object.fromEntries(values) };
  });
  return table(rows);
}

/** Hyperparameters that are not the same in all runs that tell any. */
function differingNames(runs: readonly ComparedRun[]): string[] {
  const telling = runs
    .map(({ hyperparameters }) => hyperparameters)
    .filter((one) => Object.keys(one).length > 0);
  const names = new Set(telling.flatMap((one) => Object.keys(one)));
  return [...names].filter((name) => new Set(telling.map((one) => one[name])).size > 1);
}

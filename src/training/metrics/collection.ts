import { bundleOf, table, type Displayable, type MimeBundle, type Table } from "../../display";
import { displayable } from "../../display/bundle";
import { readingOnce, type MetricInputs } from "./inputs";
import type { Metric, MetricResult, MetricState } from "./metric";

/** Metrics by the names they go by. */
export type MetricRecord = Readonly<Record<string, Metric<MetricResult>>>;

/** What each of several metrics gives. */
export type MetricResults<M extends MetricRecord> = { readonly [K in keyof M]: ReturnType<M[K]["result"]> };

/** Several metrics as one; a notebook shows it as a table. */
export interface Metrics<M extends MetricRecord> extends Displayable {
  /** The metrics themselves. */
  readonly metrics: M;
  /**
   * Counts a batch in every metric; each tensor is read once. The caller may dispose the tensors once this is done.
   * @throws what the first metric to refuse the batch throws; the others have counted it
   */
  update(inputs: MetricInputs): Promise<void>;
  /** What each metric gives. */
  result(): MetricResults<M>;
  /** Forgets all that was counted. */
  reset(): void;
  /** What each metric has counted, as plain numbers. */
  state(): { readonly [K in keyof M]: MetricState };
  /**
   * Adds what other metrics of the same names and kinds have counted.
   * @throws {RangeError} if they are not the same; nothing is then added
   */
  merge(other: Readonly<Record<string, MetricState>>): void;
  /** The results as text. */
  toString(): string;
}

/**
 * Several metrics as one object that updates, merges and shows them together.
 * @example
 * const metrics = createMetrics({ accuracy: accuracyMetric(), top5: topKMetric(), loss: meanMetric() });
 * await metrics.update({ labels, ...model.postprocess(predictions), loss });
 * metrics.result().accuracy; // 0.75
 * metrics; // as the last expression of a cell: a table
 */
export function createMetrics<M extends MetricRecord>(metrics: M): Metrics<M> {
  const entries = Object.entries<Metric<MetricResult>>(metrics);
  const collect = <T>(part: (metric: Metric<MetricResult>) => T) =>
    Object.fromEntries(entries.map(([name, metric]) => [name, part(metric)]));
  const toString = (): string =>
    tablesOf(entries)
      .map((each) => each.toString())
      .join("\n\n");
  const all = {
    metrics,
    async update(inputs: MetricInputs): Promise<void> {
      // Until all are done: the caller may dispose the tensors after an error too.
      const outcomes = await readingOnce(inputs, () =>
        Promise.allSettled(entries.map(([, metric]) => metric.update(inputs))),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- fromEntries forgets which key has which value
    result: () => collect((metric) => metric.result()) as MetricResults<M>,
    reset: () => entries.forEach(([, metric]) => metric.reset()),
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- as above
    state: () => collect((metric) => metric.state()) as { readonly [K in keyof M]: MetricState },
    merge: (other: Readonly<Record<string, MetricState>>) => mergeAll(entries, other),
    toString,
  };
  return displayable(all, () => bundleOfTables(tablesOf(entries)));
}

function mergeAll(
  entries: readonly (readonly [string, Metric<MetricResult>])[],
  other: Readonly<Record<string, MetricState>>,
): void {
  const names = entries.map(([name]) => name).sort();
  const others = Object.keys(other).sort();
  if (names.join() !== others.join()) {
    throw new RangeError(`Cannot merge metrics: expected ${names.join(", ")}, got ${others.join(", ")}`);
  }
  const before = entries.map(([, metric]) => metric.state());
  try {
    entries.forEach(([name, metric]) => metric.merge(other[name] ?? {}));
  } catch (error) {
    entries.forEach(([, metric], index) => {
      metric.reset();
      metric.merge(before[index] ?? {});
    });
    throw error;
  }
}

/** One table of the numbers, one by class of what has a number for each, and one for each matrix. */
function tablesOf(entries: readonly (readonly [string, Metric<MetricResult>])[]): Table[] {
  const results = entries.map(([name, metric]) => ({ name, value: metric.result() }));
  const rows = results.flatMap(({ name, value }) =>
    typeof value === "number" ? [{ metric: name, value }] : [],
  );
  const lists = results.flatMap(({ name, value }) => (isList(value) ? [{ name, value }] : []));
  const matrices = results.flatMap(({ name, value }) =>
    typeof value === "number" || isList(value) ? [] : [matrixTable(name, value)],
  );
  return [
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(lists.length === 0 ? [] : [classTable(lists)]),
    ...matrices,
  ];
}

function isList(value: MetricResult): value is readonly number[] {
  return typeof value !== "number" && value.every((one) => typeof one === "number");
}

function classTable(lists: readonly { readonly name: string; readonly value: readonly number[] }[]): Table {
  const classes = Math.max(...lists.map(({ value }) => value.length));
  return table(
    Array.from({ length: classes }, (_, index) => ({
      class: String(index),
      ...Object.fromEntries(lists.map(({ name, value }) => [name, value[index]])),
    })),
  );
}

function matrixTable(name: string, matrix: readonly (readonly number[])[]): Table {
  const columns = ["label", ...matrix.map((_, index) => String(index))];
  const rows = matrix.map((row, label) => ({
    label: String(label),
    ...Object.fromEntries(row.map((value, index) => [String(index), value])),
  }));
  return table(rows, { columns, caption: `${name}: labels down, predictions across` });
}

function bundleOfTables(tables: readonly Table[]): MimeBundle {
  const bundles = tables.map((each) => bundleOf(each));
  return {
    "text/html": bundles.map(({ "text/html": html }) => (typeof html === "string" ? html : "")).join(""),
    "text/plain": bundles.map((bundle) => bundle["text/plain"]).join("\n\n"),
  };
}

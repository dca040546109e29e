import type { MetricInputs } from "./inputs";

/**
 * What a metric has counted, by name, as numbers that JSON keeps: sums are IEEE doubles.
 * JSON writes NaN and infinities as null, which merge() takes as NaN.
 */
export type MetricState = Readonly<Record<string, readonly number[]>>;

/** What a metric gives: a number, one for each class, or a matrix of them. */
export type MetricResult = number | readonly number[] | readonly (readonly number[])[];

/** A measure over a stream of batches. */
export interface Metric<R extends MetricResult = number> {
  /** What it is, for errors: "accuracy". */
  readonly name: string;
  /**
   * Counts a batch; an empty one changes nothing. The caller may dispose the tensors once this is done.
   * @throws {TypeError} that names a missing input, or one of the wrong shape or type
   * @throws {RangeError} that names a value out of range; the batch is then not counted
   */
  update(inputs: MetricInputs): Promise<void>;
  /** The measure over all that was counted; 0 where there was nothing, as TensorFlow's. */
  result(): R;
  /** Forgets all that was counted. */
  reset(): void;
  /** What was counted so far, a copy; `reset()` and `merge(state)` bring it back. */
  state(): MetricState;
  /**
   * Adds what another metric of the same kind has counted: on another part of the data, or before a restart.
   * @throws {RangeError} if the state is of another kind or of other options; nothing is then added
   */
  merge(other: MetricState): void;
}

/** The sums of a metric while it counts. */
export type Sums<K extends string> = Readonly<Record<K, number[]>>;

/** How many numbers a sum has: always so many, or so many for each example, one after the other. */
export type Size = number | { readonly perExample: number };

/** How a metric counts. */
export interface MetricDefinition<K extends string, R extends MetricResult> {
  readonly name: string;
  /** How many numbers each sum has; of what grows, how many are added for each example. */
  readonly sizes: Readonly<Record<K, Size>>;
  /** Options that must agree before states are merged. */
  readonly options?: MetricState;
  /** Reads and checks a batch, and gives what adds it to the sums. */
  readonly read: (inputs: MetricInputs) => Promise<(sums: Sums<K>) => void>;
  readonly result: (sums: Sums<K>) => R;
}

/** Makes a metric of a way to count. */
export function defineMetric<K extends string, R extends MetricResult>(
  definition: MetricDefinition<K, R>,
): Metric<R> {
  const { name, sizes, options = {} } = definition;
  const sums = emptySums(sizes);
  const entries = Object.entries<number[]>(sums);
  return {
    name,
    async update(inputs) {
      const add = await definition.read(inputs);
      add(sums);
    },
    result: () => definition.result(sums),
    reset: () => resetSums(sums, sizes),
    state: () => ({
      ...options,
      ...Object.fromEntries(entries.map(([key, values]) => [key, [...values]])),
    }),
    merge(other) {
      expectState(name, { ...options, ...sums }, { options, sizes }, other);
      let key: K;
      for (key in sizes) {
        const [values, begin] = [sums[key], typeof sizes[key] === "number" ? 0 : sums[key].length];
        // JSON has no NaN: it comes back as null
        other[key]?.forEach((value: number | null, index) => increase(values, begin + index, value ?? NaN));
      }
    },
  };
}

function emptySums<K extends string>(sizes: Readonly<Record<K, Size>>): Record<K, number[]> {
  const sums: Partial<Record<K, number[]>> = {};
  let key: K;
  for (key in sizes) sums[key] = [];
  if (!isWhole(sums, sizes))
    throw new Error(`Cannot make a metric: expected sums ${Object.keys(sizes).join(", ")}, got fewer`);
  resetSums(sums, sizes);
  return sums;
}

function resetSums<K extends string>(sums: Record<K, number[]>, sizes: Readonly<Record<K, Size>>): void {
  let key: K;
  for (key in sizes) {
    const [values, size] = [sums[key], sizes[key]];
    values.length = 0;
    if (typeof size === "number") for (let index = 0; index < size; index++) values.push(0);
  }
}

function isWhole<K extends string>(
  sums: Partial<Record<K, number[]>>,
  sizes: Readonly<Record<K, Size>>,
): sums is Record<K, number[]> {
  return Object.keys(sums).length === Object.keys(sizes).length;
}

/** Checks that a state, perhaps read from a file, is one of this metric. */
function expectState(
  name: string,
  mine: MetricState,
  { options, sizes }: { readonly options: MetricState; readonly sizes: Readonly<Record<string, Size>> },
  other: MetricState,
): void {
  const cannot = `Cannot merge ${name}: expected`;
  const keys = (state: MetricState): string => Object.keys(state).sort().join(", ");
  if (keys(mine) !== keys(other))
    throw new RangeError(`${cannot} a state of ${keys(mine)}, got ${keys(other)}`);
  for (const [key, values] of Object.entries(mine)) {
    const got: unknown = other[key];
    const size = sizes[key] ?? values.length;
    const fits = (length: number): boolean =>
      typeof size === "number" ? length === values.length : length % size.perExample === 0;
    if (!Array.isArray(got) || !fits(got.length) || !got.every(isNumberOrNull)) {
      const expected = typeof size === "number" ? values.length : `a multiple of ${size.perExample}`;
      const found = Array.isArray(got) ? `${got.length} values` : String(got);
      throw new RangeError(`${cannot} ${expected} numbers as ${key}, got ${found}`);
    }
  }
  for (const [key, values] of Object.entries(options)) {
    if (values.some((value, index) => value !== other[key]?.[index])) {
      throw new RangeError(`${cannot} ${key} ${values.join(", ")}, got ${other[key]?.join(", ")}`);
    }
  }
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || typeof value === "number";
}

/** sum / count, 0 where nothing was counted or more was taken away than counted, as tf.metrics. */
export function ratio(sum: number, count: number): number {
  const counted = Math.max(count, 0);
  return counted === 0 ? 0 : sum / counted;
}

/** Adds to one of a metric's numbers. */
export function increase(sums: number[], index: number, amount: number): void {
  sums[index] = (sums[index] ?? 0) + amount;
}

/** The first of a metric's numbers. */
export function first([value = 0]: readonly number[]): number {
  return value;
}

/** Checks an option that must be a whole number. */
export function expectWhole(metric: string, option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot make ${metric}: expected ${option} a whole number of ${least} or more, got ${value}`,
  );
}

/** One metric of one run, of which what is needed is kept, however long it is. */
import { averaged } from "../sweep";

/** A value of a series. */
export interface SeriesPoint {
  readonly step: number;
  /** In seconds since 1970; NaN where it is not known. */
  readonly wallTime: number;
  readonly value: number;
  /** The exponential mean of the values so far. */
  readonly smoothed: number;
}

/** What is kept of a series. */
export interface Series {
  /** In order; of long ones as many as a figure can show, evenly chosen, and the last. */
  readonly points: readonly SeriesPoint[];
  readonly last: SeriesPoint | undefined;
  /** Undefined where it is not known what is better, or no value is a number. */
  readonly best: SeriesPoint | undefined;
  /** Of all, those that are not kept too. */
  readonly count: number;
}

/** A series that grows. */
export interface GrowingSeries extends Series {
  add(point: Omit<SeriesPoint, "smoothed">): void;
}

/** As many points as a figure can show, and at most twice as many meanwhile. */
const KEPT = 1000;

/**
 * A series without values.
 * @param direction  which values are better; undefined: unknown
 * @param smoothing  how much of the mean so far stays
 */
export function createSeries(direction: "min" | "max" | undefined, smoothing: number): GrowingSeries {
  const smooth = averaged(smoothing);
  let points: SeriesPoint[] = [];
  let [every, count] = [1, 0];
  let best: SeriesPoint | undefined;
  let last: SeriesPoint | undefined;
  const isBetter = (value: number): boolean =>
    direction !== undefined &&
    !Number.isNaN(value) &&
    (best === undefined || (direction === "min" ? value < best.value : value > best.value));
  return {
    get points() {
      return last === undefined || points.at(-1) === last ? points : [...points, last];
    },
    get best() {
      return best;
    },
    get last() {
      return last;
    },
    get count() {
      return count;
    },
    add: (given) => {
      const isNumber = Number.isFinite(given.value); // one that is none would stay in the mean
      const point = { ...given, smoothed: isNumber ? smooth(given.value) : NaN };
      if (isBetter(point.value)) best = point;
      last = point;
      if (count++ % every === 0) points.push(point);
      if (points.length < 2 * KEPT) return;
      points = points.filter((_, i) => i % 2 === 0);
      every *= 2;
    },
  };
}

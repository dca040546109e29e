import { types } from "node:util";
import { counted } from "./limits";

/** What numbers are, as far as they are finite. */
export interface Statistics {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly nan: number;
  readonly infinite: number;
}

/** Numbers are looked at in pieces of so many, of one kind: a loop over arrays of many kinds is ten times slower. */
const piece = new Float64Array(8192);

/** What of numbers can be told without showing them. Infinity and -Infinity as min and max if none is finite. */
export function statisticsOf(values: NodeJS.TypedArray): Statistics {
  let [min, max, sum, nan, infinite] = [Infinity, -Infinity, 0, 0, 0];
  for (let at = 0; at < values.length; at += piece.length) {
    const count = fill(values, at);
    for (let i = 0; i < count; i++) {
      const value = piece[i] ?? NaN;
      if (value - value === 0) {
        sum += value;
        if (value < min) min = value;
        if (value > max) max = value;
      } else if (value !== value) nan += 1;
      else infinite += 1;
    }
  }
  const count = values.length;
  return { count, min, mean: sum / (count - nan - infinite), max, nan, infinite };
}

/** Takes the numbers from there on into the piece. @returns how many */
function fill(values: NodeJS.TypedArray, at: number): number {
  const part = values.subarray(at, at + piece.length);
  if (types.isBigInt64Array(part) || types.isBigUint64Array(part)) piece.set(Array.from(part, Number));
  else piece.set(part);
  return part.length;
}

/** The statistics in words that follow others. */
export function describe({ count, min, mean, max, nan, infinite }: Statistics): string {
  const [low, middle, high] = [min, mean, max].map((value) => String(Number(value.toPrecision(6))));
  return [
    ...(count > 1 ? [`, ${counted(count)} values`] : []),
    ...(min <= max ? [`, min ${low}, mean ${middle}, max ${high}`] : []),
    ...(nan > 0 ? [`, ${counted(nan)} NaN`] : []),
    ...(infinite > 0 ? [`, ${counted(infinite)} infinite`] : []),
  ].join("");
}

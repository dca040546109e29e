/** A number of the epochs that a callback watches. */
import type { EpochResult } from "./callback";

/** What a callback watches. */
export interface MonitorOptions {
  /** A number of the epochs: "validationLoss", "validationAccuracy", "trainLoss", "trainAccuracy", or a metric's name. @default "validationLoss" */
  readonly monitor?: string;
  /** Whether less is better or more; "auto": less of a loss, more of an accuracy. @default "auto" */
  readonly mode?: "auto" | "min" | "max";
  /** A change by less is no improvement: 0 or more. @default 0 */
  readonly minDelta?: number;
}

/** What is watched, and what is better. */
export interface Monitor {
  /** @throws {RangeError} if the epoch has no such number */
  valueIn(epoch: EpochResult): number;
  /** Whether a value improves on another; any number does on undefined, NaN on none. */
  isBetter(value: number, than: number | undefined): boolean;
}

/**
 * A monitor.
 * @param what  what for, for errors: "stop early"
 * @throws {RangeError} if an option is out of its range, or the mode can't be told by the name
 */
export function monitorOf(what: string, options: MonitorOptions): Monitor {
  const { monitor = "validationLoss", mode = "auto", minDelta = 0 } = options;
  if (!["auto", "min", "max"].includes(mode))
    throw new RangeError(`Cannot ${what}: expected mode "auto", "min" or "max", got ${JSON.stringify(mode)}`);
  if (!(minDelta >= 0 && minDelta < Infinity))
    throw new RangeError(`Cannot ${what}: expected minDelta 0 or more, got ${minDelta}`);
  const sign = (mode === "auto" ? expectDirection(what, monitor) : mode) === "max" ? 1 : -1;
  return {
    valueIn: (epoch) => {
      const numbers = numbersIn(epoch);
      const value = numbers[monitor];
      if (value !== undefined) return value;
      throw new RangeError(
        `Cannot ${what}: expected monitor one of ${Object.keys(numbers)
          .map((name) => `"${name}"`)
          .join(
            ", ",
          )}, which the epoch has, got "${monitor}"${monitor.startsWith("validation") ? "; give the training a validation" : ""}`,
      );
    },
    isBetter: (value, than) =>
      than === undefined ? !Number.isNaN(value) : sign * value - minDelta > sign * than,
  };
}

/** The numbers of an epoch by name, its metrics among them. */
export function numbersIn({ metrics, ...epoch }: EpochResult): Readonly<Record<string, number>> {
  return { ...epoch, ...metrics };
}

/** What is better of a number, as far as its name tells. */
export function directionOf(name: string): "min" | "max" | undefined {
  if (/loss|entropy|error|(^|_)(mae|mse|rmse)(_|$)/i.test(name)) return "min";
  return /accuracy|precision|recall|auc|f1|topk?\d*$/i.test(name) ? "max" : undefined;
}

function expectDirection(what: string, monitor: string): "min" | "max" {
  const direction = directionOf(monitor);
  if (direction !== undefined) return direction;
  throw new RangeError(
    `Cannot ${what}: expected mode "min" or "max" with monitor "${monitor}", whose name does not tell, got "auto"`,
  );
}

/** @throws {RangeError} if an option is no whole number from the least on */
export function expectCount(what: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`Cannot ${what}: expected ${name} a whole number from ${least} on, got ${value}`);
}

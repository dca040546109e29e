/** What scoreExplanations() is asked for. */
import { explainMethods, type ExplanationMethod as Method, type MethodName } from "../explain";
import type { Model } from "../model";
import { quoteNearest } from "../tensorflow";
import type { BoxOf } from "./boxes";
import type { Metric } from "./metric";
import { METRICS, type MetricName } from "./metrics";

/** Options of scoreExplanations(). */
export interface ScoreExplanationsOptions {
  /** Methods by name, or with options of their own, as explain() takes them; randomCam is there always, with a seed for each batch. @default gradCam and hiResCam */
  readonly methods?: readonly (MethodName | Method)[];
  /** Metrics by name, or with options of their own, e.g. road({ percentiles: [50] }). @default all; pointingGame where boxes are given */
  readonly metrics?: readonly (MetricName | Metric)[];
  /** As explain() has it. @default the last block's */
  readonly endpoint?: string | readonly string[];
  /** Which class of each photo its maps explain: the one that is predicted, or its label. @default "predicted" */
  readonly classes?: "predicted" | "label";
  /** Where objects are, for the pointing game. @default as the input's `box` has it */
  readonly boxes?: BoxOf;
  /** Where heat is: where the cells look, or spread evenly over the image, as others draw it. @default "cells" */
  readonly placement?: "cells" | "resize";
  /** Images that go through the network at once, which bounds the memory. @default 32 */
  readonly chunk?: number;
  /**
   * Called as images go through the network, each as often as methods and metrics need it; progressBar().update takes it. `total` is
   * undefined where the input does not tell how many photos it has.
   */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number | undefined }) => void;
  /** Stops between two chunks, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** What any method is to be better than: measured beside all, asked for or not. */
export const BASELINE = "randomCam" satisfies MethodName;

/** The methods but for the baseline, each by a name of its own. */
export function methodsOf({
  methods = ["gradCam", "hiResCam"],
}: ScoreExplanationsOptions): ReadonlyMap<string, Method> {
  const named = new Map<string, Method>();
  for (const wanted of methods) {
    const method = typeof wanted === "string" ? byName(explainMethods, wanted, "method") : wanted;
    if (method.name === BASELINE) continue;
    let [name, count] = [method.name, 1];
    while (named.has(name)) name = `${method.name} ${++count}`;
    named.set(name, method);
  }
  return named;
}

/**
 * The metrics.
 * @param hasBoxes  whether it is known where objects are
 */
export function metricsOf({ metrics }: ScoreExplanationsOptions, hasBoxes: boolean): readonly Metric[] {
  if (metrics === undefined)
    return Object.values<Metric>(METRICS).filter(({ needsBoxes = false }) => hasBoxes || !needsBoxes);
  const found = metrics.map((metric) =>
    typeof metric === "string" ? byName<Metric>(METRICS, metric, "metric") : metric,
  );
  const blind = found.find(({ needsBoxes = false }) => needsBoxes && !hasBoxes);
  if (blind !== undefined)
    throw new TypeError(
      `Cannot score explanations by ${blind.name}: expected boxes, or an input with them, got none`,
    );
  const names = found.flatMap(({ columns }) => columns.map(({ name }) => name));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return found;
  throw new RangeError(`Cannot score explanations: expected each metric once, got "${twice}" twice`);
}

/** @throws {RangeError} that names what is out of its range */
export function expectOptions(
  { chunk = 32, classes = "predicted", placement = "cells" }: ScoreExplanationsOptions,
  model: Model,
): void {
  if (!(Number.isSafeInteger(chunk) && chunk >= 1))
    throw new RangeError(`Cannot score explanations: expected chunk a whole number from 1 on, got ${chunk}`);
  for (const [name, value, known] of [
    ["classes", classes, ["predicted", "label"]],
    ["placement", placement, ["cells", "resize"]],
  ] as const)
    if (!known.some((one) => one === value))
      throw new RangeError(
        `Cannot score explanations: expected ${name} one of ${known.join(", ")}, got "${value}"`,
      );
  if (classes === "label" && model.options.multiLabel)
    throw new TypeError(
      "Cannot score explanations of labels: expected a model of one class a photo, got one with multiLabel",
    );
}

function byName<T>(all: Readonly<Record<string, T>>, wanted: string, what: string): T {
  const found = Object.hasOwn(all, wanted) ? all[wanted] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(all);
  throw new RangeError(
    `Cannot score explanations by "${wanted}": expected a ${what}, one of ${names.join(", ")}; the nearest are ${quoteNearest(wanted, names)}`,
  );
}

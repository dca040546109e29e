/** How well each class is told from the rest. */
import { setImmediate as turn } from "node:timers/promises";
import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { table } from "../display/table";
import { classNameOf } from "../inspect/caption";
import { figure, type Figure } from "../inspect/figure";
import { MUTED } from "../inspect/palette";
import { averageOf } from "../training/metrics/average";
import { plotlyText } from "../inspect/titles";
import { rocOf, type RocPoints } from "./roc";

/** Options of rocCurves(). */
export interface RocCurvesOptions {
  /** How many classes the figure has at most: those that are told worst. @default 8 */
  readonly classes?: number;
  /** Called as classes are done; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two classes, with its reason as the error. @default that of interpret() */
  readonly signal?: AbortSignal | undefined;
}

/** How well a class is told from the rest. */
export interface ClassRoc {
  readonly name: string;
  /** How many photos it has. */
  readonly support: number;
  /** The area under the curve, 0…1, 1/2 by chance; undefined if it has no photos, or all. */
  readonly auc: number | undefined;
  /** The curve; undefined as well. */
  readonly curve: Omit<RocPoints, "auc"> | undefined;
}

/** The curves of all classes; they show themselves as a figure, with a table of the areas. */
export interface RocCurves extends Displayable {
  readonly classes: readonly ClassRoc[];
  /** The mean of the areas, of the classes that have one; undefined if none has. */
  readonly macro: number | undefined;
  /** The same by the classes' photos. */
  readonly weighted: number | undefined;
}

/** Photos, each of some classes, with a score for every class. */
export interface Scored {
  readonly count: number;
  readonly numClasses: number;
  readonly classNames: readonly string[];
  /** The greater, the likelier. */
  scoreOf(photo: number, index: number): number;
  has(photo: number, index: number): boolean;
}

/** Work without a turn of others, in ms. */
const SLICE_MS = 50;

/**
 * The curves, each class against the rest.
 * @throws {RangeError} if classes is no whole number from 1 on
 * @throws what the signal gives as its reason
 */
export async function rocCurvesOf(
  scored: Scored,
  { classes: most = 8, onProgress, signal }: RocCurvesOptions,
): Promise<RocCurves> {
  if (!(Number.isSafeInteger(most) && most >= 1))
    throw new RangeError(`Cannot show ROC curves: expected classes a whole number from 1 on, got ${most}`);
  const { numClasses } = scored;
  const classes: ClassRoc[] = [];
  let rested = performance.now();
  for (let index = 0; index < numClasses; index++) {
    classes.push(rocOfClass(scored, index));
    if (performance.now() - rested < SLICE_MS) continue;
    onProgress?.({ done: index + 1, total: numClasses });
    await turn();
    signal?.throwIfAborted();
    rested = performance.now();
  }
  onProgress?.({ done: numClasses, total: numClasses });
  const means = { macro: meanOf(classes, "macro"), weighted: meanOf(classes, "weighted") };
  const picture = drawCurves(classes, means.macro, most);
  const listed = listAreas(classes, means);
  return displayable({ classes, ...means }, (context) => {
    const [figured, areas] = [bundleOf(picture, context), bundleOf(listed, context)];
    const html = [figured, areas].map(({ "text/html": one }) => (typeof one === "string" ? one : ""));
    return { ...figured, "text/html": html.join("\n"), "text/plain": areas["text/plain"] };
  });
}

function rocOfClass(scored: Scored, index: number): ClassRoc {
  const [positives, negatives]: [number[], number[]] = [[], []];
  for (let photo = 0; photo < scored.count; photo++)
    (scored.has(photo, index) ? positives : negatives).push(scored.scoreOf(photo, index));
  const named = { name: classNameOf(index, scored.classNames), support: positives.length };
  if (positives.length === 0 || negatives.length === 0) return { ...named, auc: undefined, curve: undefined };
  const { auc, ...curve } = rocOf(Float64Array.from(positives), Float64Array.from(negatives));
  return { ...named, auc, curve };
}

function meanOf(classes: readonly ClassRoc[], average: "macro" | "weighted"): number | undefined {
  if (classes.every(({ auc }) => auc === undefined)) return undefined;
  const support = classes.map((one) => one.support);
  return averageOf({ values: classes.map(({ auc = NaN }) => auc), support }, average);
}

function listAreas(
  classes: readonly ClassRoc[],
  { macro, weighted }: Pick<RocCurves, "macro" | "weighted">,
): Displayable {
  const areaOf = (auc: number | undefined, support: number): string =>
    auc?.toFixed(3) ?? (support === 0 ? "none: it has no photos" : "none: it has all photos");
  const mean = (name: string, auc: number | undefined): Record<string, string> => ({
    ...{ class: name, AUC: auc?.toFixed(3) ?? "none: no class has one" },
  });
  const known = classes.filter(({ auc }) => auc !== undefined).length;
  const of = known === classes.length ? "classes" : `${known} classes`;
  return table(
    [
      ...classes.map(({ name, auc, support }) => ({
        class: name,
        AUC: areaOf(auc, support),
        photos: support,
      })),
      mean(`mean of ${of}`, macro),
      mean("mean by photos", weighted),
    ],
    { columns: ["class", "AUC", "photos"] },
  );
}

function drawCurves(classes: readonly ClassRoc[], macro: number | undefined, most: number): Figure {
  const known = classes.filter(({ auc }) => auc !== undefined);
  const worst = [...known].sort((one, other) => (one.auc ?? 0) - (other.auc ?? 0)).slice(0, most);
  const shown = known.filter((one) => worst.includes(one));
  const part = shown.length === known.length ? "" : ` (${shown.length} worst of ${known.length})`;
  const title = `ROC by class${macro === undefined ? "" : `, mean area ${macro.toFixed(3)}`}${part}`;
  const rate = { range: [0, 1.01], tickformat: ".0%" };
  return figure(
    [
      ...shown.map(({ name, auc, curve }) => ({ type: "scatter", mode: "lines", name: `${plotlyText(name)} ${auc?.toFixed(3) ?? ""}`, ...thinned(curve), hovertemplate: "%{y:.1%} found, %{x:.1%} of the rest taken for it<extra>%{fullData.name}</extra>" })), // prettier-ignore
      { type: "scatter", mode: "lines", name: "chance", x: [0, 1], y: [0, 1], line: { color: MUTED.light, dash: "dot" }, hoverinfo: "skip" }, // prettier-ignore
    ],
    {
      title: { text: title },
      xaxis: { title: { text: "of the rest, taken for it" }, ...rate },
      yaxis: { title: { text: "of its photos, found" }, ...rate },
      legend: { x: 0.98, y: 0.02, xanchor: "right", yanchor: "bottom" },
    },
  );
}

/** Nearer points than this can't be told apart on a page. */
const APART = 1 / 400;

function thinned(curve: ClassRoc["curve"]): { readonly x: number[]; readonly y: number[] } {
  const [x, y]: [number[], number[]] = [[], []];
  const { falsePositiveRates: xs = [], truePositiveRates: ys = [] } = curve ?? {};
  for (let i = 0; i < xs.length; i++) {
    const [right, up] = [xs[i] ?? NaN, ys[i] ?? NaN];
    const isFar = right - (x.at(-1) ?? -1) >= APART || up - (y.at(-1) ?? -1) >= APART;
    if (!isFar && i < xs.length - 1) continue;
    x.push(right);
    y.push(up);
  }
  return { x, y };
}

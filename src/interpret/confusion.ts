/** Which classes are taken for which. */
import { displayable, type Displayable } from "../display/bundle";
import { table, type Table } from "../display/table";
import { figure, showFigure } from "../inspect/figure";
import { SEQUENTIAL, textOn } from "../inspect/palette";
import type { PlotlyLayout } from "../inspect/plotly";
import { plotlyText } from "../inspect/titles";
import { className, countsOf, type Outcomes } from "./outcomes";

/** Photos by true and predicted class; it shows itself as a figure. */
export interface ConfusionMatrix extends Displayable {
  /** Photos by true class (rows) and predicted class (columns). */
  readonly counts: readonly (readonly number[])[];
  /** The same as shares of each row, 0…1; zeros for a class without photos. */
  readonly shares: readonly (readonly number[])[];
}

/** A pair of classes that are taken for each other. */
export interface Confused {
  /** The true class, by name. */
  readonly actual: string;
  readonly predicted: string;
  /** How many photos. */
  readonly count: number;
}

/** How a confusion matrix is shown. */
export interface ConfusionMatrixOptions {
  /** How many classes the figure has at most: those with the most photos that were taken for another class, or of another. @default 30 */
  readonly classes?: number;
}

/**
 * The confusion matrix, in counts with shares.
 * @throws {RangeError} if classes is no whole number from 1 on
 */
export function confusionMatrixOf(
  outcomes: Outcomes,
  { classes = 30 }: ConfusionMatrixOptions = {},
): ConfusionMatrix {
  if (!(Number.isSafeInteger(classes) && classes >= 1))
    throw new RangeError(
      `Cannot show confusion matrix: expected classes a whole number from 1 on, got ${classes}`,
    );
  const counts = countsOf(outcomes);
  const shares = counts.map((row) => {
    const all = row.reduce((sum, one) => sum + one, 0);
    return row.map((one) => (all === 0 ? 0 : one / all));
  });
  const shown = mostOftenWrong(counts, classes);
  return displayable({ counts, shares }, (context) =>
    showFigure(drawMatrix(outcomes, { counts, shares }, shown), context),
  );
}

/** The classes in whose row and column the most photos are wrong, in the classes' order. */
function mostOftenWrong(counts: ConfusionMatrix["counts"], most: number): number[] {
  const wrong = counts.map((row, i) => -2 * (row[i] ?? 0));
  counts.forEach((row, i) =>
    row.forEach((count, j) => {
      wrong[i] = (wrong[i] ?? 0) + count;
      wrong[j] = (wrong[j] ?? 0) + count;
    }),
  );
  return [...wrong.keys()]
    .sort((one, other) => (wrong[other] ?? 0) - (wrong[one] ?? 0) || one - other)
    .slice(0, most)
    .sort((one, other) => one - other);
}

function drawMatrix(
  outcomes: Outcomes,
  { counts, shares }: Pick<ConfusionMatrix, "counts" | "shares">,
  shown: readonly number[],
): ReturnType<typeof figure> {
  const names = shown.map((index) => plotlyText(className(outcomes, index)));
  const of = (values: ConfusionMatrix["counts"]): number[][] =>
    shown.map((i) => shown.map((j) => values[i]?.[j] ?? 0));
  const z = of(shares);
  const photos = of(counts);
  const text = photos.map((row, i) => row.map((one, j) => `${one} (${percent(z[i]?.[j] ?? 0)})`));
  const all = counts.length.toLocaleString("en-US");
  const isAll = shown.length === counts.length;
  const ticktext = shown.map((index) => plotlyText(shortened(className(outcomes, index))));
  const ticks = {
    tickmode: "array",
    tickvals: names,
    ticktext,
    tickfont: { size: shown.length > FEW ? 10 : 12 },
  };
  const axis = { type: "category", automargin: true, ...ticks };
  return figure(
    [{ type: "heatmap", x: names, y: names, z, text, hovertemplate: "is %{y}, taken for %{x}: %{text}<extra></extra>", showscale: false, zmin: 0, zmax: 1, colorscale: SEQUENTIAL }], // prettier-ignore
    {
      title: { text: isAll ? "Photos by class" : `Photos by class: ${shown.length} most confused of ${all}` },
      height: Math.max(450, 160 + 22 * shown.length),
      xaxis: { ...axis, title: { text: "predicted" } },
      yaxis: { ...axis, title: { text: "actual" }, autorange: "reversed" },
      annotations: shown.length > SOME ? [] : annotationsOf(names, shown.length > FEW ? photos : text, z),
    },
  );
}

/** A name that leaves room for the matrix on a phone; the whole one is seen where one points at a cell. */
function shortened(name: string): string {
  const letters = [...name];
  return letters.length <= NAME ? name : `${letters.slice(0, NAME - 1).join("")}…`;
}

const NAME = 18;
/** Up to so many classes cells have room for counts with shares, and up to so many for counts. */
const [FEW, SOME] = [5, 12];

/** What stands in the cells; nothing where there are no photos. */
function annotationsOf(
  names: readonly string[],
  text: readonly (readonly (string | number)[])[],
  shares: readonly (readonly number[])[],
): PlotlyLayout[] {
  return text.flatMap((row, i) =>
    row.map((cell, j) => {
      const share = shares[i]?.[j] ?? 0;
      return {
        ...{
          x: names[j] ?? "",
          y: names[i] ?? "",
          text: share === 0 ? "" : String(cell).replace(" (", "<br>("),
          showarrow: false,
        },
        font: { color: textOn(share) },
      };
    }),
  );
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Pairs of classes by how many photos of one were taken for the other, the most first; of equals in the order of classes. */
export function mostConfusedOf(
  outcomes: Outcomes,
  least: number,
): Table & { readonly pairs: readonly Confused[] } {
  if (!(Number.isSafeInteger(least) && least >= 1))
    throw new RangeError(
      `Cannot tell confused classes: expected least a whole number from 1 on, got ${least}`,
    );
  const pairs = countsOf(outcomes)
    .flatMap((row, i) =>
      row.flatMap((count, j): Confused[] =>
        i === j || count < least
          ? []
          : [{ actual: className(outcomes, i), predicted: className(outcomes, j), count }],
      ),
    )
    .sort((one, other) => other.count - one.count);
  const rows = pairs.map(({ actual, predicted, count }) => ({ actual, predicted, photos: count }));
  const caption = pairs.length === 0 ? "No class was taken for another" : "Classes taken for another";
  return Object.assign(table(rows, { caption, columns: ["actual", "predicted", "photos"] }), { pairs });
}

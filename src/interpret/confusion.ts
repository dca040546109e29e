/** Which classes are taken for which. */
import { displayable, type Displayable } from "../display/bundle";
import { table, type Table } from "../display/table";
import { figure, showFigure } from "../inspect/figure";
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

/** From light to dark in one hue, which greyscale and the colour-blind see as well. */
const BLUES = [
  [0, "#f2f6fc"],
  [1, "#1f5a99"],
] as const;
/** From this share on a cell is so dark that light text is read better. */
const DARK = 0.55;

/** The confusion matrix, in counts with shares. */
export function confusionMatrixOf(outcomes: Outcomes): ConfusionMatrix {
  const counts = countsOf(outcomes);
  const shares = counts.map((row) => {
    const all = row.reduce((sum, one) => sum + one, 0);
    return row.map((one) => (all === 0 ? 0 : one / all));
  });
  const names = counts.map((_, index) => className(outcomes, index));
  const text = counts.map((row, i) => row.map((one, j) => `${one} (${percent(shares[i]?.[j] ?? 0)})`));
  const draw = (): ReturnType<typeof figure> =>
    figure(
      [{ type: "heatmap", x: names, y: names, z: shares, text, hovertemplate: "is %{y}, taken for %{x}: %{text}<extra></extra>", showscale: false, zmin: 0, zmax: 1, colorscale: BLUES }], // prettier-ignore
      {
        title: { text: "Photos by class" },
        xaxis: { title: { text: "predicted" }, type: "category", constrain: "domain" },
        yaxis: { title: { text: "actual" }, type: "category", autorange: "reversed", scaleanchor: "x" },
        annotations: text.flatMap((row, i) =>
          row.map((cell, j) => ({
            ...{ x: names[j] ?? "", y: names[i] ?? "", text: cell, showarrow: false },
            font: { color: (shares[i]?.[j] ?? 0) > DARK ? "#ffffff" : "#1a1a1a" },
          })),
        ),
      },
    );
  return displayable({ counts, shares }, (context) => showFigure(draw(), context));
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
      row.map((count, j): Confused & { readonly isError: boolean } => ({
        ...{ actual: className(outcomes, i), predicted: className(outcomes, j) },
        ...{ count, isError: i !== j },
      })),
    )
    .filter(({ count, isError }) => isError && count >= least)
    .sort((one, other) => other.count - one.count)
    .map(({ actual, predicted, count }): Confused => ({ actual, predicted, count }));
  const rows = pairs.map(({ actual, predicted, count }) => ({ actual, predicted, photos: count }));
  const caption = pairs.length === 0 ? "No class was taken for another" : "Classes taken for another";
  return Object.assign(table(rows, { caption, columns: ["actual", "predicted", "photos"] }), { pairs });
}

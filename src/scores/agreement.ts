/** How alike the maps of several methods are. */
import { displayable, type Displayable } from "../display/bundle";
import { figure, showFigure } from "../inspect/figure";
import { SEQUENTIAL, textOn } from "../inspect/palette";
import { plotlyText } from "../inspect/titles";
import { correlation, ordered, ranks } from "./metrics/order";

/** How alike methods' maps are, in the mean over the photos; it shows itself as a figure. */
export interface Agreement extends Displayable {
  /** In the order of rows and columns. */
  readonly methods: readonly string[];
  /** Spearman's correlation of the ranks of all pixels, −1…1; 0 where a map has the same heat everywhere. */
  readonly rankCorrelation: readonly (readonly number[])[];
  /**
   * How much of the hottest fifth of one map's pixels is in that of the other, 0…1; by chance 0.2. A pixel without heat is not among the
   * hottest, and the share is of the greater of both sets.
   */
  readonly overlap: readonly (readonly number[])[];
}

/** The part of an image's pixels that are the hottest. */
const HOTTEST = 0.2;

/** Sums up how alike maps are. */
export class AgreementSum {
  private readonly correlations: number[][];
  private readonly overlaps: number[][];
  private photos = 0;

  constructor(private readonly methods: readonly string[]) {
    const zeros = (): number[][] => methods.map(() => methods.map(() => 0));
    [this.correlations, this.overlaps] = [zeros(), zeros()];
  }

  /** Adds the maps of one photo, in the order of the methods. */
  add(maps: readonly Float32Array[]): void {
    const [ranked, hottest] = [maps.map(ranks), maps.map(hottestOf)];
    this.photos++;
    ranked.forEach((ofOne, i) =>
      ranked.forEach((ofOther, j) => {
        addTo(this.correlations[i], j, i === j ? 1 : correlation(ofOne, ofOther));
        addTo(this.overlaps[i], j, i === j ? 1 : shared(hottest[i] ?? new Set(), hottest[j] ?? new Set()));
      }),
    );
  }

  mean(): Agreement {
    const mean = (sums: readonly (readonly number[])[]): number[][] =>
      sums.map((row) => row.map((sum) => sum / this.photos));
    const [rankCorrelation, overlap] = [mean(this.correlations), mean(this.overlaps)];
    const value = { methods: this.methods, rankCorrelation, overlap };
    return displayable(value, (context) => showFigure(drawAgreement(value), context));
  }
}

function addTo(row: number[] | undefined, at: number, value: number): void {
  row?.splice(at, 1, (row[at] ?? 0) + value);
}

function hottestOf(heat: Float32Array): Set<number> {
  const hottest = ordered(heat, "greatest").subarray(0, Math.round(HOTTEST * heat.length));
  return new Set(hottest.filter((pixel) => (heat[pixel] ?? 0) > 0));
}

function shared(some: ReadonlySet<number>, others: ReadonlySet<number>): number {
  let both = 0;
  for (const pixel of some) if (others.has(pixel)) both++;
  return both === 0 ? 0 : both / Math.max(some.size, others.size);
}

function drawAgreement({
  methods,
  rankCorrelation,
  overlap,
}: Omit<Agreement, keyof Displayable>): ReturnType<typeof figure> {
  const names = methods.map(plotlyText);
  const text = rankCorrelation.map((row, i) => row.map((one, j) => `${signed(one)} (${percent(overlap[i]?.[j] ?? NaN)})`)); // prettier-ignore
  const axis = { type: "category", automargin: true };
  return figure(
    [{ type: "heatmap", x: names, y: names, z: rankCorrelation, text, hovertemplate: "%{y} and %{x}: %{text}<extra></extra>", showscale: false, zmin: 0, zmax: 1, colorscale: SEQUENTIAL }], // prettier-ignore
    {
      title: { text: "Rank correlation of maps (shared part of their hottest fifth)" },
      height: Math.max(360, 140 + 44 * names.length),
      xaxis: axis,
      yaxis: { ...axis, autorange: "reversed" },
      annotations: names.length > MANY ? [] : names.flatMap((y, i) => names.map((x, j) => ({ x, y, text: (text[i]?.[j] ?? "").replace(" (", "<br>("), showarrow: false, font: { size: 11, color: textOn(rankCorrelation[i]?.[j] ?? 0) } }))), // prettier-ignore
    },
  );
}

/** Up to so many methods, cells have room for numbers. */
const MANY = 8;

const signed = (value: number): string => value.toFixed(2).replace("-", "−");
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What metrics say, collected photo by photo. */
import type { Agreement } from "./agreement";
import type { Column, Curve, Metric, Verdict } from "./metric";

/** A curve in the mean over the photos. */
export type MeanCurve = Omit<Curve, "y"> & { readonly y: readonly number[] };

/** All that was measured. */
export interface Measured {
  readonly count: number;
  readonly methods: readonly string[];
  readonly columns: readonly Column[];
  /** By method and column: a number for each photo; NaN where it has none. */
  readonly photos: Readonly<Record<string, Readonly<Record<string, Float64Array>>>>;
  /** By method. */
  readonly curves: ReadonlyMap<string, readonly MeanCurve[]>;
  readonly agreement: Agreement;
}

/** Verdicts that come batch by batch. */
export class Verdicts {
  private readonly scores = new Map<string, Map<string, number[]>>();
  private readonly curves = new Map<string, Map<string, Curve>>();
  private readonly columns: readonly Column[];

  constructor(
    private readonly methods: readonly string[],
    metrics: readonly Metric[],
  ) {
    this.columns = metrics.flatMap(({ columns }) => columns);
    for (const method of methods) {
      this.scores.set(method, new Map(this.columns.map(({ name }) => [name, []])));
      this.curves.set(method, new Map());
    }
  }

  add(method: string, { scores, curves = [] }: Verdict): void {
    for (const [column, values] of Object.entries(scores))
      this.scores
        .get(method)
        ?.get(column)
        ?.push(...values);
    const ofMethod = this.curves.get(method);
    for (const curve of curves) {
      const before = ofMethod?.get(curve.name)?.y ?? [];
      ofMethod?.set(curve.name, { ...curve, y: [...before, ...curve.y] });
    }
  }

  all(): Omit<Measured, "count" | "agreement"> {
    const photos: Record<string, Record<string, Float64Array>> = {};
    for (const [method, columns] of this.scores) {
      const listed = [...columns].map(([name, values]): [string, Float64Array] => [
        name,
        Float64Array.from(values),
      ]);
      photos[method] = Object.fromEntries(listed);
    }
    const curves = [...this.curves].map(
      ([method, named]) => [method, [...named.values()].map(meanOf)] as const,
    );
    const { methods, columns } = this;
    return { methods, columns, photos, curves: new Map(curves) };
  }
}

function meanOf(curve: Curve): MeanCurve {
  const y = curve.x.map((_, i) => curve.y.reduce((sum, one) => sum + (one[i] ?? NaN), 0) / curve.y.length);
  return { ...curve, y };
}

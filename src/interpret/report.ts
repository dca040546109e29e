/** Precision and recall, class by class. */
import { table, type Table } from "../display/table";
import { averageOf } from "../training/metrics/average";
import { ratio } from "../training/metrics/metric";
import { className, countsOf, type Outcomes } from "./outcomes";

/** How well a class, or all in the mean, is told. */
export interface Scores {
  /** Of the photos taken for it, the part that is it; 0 if none was. */
  readonly precision: number;
  /** Of its photos, the part that was taken for it; 0 if it has none. */
  readonly recall: number;
  /** The harmonic mean of both; 0 if both are. */
  readonly f1: number;
  /** How many photos it has. */
  readonly support: number;
}

/** The scores of one class. */
export interface ClassScores extends Scores {
  readonly name: string;
}

/** Scores of all classes; it shows itself as a table. */
export interface Report extends Table {
  readonly classes: readonly ClassScores[];
  /** The part of the photos whose class was told right, 0…1. */
  readonly accuracy: number;
  /** Means over the classes. */
  readonly macro: Scores;
  /** Means over the classes by their photos. */
  readonly weighted: Scores;
}

/** The classes' precision, recall and F1, as scikit-learn's classification_report(zero_division=0). */
export function reportOf(outcomes: Outcomes): Report {
  const counts = countsOf(outcomes);
  const classes = counts.map((row, i): ClassScores => {
    const hits = row[i] ?? 0;
    const support = row.reduce((sum, one) => sum + one, 0);
    const taken = counts.reduce((sum, one) => sum + (one[i] ?? 0), 0);
    return { name: className(outcomes, i), ...scoresOf(hits, taken, support) };
  });
  const hits = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const accuracy = hits / outcomes.count;
  const macro = meanOf(classes, "macro");
  const weighted = meanOf(classes, "weighted");
  const support = outcomes.count;
  const row = (name: string, { precision, recall, f1 }: Scores, photos: number): Row => ({ class: name, precision: digits(precision), recall: digits(recall), F1: digits(f1), photos }); // prettier-ignore
  const rows = [
    ...classes.map((one) => row(one.name, one, one.support)),
    { class: "accuracy", F1: digits(accuracy), photos: support },
    row("mean of classes", macro, support),
    row("mean of photos", weighted, support),
  ];
  const columns = ["class", "precision", "recall", "F1", "photos"];
  return Object.assign(table(rows, { columns }), { classes, accuracy, macro, weighted });
}

type Row = Readonly<Record<string, string | number>>;

/** So that a column has the same digits in all rows. */
const digits = (value: number): string => value.toFixed(3);

function scoresOf(hits: number, taken: number, support: number): Scores {
  const f1 = ratio(2 * hits, taken + support);
  return { precision: ratio(hits, taken), recall: ratio(hits, support), f1, support };
}

function meanOf(classes: readonly ClassScores[], average: "macro" | "weighted"): Scores {
  const support = classes.map((one) => one.support);
  const mean = (valueOf: (one: ClassScores) => number): number =>
    averageOf({ values: classes.map(valueOf), support }, average);
  return {
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
    support: support.reduce((sum, one) => sum + one, 0),
  };
}

/** What writeRecords() gives, as people read it. */
import { bundleOf, displayable, htmlOf, type Displayable } from "../display/bundle";
import { escapeHtml } from "../display/html";
import { table, type TableRow } from "../display/table";
import type { Manifest } from "./manifest";

/** Of more classes the table has no columns. */
const CLASSES = 8;
const OWN = ["split", "photos"];

/** What of the records written is told. */
interface Written {
  readonly labels: readonly string[];
  readonly bad: readonly { readonly file: string; readonly reason: string }[];
  readonly turned: number;
  readonly reencoded: number;
  readonly duplicates: readonly unknown[];
  readonly removed: readonly string[];
  readonly warnings: readonly string[];
}

/** The records written, which show themselves as a table of photos by split and class, with what is worth a look under it. */
export function shownRecords<T extends Written>(value: T, splits: Manifest["splits"]): T & Displayable {
  const { labels, warnings } = value;
  const classes =
    labels.length <= CLASSES && !labels.some((label) => OWN.includes(label)) ? labels : undefined;
  const rows = Object.entries(splits).map(([split, { records, perClass }]): TableRow => ({
    split,
    photos: records,
    ...(classes === undefined ? { classes: labels.length } : ofClasses(classes, perClass)),
  }));
  const shown = table(rows, { columns: [...OWN, ...(classes ?? ["classes"])] });
  const notes = [...countsOf(value), ...warnings];
  return displayable(value, () => ({
    "text/html": htmlOf(bundleOf(shown)) + notes.map((note) => `<div><small>${escapeHtml(note)}</small></div>`).join(""), // prettier-ignore
    "text/plain": [String(shown), ...notes].join("\n"),
  }));
}

function ofClasses(classes: readonly string[], photos: readonly number[]): TableRow {
  return Object.fromEntries(classes.map((name, i) => [name, photos[i] ?? 0]));
}

function countsOf({ bad, turned, reencoded, duplicates, removed }: Written): string[] {
  const files = (count: number): string =>
    count === 1 ? "1 file" : `${count.toLocaleString("en-US")} files`;
  const [first] = bad;
  return [
    ...(first === undefined ? [] : [`${files(bad.length)} left out, as ${first.file}: ${first.reason}`]),
    ...(turned === 0 ? [] : [`${files(turned)} turned upright`]),
    ...(reencoded === 0 ? [] : [`${files(reencoded)} encoded anew`]),
    ...(duplicates.length === 0 ? [] : [`${files(duplicates.length)} in several classes or splits`]),
    ...(removed.length === 0 ? [] : [`${files(removed.length)} of an older set removed`]),
  ];
}

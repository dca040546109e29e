/** What was seen of photos, and what of it is worth a look. */
import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable, htmlOf } from "../display/bundle";
import { table, type Table, type TableRow } from "../display/table";
import type { BadImage } from "../input";
import type { Account, Seen } from "../input/account";
import type { Figure } from "../inspect/figure";
import { photosFigure } from "./figure";
import { type InspectedPhoto, type PhotoFacts, spreadOf } from "./facts";
import { findingRows } from "./findings";
import { groupsOf, type PhotoGroup } from "./groups";

/** What inspectPhotos() saw; it shows itself as two tables. */
export interface PhotoInspection extends PhotoFacts, Displayable {
  /** In the order of splits, classes and names; of records in theirs. */
  readonly photos: readonly InspectedPhoto[];
  /** Photos by class and split. */
  readonly counts: Table;
  /** Sizes, how photos lie, what is broken or there several times. */
  readonly findings: Table;
  /** All groups of photos that are the same or look alike. */
  duplicates(): Table;
  /** Classes, sizes and proportions. */
  figure(): Figure;
  /** All but the photos one by one. */
  toJSON(): PhotoFacts;
  /** The tables as aligned text. */
  toString(): string;
}

/** What was gathered. */
export interface Gathered {
  readonly source: string | readonly string[];
  readonly labels: readonly string[];
  readonly photos: readonly InspectedPhoto[];
  readonly account: Account;
  readonly broken: readonly Seen[];
  readonly near: readonly (readonly Seen[])[];
  readonly leftOut: readonly string[];
  /** Up to how many bits hashes of `near` differ in. */
  readonly distance: number;
}

/** @throws {RangeError} if there is no photo */
export function inspectionOf(gathered: Gathered): PhotoInspection {
  const { photos, distance } = gathered;
  const facts = describe(gathered);
  const counts = countsOf(facts, photos.length);
  const findings = table(findingRows(facts, distance), {
    columns: ["what", "photos", "which"],
  });
  const caption = `${nameOf(facts.source)}: ${number(photos.length)} photos of ${number(facts.classes.length)} classes`;
  const toString = (): string => [caption, String(counts), String(findings)].join("\n\n");
  const asked = {
    duplicates: () => duplicatesOf(facts, distance),
    figure: () => photosFigure(facts, photos),
    toJSON: () => facts,
    toString,
    [inspect.custom]: toString,
  };
  return displayable({ ...facts, photos, counts, findings, ...asked }, () => ({
    "text/html": [counts, findings].map((one) => htmlOf(bundleOf(one))).join("\n"),
    "text/plain": toString(),
  }));
}

function nameOf(source: string | readonly string[]): string {
  return [source].flat().join(", ");
}

const number = (value: number): string => value.toLocaleString("en-US");

function describe({ source, labels, photos, account, broken, near, leftOut }: Gathered): PhotoFacts {
  if (photos.length === 0) throw noPhotos(source, account.bad);
  const splits = inUsualOrder(countBy(photos, ({ split }) => split));
  const names = Object.keys(splits);
  const brokenOf = labels.map((_, label) => broken.filter(({ file }) => file.labels.includes(label)).length);
  const copies = groupsOf(account.copies(), labels);
  const known = new Set(copies.map(keyOf));
  const alike = groupsOf(near, labels).filter((group) => !known.has(keyOf(group)));
  return {
    source,
    classes: labels.map((name, label) => ({
      name,
      photos: Object.fromEntries(names.map((split) => [split, account.perClass(split)[label] ?? 0])),
      broken: brokenOf[label] ?? 0,
    })),
    splits,
    height: spreadOf(photos, ({ height }) => height),
    width: spreadOf(photos, ({ width }) => width),
    aspect: spreadOf(photos, ({ height, width }) => width / height),
    orientations: countBy(photos, ({ orientation }) => String(orientation)),
    formats: countBy(photos, ({ format }) => format),
    without: photos.filter((photo) => photo.labels.length === 0).length,
    broken: account.bad,
    copies,
    near: alike,
    warnings: [...account.lacking(names), ...leftOut],
  };
}

/** Tells groups apart: one of photos alike has all copies of its first. */
function keyOf({ files }: PhotoGroup): string {
  return `${files.length} ${files[0] ?? ""}`;
}

function noPhotos(source: string | readonly string[], [first, ...others]: readonly BadImage[]): RangeError {
  const got = first === undefined ? "none" : `${others.length + 1} that can't, as "${first.file}": ${first.reason}`; // prettier-ignore
  return new RangeError(
    `Cannot inspect photos of "${nameOf(source)}": expected some that can be decoded, got ${got}`,
  );
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

const USUAL = ["train", "validation", "test"];

/** Splits as people name them, then others as they come. */
function inUsualOrder(splits: Readonly<Record<string, number>>): Record<string, number> {
  const rank = (name: string): number => (USUAL.includes(name) ? USUAL.indexOf(name) : USUAL.length);
  return Object.fromEntries(Object.entries(splits).sort(([a], [b]) => rank(a) - rank(b)));
}

/** A row for each class, and one for all photos. */
function countsOf({ classes, splits, without, broken }: PhotoFacts, photos: number): Table {
  const names = Object.keys(splits);
  const row = (name: string, counts: Readonly<Record<string, number>>, bad: number): TableRow => ({
    class: name,
    ...(names.length > 1 ? counts : {}),
    photos: names.reduce((sum, split) => sum + (counts[split] ?? 0), 0),
    ...(broken.length > 0 ? { broken: bad } : {}),
  });
  return table([
    ...classes.map((one) => row(one.name, one.photos, one.broken)),
    ...(without > 0 ? [{ class: "without a class", photos: without }] : []),
    { ...row("all photos", splits, broken.length), photos },
  ]);
}

function duplicatesOf({ copies, near }: PhotoFacts, distance: number): Table {
  const rows = (groups: readonly PhotoGroup[], are: string): TableRow[] =>
    groups.map(({ files, labels, splits }) => ({
      ...{ are, photos: files.length, classes: labels.join(", "), splits: splits.join(", ") },
      files: files.join(" = "),
    }));
  const all = [...rows(copies, "the same file"), ...rows(near, "alike")];
  const caption = `Groups of the same file: ${number(copies.length)}; of photos whose hashes differ in at most ${distance} of 64 bits: ${number(near.length)}`; // prettier-ignore
  return table(all, { caption, columns: ["are", "photos", "classes", "splits", "files"] });
}

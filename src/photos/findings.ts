/** What is told of photos in lines. */
import type { TableRow } from "../display/table";
import type { PhotoFacts, Spread } from "./facts";
import type { PhotoGroup } from "./groups";

/** Formats as people write them. */
const FORMATS: Readonly<Record<string, string>> = {
  jpg: "JPEG",
  png: "PNG",
  gif: "GIF",
  bmp: "BMP",
  webp: "WebP",
  jxl: "JPEG XL",
};

/** The rows of the findings: what there is of it, and an example. */
export function findingRows(facts: PhotoFacts, distance: number): TableRow[] {
  const { broken, copies, near, formats, orientations, without } = facts;
  const [bad] = broken;
  const pixels = (spread: Spread): string => rangeOf(spread, String, " pixels");
  const turned = Object.entries(orientations).filter(([orientation]) => orientation !== "1");
  const all = Object.entries(formats).sort(([, a], [, b]) => b - a);
  return [
    { what: "width", which: pixels(facts.width) },
    { what: "height", which: pixels(facts.height) },
    { what: "width / height", which: rangeOf(facts.aspect, short) },
    { what: "format", which: all.map(([name, count]) => `${FORMATS[name] ?? name} ${count}`).join(", ") },
    { what: "turned by Exif", photos: sumOf(turned), which: turned.map(([orientation, count]) => `orientation ${orientation}: ${count}`).join(", ") },
    ...(without > 0 ? [{ what: "without a class", photos: without, which: "" }] : []),
    { what: "no photo, or a broken one", photos: broken.length, which: bad === undefined ? "" : `${bad.file}: ${bad.reason}` },
    ...groupRows("the same file several times", copies),
    ...groupRows(`alike (at most ${distance} of 64 bits differ)`, near),
    ...facts.warnings.map((which) => ({ what: "worth a look", which })),
  ];
} // prettier-ignore

function groupRows(what: string, groups: readonly PhotoGroup[]): TableRow[] {
  const row = (name: string, some: readonly PhotoGroup[]): TableRow => ({
    what: name,
    photos: some.reduce((sum, { files }) => sum + files.length, 0),
    which: exampleOf(some),
  });
  return [
    row(what, groups),
    row("  … of several classes", groups.filter(({ isAcrossClasses }) => isAcrossClasses)),
    row("  … of several splits", groups.filter(({ isAcrossSplits }) => isAcrossSplits)),
  ]; // prettier-ignore
}

function exampleOf(groups: readonly PhotoGroup[]): string {
  const [first] = groups;
  if (first === undefined) return "";
  const { files } = first;
  const more = files.length > 2 ? ` = … (${files.length})` : "";
  return `${groups.length} ${groups.length === 1 ? "group" : "groups"}, as ${files.slice(0, 2).join(" = ")}${more}`;
}

function sumOf(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

/** All values, in words: one, or from where to where. */
function rangeOf({ least, median, greatest }: Spread, textOf: (value: number) => string, unit = ""): string {
  if (least === greatest) return `${textOf(least)}${unit}`;
  return `${textOf(least)} … ${textOf(greatest)}${unit}, median ${textOf(median)}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** What is known of photos. */
import type { BadImage } from "../input";
import type { ImageFormat } from "../input/format";
import type { PhotoGroup } from "./groups";

/** What is known of one photo. */
export interface InspectedPhoto {
  /** Its name in the folder, with "/" between; of a record its image/filename. */
  readonly file: string;
  /** "all" where there are none. */
  readonly split: string;
  /** Names of its classes. */
  readonly labels: readonly string[];
  /** In pixels, upright unless photos are taken as they are stored. */
  readonly height: number;
  readonly width: number;
  /** How the stored pixels lie, 1…8 as Exif counts; 1 is upright. */
  readonly orientation: number;
  readonly format: ImageFormat;
  /** Of the file. */
  readonly bytes: number;
  /** ImageHash's phash(), 16 hexadecimal digits. */
  readonly hash: string;
}

/** How many photos a class has. */
export interface ClassCounts {
  readonly name: string;
  /** By split. */
  readonly photos: Readonly<Record<string, number>>;
  /** Files of it that are no photos; not among the photos. */
  readonly broken: number;
}

/** What can be written down of photos: all but what is known of each. */
export interface PhotoFacts {
  /** The folder, or the patterns of record files. */
  readonly source: string | readonly string[];
  /** In the order of the labels. A photo of several classes counts in each. */
  readonly classes: readonly ClassCounts[];
  /** Photos of each split. */
  readonly splits: Readonly<Record<string, number>>;
  readonly height: Spread;
  readonly width: Spread;
  /** Width / height. */
  readonly aspect: Spread;
  /** Photos by how their stored pixels lie, 1…8 as Exif counts. */
  readonly orientations: Readonly<Record<string, number>>;
  readonly formats: Readonly<Record<string, number>>;
  /** Photos without a class. */
  readonly without: number;
  /** Files that are no photos, and why. */
  readonly broken: readonly BadImage[];
  /** Photos that are there several times, byte for byte. */
  readonly copies: readonly PhotoGroup[];
  /** Photos that look alike, with copies of them; without the groups that are copies alone. */
  readonly near: readonly PhotoGroup[];
  /** What is worth a look, a line each. */
  readonly warnings: readonly string[];
}

/** How a number is spread over photos. */
export interface Spread {
  readonly least: number;
  /** The lower of the two in the middle, if there are two. */
  readonly median: number;
  readonly greatest: number;
}

/** The spread of a number; all 0 if there are no items. */
export function spreadOf<T>(items: readonly T[], valueOf: (item: T) => number): Spread {
  const sorted = Float64Array.from(items, valueOf).sort();
  const last = sorted.length - 1;
  return {
    least: sorted[0] ?? 0,
    median: sorted[Math.floor(last / 2)] ?? 0,
    greatest: sorted[last] ?? 0,
  };
}

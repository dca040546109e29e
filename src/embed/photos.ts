/** What is known of photos beside their vectors. */
import { captionsOf } from "../inspect/caption";
import type { Rows } from "../training/batch/growing";

/** A photo's class; of a multiLabel model, or of soft labels, those of which there is more than 1/2. */
export type Label = number | readonly number[];

/** The vectors of photos and what they show. */
export interface EmbeddedPhotos extends Rows {
  readonly labels: readonly Label[];
  readonly classNames: readonly string[] | undefined;
  /** JPEG files; none where the input had no photographs. */
  readonly thumbnails: readonly Uint8Array[];
  /** By photo, "" where one has none; undefined if the input tells none. */
  readonly filenames?: readonly string[] | undefined;
}

/** A photo in words: its number, and its file where that is known. */
export function photoName({ filenames }: Pick<EmbeddedPhotos, "filenames">, photo: number): string {
  const filename = filenames?.[photo] ?? "";
  return filename === "" ? `photo ${photo}` : `photo ${photo} (${filename})`;
}

/** What a photo is, in words. */
export function nameOf(label: Label | undefined, classNames: readonly string[] | undefined): string {
  const labels = label === undefined ? {} : { labels: [label] };
  const names = classNames === undefined ? {} : { classNames };
  return captionsOf(1, { ...labels, ...names })[0]?.text ?? "";
}

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
}

/** What a photo is, in words. */
export function nameOf(label: Label | undefined, classNames: readonly string[] | undefined): string {
  const labels = label === undefined ? {} : { labels: [label] };
  const names = classNames === undefined ? {} : { classNames };
  return captionsOf(1, { ...labels, ...names })[0]?.text ?? "";
}

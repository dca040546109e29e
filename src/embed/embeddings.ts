/** The vectors of photos, and what can be asked of them. */
import { inspect } from "node:util";
import { displayable, type Displayable } from "../display/bundle";
import { escapeHtml } from "../display/html";
import { labelErrorsOf, type LabelErrors, type LabelErrorsOptions } from "./labelerrors";
import { nearestTo, type Nearest, type NearestOptions } from "./nearest";
import { drawUmap, type UmapOptions, type UmapPicture } from "./picture";
import type { EmbeddedPhotos, Label } from "./photos";

/** The vectors of photos. Photos are numbered as the input gave them, from 0 on. */
export interface Embeddings extends Displayable {
  /** How many photos. */
  readonly count: number;
  /** Numbers in a vector. */
  readonly dimensions: number;
  /** float32 [count, dimensions], row by row: TF-Slim's `global_pool`, not normalized */
  readonly vectors: Float32Array;
  /** By photo: its class; of a multiLabel model those that it has. */
  readonly labels: readonly Label[];
  /** By photo: a JPEG file of it in small; none where the input had no photographs. */
  readonly thumbnails: readonly Uint8Array[];
  /** By photo: its file, "" where its record tells none; undefined if the input tells none: see createInputFn()'s `filenames`. */
  readonly filenames: readonly string[] | undefined;
  /**
   * The photos whose vectors point most alike, by the cosine of the angle; exact. It shows itself as a row of photos.
   * @param photo  its number, or a vector of another photo, which another embed() gave
   * @throws {RangeError} if there is no such photo, or count is no whole number from 1 on
   * @throws {TypeError} if the vector is of another length
   * @example (await embeddings.nearest(3, { count: 5 })).neighbors // [{ photo: 17, similarity: 0.98 }, …]
   */
  nearest(photo: number | Float32Array, options?: NearestOptions): Promise<Nearest>;
  /**
   * All photos in two dimensions, near ones beside each other, by UMAP on the exact cosine neighbors. It shows itself as points in the
   * classes' colours and shapes, with the photos where one points at them. The same seed gives the same picture.
   * @throws {RangeError} if there are fewer than three photos, or an option is out of its range
   * @throws what the signal gives as its reason
   * @see McInnes, Healy, Melville 2018 (arXiv 1802.03426)
   */
  umap(options?: UmapOptions): Promise<UmapPicture>;
  /**
   * The photos whose labels are probably wrong, by confident learning as cleanlab's: linear heads on the vectors are cross-validated, and a
   * label is an issue where a head that has not seen the photo confidently takes it for another class. They show themselves, the worst
   * first. A network that was trained on these labels may have learned wrong ones by heart: vectors of one that was not tell more.
   * @throws {TypeError} if a photo has several classes or none
   * @throws {RangeError} if there are not two classes or more with two photos or more each, or an option is out of its range
   * @throws what the signal gives as its reason
   * @example display(await embeddings.labelErrors());
   * @see Northcutt, Jiang, Chuang 2021 (arXiv 1911.00068)
   */
  labelErrors(options?: LabelErrorsOptions): Promise<LabelErrors>;
}

/** The vectors of photos, with what can be asked of them. */
export function embeddingsOf(photos: EmbeddedPhotos): Embeddings {
  const { count, dimensions, vectors, labels, thumbnails, filenames } = photos;
  const text = `Embeddings of ${count.toLocaleString("en-US")} photos: ${dimensions.toLocaleString("en-US")} numbers each`;
  const asked = {
    nearest: (photo: number | Float32Array, options: NearestOptions = {}) =>
      nearestTo(photos, photo, options),
    umap: (options: UmapOptions = {}) => drawUmap(photos, options),
    labelErrors: (options: LabelErrorsOptions = {}) => labelErrorsOf(photos, options),
    [inspect.custom]: () => text,
  };
  return displayable({ count, dimensions, vectors, labels, thumbnails, filenames, ...asked }, () => ({
    "text/html": `<div>${escapeHtml(text)}</div>`,
    "text/plain": text,
  }));
}

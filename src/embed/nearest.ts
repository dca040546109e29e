/** The photos that are most alike to one. */
import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { table } from "../display/table";
import type { Caption } from "../inspect/caption";
import { drawGallery } from "../inspect/gallery";
import { cellSignal } from "../interrupt";
import { nearestOthers, nearestRows, type NearRow } from "./neighbors";
import { nameOf, photoName, type EmbeddedPhotos } from "./photos";
import type { Rows } from "../training/batch/growing";
import { readThumbnails } from "../input/thumbnails";

/** Options of nearest(). */
export interface NearestOptions {
  /** How many photos. @default 10 */
  readonly count?: number;
  /** Stops between two blocks, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** A photo that is near. */
export interface Neighbor {
  /** Its number, as the input gave it. */
  readonly photo: number;
  /** Its file, where the input tells it. */
  readonly filename: string | undefined;
  /** The cosine of the angle between the vectors, −1…1; of what ReLUs have passed 0…1. */
  readonly similarity: number;
}

/** The photos nearest to one, the nearest first. */
export interface Nearest extends Displayable {
  readonly neighbors: readonly Neighbor[];
}

/** The photos nearest to one of them, or to a vector. */
export async function nearestTo(
  photos: EmbeddedPhotos,
  photo: number | Float32Array,
  { count = 10, signal = cellSignal() }: NearestOptions,
): Promise<Nearest> {
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new RangeError(`Cannot find neighbors: expected count a whole number from 1 on, got ${count}`);
  const found = await search(photos, photo, count, { ...(signal && { signal }) });
  const neighbors = found.map(({ row, similarity }) => ({
    ...{ photo: row, filename: photos.filenames?.[row] || undefined, similarity },
  }));
  let shown: Displayable | undefined;
  const draw = (): Displayable =>
    (shown ??=
      photos.thumbnails.length === 0 ? tableOf(photos, neighbors) : galleryOf(photos, photo, neighbors));
  return displayable({ neighbors }, (context) => bundleOf(draw(), context));
}

async function search(
  photos: EmbeddedPhotos,
  photo: number | Float32Array,
  count: number,
  options: { readonly signal?: AbortSignal },
): Promise<NearRow[]> {
  const [found = []] =
    typeof photo === "number"
      ? await nearestOthers(photos, [expectPhoto(photos, photo)], count, options)
      : await nearestRows(photos, expectVector(photos, photo), count, options);
  return found;
}

function expectPhoto({ count }: EmbeddedPhotos, photo: number): number {
  if (Number.isInteger(photo) && photo >= 0 && photo < count) return photo;
  throw new RangeError(`Cannot find neighbors: expected a photo's number in 0 … ${count - 1}, got ${photo}`);
}

function expectVector({ dimensions }: EmbeddedPhotos, vector: Float32Array): Rows {
  if (vector.length !== dimensions)
    throw new TypeError(
      `Cannot find neighbors: expected a vector of ${dimensions} numbers, got ${vector.length}`,
    );
  const wrong = vector.find((value) => !Number.isFinite(value));
  if (wrong !== undefined)
    throw new RangeError(`Cannot find neighbors: expected a vector of finite numbers, got ${wrong}`);
  return { count: 1, dimensions, vectors: vector };
}

/** The photo itself and its neighbors, in green where they are of its class and in red where not. */
function galleryOf(
  photos: EmbeddedPhotos,
  photo: number | Float32Array,
  neighbors: readonly Neighbor[],
): Displayable {
  const { thumbnails, labels, classNames } = photos;
  const own = typeof photo === "number" ? [photo] : [];
  const ownLabel = own.map((one) => labels[one]).at(0);
  const captions: Caption[] = [
    ...own.map((one): Caption => ({
      text: `${photoName(photos, one)}: ${nameOf(ownLabel, classNames)}`,
      verdict: undefined,
    })),
    ...neighbors.map(({ photo: other, filename, similarity }): Caption => {
      const isSame = String(labels[other]) === String(ownLabel);
      const text = `${nameOf(labels[other], classNames)} ${similarity.toFixed(2)} (${filename ?? other})`;
      return { text, verdict: ownLabel === undefined ? undefined : isSame ? "right" : "wrong" };
    }),
  ];
  const files = [...own, ...neighbors.map((one) => one.photo)].flatMap((one) => thumbnails[one] ?? []);
  return drawGallery(() => readThumbnails(files), captions, { size: 96 });
}

function tableOf({ labels, classNames }: EmbeddedPhotos, neighbors: readonly Neighbor[]): Displayable {
  const rows = neighbors.map(({ photo, filename, similarity }) => ({
    photo,
    ...(filename !== undefined && { file: filename }),
    class: nameOf(labels[photo], classNames),
    similarity,
  }));
  return table(rows);
}

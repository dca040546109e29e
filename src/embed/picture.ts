/** All photos in one picture. */
import { displayable, type Displayable, type MimeBundle } from "../display/bundle";
import { createRandom, shuffle } from "../input/chance";
import { cellSignal } from "../interrupt";
import { layOut, type LayoutOptions } from "./layout";
import type { SearchOptions } from "./neighbors";
import { nameOf, photoName, type EmbeddedPhotos } from "./photos";
import { pickRows } from "./rows";
import { scatterBundle, type ScatterGroup, type ScatterPoint } from "./scatter";

/** Options of umap(). */
export interface UmapOptions extends LayoutOptions, SearchOptions {
  /** How many photos are drawn at most; of more a random part by the seed. An interrupt waits while UMAP begins: 4 s with 5,000. @default 1000 */
  readonly photos?: number;
  /** Bytes that the little photos may take on the page; points for which there is no room have their captions alone. @default 2 MB */
  readonly maxBytes?: number;
}

/** Photos in two dimensions. */
export interface UmapPicture extends Displayable {
  /** The numbers of the photos that are drawn, ascending. */
  readonly photos: readonly number[];
  /** [x, y] of each, −1…1; distances between far groups say little. */
  readonly places: readonly (readonly [number, number])[];
}

/** The picture of photos by UMAP. */
export async function drawUmap(
  embedded: EmbeddedPhotos,
  { photos: most = 1000, maxBytes = 2_000_000, signal = cellSignal(), onProgress, ...layout }: UmapOptions,
): Promise<UmapPicture> {
  if (!(Number.isSafeInteger(most) && most >= 3))
    throw new RangeError(`Cannot draw embeddings: expected photos a whole number from 3 on, got ${most}`);
  if (!(maxBytes >= 0))
    throw new RangeError(`Cannot draw embeddings: expected maxBytes >= 0, got ${maxBytes}`);
  const photos = choose(embedded.count, most, layout.seed);
  const search = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const places = await layOut(pickRows(embedded, photos), layout, search);
  let bundle: MimeBundle | undefined;
  const draw = (): MimeBundle =>
    (bundle ??= scatterBundle(groupsOf(embedded, photos, places), { count: embedded.count, maxBytes }));
  return displayable({ photos, places }, draw);
}

function choose(count: number, most: number, seed = 0): number[] {
  const all = Array.from({ length: count }, (_, photo) => photo);
  if (count <= most) return all;
  return shuffle(all, createRandom(seed))
    .slice(0, most)
    .sort((a, b) => a - b);
}

/** The points by class, in the order of the classes; of several classes by what they are together. */
function groupsOf(
  embedded: EmbeddedPhotos,
  photos: readonly number[],
  places: readonly (readonly [number, number])[],
): ScatterGroup[] {
  const { labels, classNames, thumbnails } = embedded;
  const groups = new Map<string, { readonly order: number; readonly points: ScatterPoint[] }>();
  photos.forEach((photo, i) => {
    const [label, [x, y] = [0, 0]] = [labels[photo], places[i]];
    const name = nameOf(label, classNames);
    const group = groups.get(name) ?? { order: [label ?? 0].flat()[0] ?? Infinity, points: [] };
    groups.set(name, group);
    group.points.push({ x, y, caption: `${photoName(embedded, photo)}: ${name}`, jpeg: thumbnails[photo] });
  });
  return [...groups]
    .sort(([, a], [, b]) => a.order - b.order || b.points.length - a.points.length)
    .map(([name, { points }]) => ({ name, points }));
}

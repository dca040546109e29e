/** How a model shows photographs to weights that were trained elsewhere. */
import { resolveOptions, type ModelOptions, type ResolvedOptions } from "../model/options";
import { INTERPOLATIONS, type Interpolation } from "../tensorflow";
import type { WeightsMapping } from "./mappings/mapping";
import { publishedPhotos, type PhotosShown } from "./published/photos";
import { torchvisionTagOf } from "./published/torchvision";
import type { TimmConfig } from "./timmconfig";

/**
 * How the source of weights shows photographs to them: as timm's config.json beside them says, or else as it does for the weights of
 * that tag; of torchvision's, a file's name tells the tag, too.
 * @param side  of the images that a file's configuration is for. @default as the network was published with
 */
export function photosOf(
  { name, architecture, source }: WeightsMapping,
  path: string,
  beside?: TimmConfig,
  side?: number,
): PhotosShown {
  if (beside !== undefined && name.startsWith("timm/")) return beside.photos;
  const [, network] = /^torchvision\/(\w+)$/.exec(name) ?? [];
  const tag = network === undefined ? undefined : torchvisionTagOf(network, path);
  const published = publishedPhotos(tag === undefined ? name : `${name}.${tag}`, source);
  if (published !== undefined) return published;
  const usual = resolveOptions({ architecture, source });
  const defaultImageSize = side ?? usual.defaultImageSize;
  const share = defaultImageSize / usual.defaultImageSize;
  const cropMode = usual.centralFraction === undefined ? "center" : "squash";
  return { ...usual, defaultImageSize, fixedResizeSide: Math.round(usual.fixedResizeSide * share), cropMode };
} // prettier-ignore

/**
 * The options of a model for weights.
 * @param given  what the caller wants otherwise
 * @throws {RangeError} if the source resizes photographs as no model here does, and nothing else is wanted
 */
export function optionsOf(
  { name, architecture, source, options }: WeightsMapping,
  numClasses: number | undefined,
  photos: PhotosShown,
  given: ModelOptions = {},
): ModelOptions {
  const { defaultImageSize = photos.defaultImageSize } = given;
  const { interpolation = interpolationOf(name, photos) } = given;
  const share = photos.fixedResizeSide / photos.defaultImageSize;
  const { fixedResizeSide = Math.round(defaultImageSize * share) } = given;
  const { centralFraction = given.fixedResizeSide === undefined ? photos.centralFraction : undefined } =
    given;
  return {
    ...(numClasses !== undefined && (numClasses > 1 || given.multiLabel === true) && { numClasses }),
    ...options,
    ...given,
    ...{ defaultImageSize, fixedResizeSide, centralFraction, interpolation },
    architecture,
    source,
  };
}

function interpolationOf(name: string, { interpolation }: PhotosShown): Interpolation {
  const known = INTERPOLATIONS.find((one) => one === interpolation);
  if (known !== undefined) return known;
  throw new RangeError(
    `Cannot import weights of ${name}: expected interpolation to be ${INTERPOLATIONS.join(", ")}, got "${interpolation}" in config.json; give model: { interpolation } for another`,
  );
}

/** In what a model's options show photographs otherwise. @returns "fixedResizeSide 256, there 232", … */
export function differencesOf(
  own: ResolvedOptions,
  photos: PhotosShown,
  { architecture, source, options }: WeightsMapping,
): readonly string[] {
  const { preprocessing } = resolveOptions({ architecture, source, ...options });
  const there = { ...photos, preprocessing };
  const keys = [
    "fixedResizeSide",
    "defaultImageSize",
    "interpolation",
    "centralFraction",
    "preprocessing",
  ] as const;
  const told = keys.flatMap((key) =>
    own[key] === there[key] ? [] : [`${key} ${own[key] ?? "none"}, there ${there[key] ?? "none"}`],
  );
  if (["center", "squash"].includes(photos.cropMode)) return told;
  return [...told, `cropped, there crop_mode ${photos.cropMode}`];
}

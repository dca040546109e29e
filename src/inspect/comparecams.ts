import { bundleOf } from "../display/bundle";
import { tf } from "../tensorflow";
import { camSlider, thumbnailsOf } from "./camslider";
import type { Figure } from "./figure";
import { drawGallery, restore, showCam, type Explanation, type ShowCamOptions } from "./gallery";
import { overlay } from "./overlay";
import { placementOf } from "./place";

/** Maps beside each other in the picture that stands for the figure where no page is shown. */
const MOST_IN_PICTURE = 5;

/**
 * Several explanations of the same photos, by endpoints, methods or classes, as one figure with a slider over their names, which needs no
 * kernel. Pointing at a photo tells its heat there, and where on the photo in pixels that is. Each map is drawn where its cells look.
 * Where no page is shown a picture has the photos beside their first five maps.
 * @param images        [batch, height, width, 3], RGB, 0…255; read at once
 * @param explanations  by name: what explain() or gradCam() gives
 * @throws {RangeError} if there are none
 * @throws what showCam() throws
 * @example
 * const by = { gradCam: await explain(model, x), layerCam: await explain(model, x, { method: "layerCam" }) };
 * compareCams(images, by, { classNames: ["hat", "shoes"] });
 */
export function compareCams(
  images: tf.Tensor4D,
  explanations: Readonly<Record<string, Explanation>>,
  options: ShowCamOptions = {},
): Figure {
  const named = Object.entries(explanations);
  if (named.length === 0) throw new RangeError("Cannot compare heat maps: expected one or more, got none");
  const captions = named.map(([, explanation]) => showCam(images, explanation, { ...options, size: 16 }).captions); // prettier-ignore
  const frames = named.map(([label, explanation], i) => ({
    ...{ label, captions: captions[i] ?? [] },
    explanation: () => ({ heatmaps: explanation.heatmaps, ...placementOf(images, explanation, options) }),
  }));
  const { placement: _, ...shown } = options;
  const text = [
    `Heat maps of ${images.shape[0]} ${images.shape[0] === 1 ? "photo" : "photos"}`,
    ...frames.map((frame) => `${frame.label}: ${frame.captions.join(", ")}`),
  ].join("\n");
  const png = pictureOf(images, named, options);
  const thumbnails = thumbnailsOf(images, options);
  return camSlider(thumbnails, frames, { ...shown, active: 0, prefix: "", png, text });
}

/** The photos beside their first maps, as base64. */
function pictureOf(
  images: tf.Tensor4D,
  named: readonly (readonly [string, Explanation])[],
  options: ShowCamOptions,
): string | undefined {
  const some = named.slice(0, MOST_IN_PICTURE);
  const beside = (): tf.Tensor4D => {
    const restored = restore(images, options);
    const drawn = some.map(([, explanation]) => {
      const placement = placementOf(images, explanation, options);
      return overlay(restored, explanation.heatmaps, { ...options, placement });
    });
    return tf.concat<tf.Tensor4D>([restored, ...drawn], 2); // [b, h, (1 + maps) w, 3]
  };
  const nothing = Array.from({ length: images.shape[0] }, () => ({ text: "", verdict: undefined }));
  const size = (1 + some.length) * (options.size ?? 96);
  const png = bundleOf(drawGallery(beside, nothing, { ...options, size, columns: 1 }))["image/png"];
  return typeof png === "string" ? png : undefined;
}

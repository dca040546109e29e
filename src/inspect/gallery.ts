import { displayable, type Displayable, type MimeBundle } from "../display/bundle";
import { escapeHtml } from "../display/html";
import type { Model } from "../model/model";
import { outsidePixels } from "../model/pixels";
import { castTo, tf } from "../tensorflow";
import { encodePng } from "../tensorflow/ops/encode";
import {
  captionsOf,
  type Caption,
  type CaptionFacts,
  type CaptionOptions,
  type ClassIndices,
} from "./caption";
import { heatRanges, notesOf, silenceOf } from "./heat";
import { RIGHT, WRONG, cssColor } from "./palette";
import { cssStops } from "./colormap";
import { overlay, type OverlayOptions } from "./overlay";
import { peaksOf, placementOf, type Placement } from "./place";

/** Options of showImage(). */
export interface ShowImageOptions {
  /** What was subtracted from red, green and blue, to be added again. @default nothing */
  readonly means?: readonly number[];
  /** The longer side on the page, in pixels; larger images are shrunk to it in the notebook too. @default 160 */
  readonly size?: number;
}

/** Options of showBatch(). */
export interface ShowBatchOptions extends ShowImageOptions, CaptionOptions {
  /** Images in a row; on a page that is too narrow for them they are smaller. @default as many as make the PNG square, or as the page has room for */
  readonly columns?: number;
}

/** Options of showCam(). */
export interface ShowCamOptions extends Omit<ShowBatchOptions, "predictions">, OverlayOptions {
  /**
   * That whose preprocess() the images were given to, where they are larger than what it sees of them: the heat is then on the part of
   * the photo that it saw.
   * @default undefined: the images are as it saw them
   */
  readonly model?: Pick<Model, "options">;
}

/** Heat maps and the classes that they explain: what gradCam() gives, or maps made otherwise. */
export interface Explanation {
  /** float32 [batch, h, w], 0…1 */
  readonly heatmaps: tf.Tensor3D;
  /** Where the maps' rows and columns are; see Placement. @default spread evenly */
  readonly rows?: Placement["rows"];
  readonly columns?: Placement["columns"];
  /** The classes explained. @default unknown */
  readonly classes?: ClassIndices;
  /** float32 [batch, classes], of the model. @default unknown */
  readonly probabilities?: tf.Tensor2D;
  /** The classes predicted, where those explained were asked for. @default those explained */
  readonly predicted?: ClassIndices;
}

/** Images that show themselves as captioned HTML, as one PNG contact sheet, and as text. */
export interface Gallery extends Displayable {
  /** What is said of each image. */
  readonly captions: readonly string[];
  /** What is said of all of them: of heat maps their scale, and whether they are too small. */
  readonly notes: readonly string[];
}

/** Pixels between images on the page. */
const spacing = 8;
/** White pixels around each image of the contact sheet. */
const gap = 2;

/**
 * A batch of images with their labels, and the predictions in green or red.
 * @param images  [batch, height, width, 3], RGB, 0…255; read at once, so it may be disposed afterwards
 * @throws {TypeError} if the images are not of that shape, or labels or predictions not one whole number an image
 * @throws {RangeError} if there are fewer labels or predictions than images, a class without a name among names, no columns, or
 *   pixels not in 0…255 with their means
 * @example  showBatch(images, { labels, classNames: ["hat", "shoes"] })
 */
export function showBatch(images: tf.Tensor, options: ShowBatchOptions = {}): Gallery {
  expectImages("show batch", images);
  const captions = captionsOf(images.shape[0], options);
  return drawGallery(() => restore(images, options), captions, options);
}

/**
 * One image; of a photo's file, upright: readImage() gives it.
 * @param image  [height, width, 3], RGB, 0…255; read at once, so it may be disposed afterwards
 * @throws {TypeError} if the image is not of that shape
 * @throws {RangeError} if its pixels with their means are not in 0…255
 */
export function showImage(image: tf.Tensor, options: ShowImageOptions = {}): Gallery {
  const batch = tf.tidy(() => tf.expandDims<tf.Tensor4D>(image, 0));
  try {
    return showBatch(batch, options);
  } finally {
    batch.dispose();
  }
}

/**
 * Images, each beside itself under its heat map, with the scale of the heat. Predictions are in green or red; a class that was
 * asked for is neither right nor wrong: "explains hat 0.93". Where a map says nothing, its caption says so.
 * @param images  [batch, height, width, 3], RGB, 0…255; read at once
 * @param maps    what gradCam() gives, or heat maps alone, float32 [batch, h, w], 0…1
 * @param options  of `beside`, a second explanation, the maps are drawn as well, and its captions follow after "|": of the true class
 *   beside the predicted one, say
 * @throws {TypeError} if the shapes do not fit, or predictions are given: the maps have them
 * @throws {RangeError} as showBatch() does, or if heat is not in 0…1, or there are not as many class names as probabilities
 * @example  showCam(images, gradCam(model, model.preprocess(images)), { labels, classNames: ["hat", "shoes"] })
 */
export function showCam(
  images: tf.Tensor,
  maps: tf.Tensor3D | Explanation,
  options: ShowCamOptions & { readonly beside?: Explanation } = {},
): Gallery {
  expectImages("show heat maps", images);
  if ("predictions" in options && options.predictions !== undefined)
    throw new TypeError(
      "Cannot show heat maps: expected no predictions, got some: give showCam() all that gradCam() gave, which has them, or { heatmaps, classes }",
    );
  const explanation: Explanation = "heatmaps" in maps ? maps : { heatmaps: maps };
  const { beside } = options;
  const drawn = [explanation, ...(beside === undefined ? [] : [beside])].map((one) => readCam(images, one, options)); // prettier-ignore
  const first = drawn[0]?.captions ?? [];
  const captions = first.map(({ verdict }, i) => {
    const joined = (part: "text" | "alt"): string => drawn.map((cam) => cam.captions[i]?.[part] ?? "").filter(Boolean).join(" | "); // prettier-ignore
    return { text: joined("text"), verdict, alt: joined("alt") };
  });
  const rows = (): tf.Tensor4D => {
    const restored = restore(images, options);
    const maps = drawn.map(({ heatmaps, placement }) => overlay(restored, heatmaps, { ...options, placement })); // prettier-ignore
    return tf.concat<tf.Tensor4D>([restored, ...maps], 2); // [b, h, (1 + maps) w, 3]
  };
  const notes = [...new Set(drawn.flatMap((cam) => cam.notes))];
  const scale = `<div style="display:flex;gap:6px;align-items:center;margin-top:${spacing}px"><small>heat 0</small><div style="width:160px;height:10px;background:linear-gradient(to right, ${cssStops(options.colormap ?? "turbo")})"></div><small>1</small></div>`;
  const size = (1 + drawn.length) * (options.size ?? 160);
  return drawGallery(rows, captions, { ...options, size }, { notes, scale });
}

/** What is said of maps, and where they are. */
function readCam(
  images: tf.Tensor4D,
  explanation: Explanation,
  options: ShowCamOptions,
): {
  readonly heatmaps: tf.Tensor3D;
  readonly placement: Placement;
  readonly captions: readonly Caption[];
  readonly notes: readonly string[];
} {
  const { heatmaps } = explanation;
  const ranges = heatRanges(images, heatmaps);
  const placement = placementOf(images, explanation, options);
  const peaks = peaksOf(heatmaps, placement);
  const captions = captionsOf(images.shape[0], factsOf(explanation, options)).map(({ text, verdict }, i) => {
    const range = ranges[i];
    const silence = range === undefined ? undefined : silenceOf(range, heatmaps.shape);
    const said = [text, silence].filter(Boolean).join(": ");
    const alt = [said, silence === undefined ? peaks[i] : undefined].filter(Boolean).join("; ");
    return { text: said, verdict, alt };
  });
  return { heatmaps, placement, captions, notes: notesOf(ranges, heatmaps.shape, options.threshold) };
}

/** Classes that were asked for are no predictions. */
function factsOf(
  { classes, probabilities, predicted }: Explanation,
  { labels, classNames }: ShowCamOptions,
): CaptionFacts {
  const explained = predicted === undefined ? { predictions: classes } : { asked: classes };
  return { labels, classNames, probabilities: probabilities?.arraySync(), ...explained };
}

/**
 * Reads the images once and keeps their PNGs.
 * @param read      gives the images, [batch, height, width, 3], 0…255; freed with all that is made on the way
 * @param captions  one for each
 */
export function drawGallery(
  read: () => tf.Tensor4D,
  captions: readonly Caption[],
  options: ShowBatchOptions,
  { notes, scale }: { readonly notes: readonly string[]; readonly scale: string } = { notes: [], scale: "" },
): Gallery {
  const { size = 160, columns = Math.ceil(Math.sqrt(captions.length)) } = options;
  if (!Number.isInteger(columns) || columns < 1)
    throw new RangeError(`Cannot show images: expected columns to be a whole number >= 1, got ${columns}`);
  const scope = tf.engine();
  scope.startScope("gallery");
  try {
    const images = shrink(read(), size);
    const [count, height, width] = images.shape;
    const tiles = tf.unstack(images).map((image) => encodeBase64(expectRank3(image)));
    const sheet = encodeBase64(contactSheet(images, columns));
    const texts = captions.map(({ text }) => text);
    const magnified = size / Math.max(height, width);
    const side = Math.round(width * magnified);
    const row = options.columns === undefined ? "display:flex;flex-wrap:wrap" : `display:grid;grid-template-columns:repeat(${columns},minmax(0,${side}px))`; // prettier-ignore
    const scaling = magnified > 1 ? "image-rendering:pixelated;" : "";
    const html = tiles
      .map((tile, i) => drawTile(tile, captions[i], { width: `width:${side}px;`, scaling }))
      .join("\n");
    const footer = notes.map((note) => `<div><small>${escapeHtml(note)}</small></div>`).join("");
    const bundle: MimeBundle = {
      "image/png": sheet,
      "text/html": `<div style="${row};gap:${spacing}px">\n${html}\n</div>${scale}${footer}`,
      "text/plain": [describe(count, texts), ...notes].join("\n"),
    };
    return displayable({ captions: texts, notes }, () => bundle);
  } finally {
    scope.endScope();
  }
}

function drawTile(
  png: string,
  { text, verdict, alt = text }: Caption = { text: "", verdict: undefined },
  { width, scaling }: { readonly width: string; readonly scaling: string },
): string {
  const colour = verdict === "right" ? RIGHT : WRONG;
  const style = verdict === undefined ? "" : `color:${colour.light};color:${cssColor(colour)};`;
  const line = `<figcaption style="${style}font-size:12px">${escapeHtml(text)}</figcaption>`;
  const image = `<img alt="${escapeHtml(alt)}" style="${width}${scaling}max-width:100%;height:auto;margin:0" src="data:image/png;base64,${png}">`;
  return `<figure style="${width}max-width:100%;overflow-wrap:anywhere;margin:0">${image}${text === "" ? "" : line}</figure>`;
}

/** The captions in a line, numbered where some images have none. */
function describe(count: number, captions: readonly string[]): string {
  const bare = captions.includes("");
  const named = captions
    .map((text, i) => (text !== "" && bare ? `image ${i}: ${text}` : text))
    .filter((text) => text !== "");
  return `${count} ${count === 1 ? "image" : "images"}${named.length === 0 ? "" : `: ${named.join(", ")}`}`;
}

/** The images as float32 in 0…255, their means added again. */
export function restore(images: tf.Tensor4D, { means }: ShowImageOptions): tf.Tensor4D {
  const added = means === undefined ? 0 : tf.tensor1d([...means]);
  const restored = tf.add<tf.Tensor4D>(castTo(images, "float32"), added);
  const got = outsidePixels(restored);
  if (got === undefined) return restored;
  const doing = "give what was subtracted as means, e.g. VGG_MEANS, or bring the images to 0…255";
  throw new RangeError(`Cannot show images: expected pixels in 0…255, got ${got}: ${doing}`);
}

/** Images no larger than their longer side may be; smaller ones as they are. */
export function shrink(images: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const scale = size / Math.max(height, width);
  if (scale >= 1) return images;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return tf.image.resizeBilinear(images, [side(height), side(width)], false, true);
}

/** The images side by side in rows, on white. */
function contactSheet(images: tf.Tensor4D, columns: number): tf.Tensor3D {
  const [count, height, width] = images.shape;
  const rows = Math.ceil(count / columns);
  const edge: [number, number] = [gap, gap];
  const padded = tf.pad4d(images, [[0, rows * columns - count], edge, edge, [0, 0]], 255); // [rows * columns, h, w, 3]
  const [h, w] = [height + 2 * gap, width + 2 * gap];
  const grid = tf.transpose(tf.reshape(padded, [rows, columns, h, w, 3]), [0, 2, 1, 3, 4]); // [rows, h, columns, w, 3]
  return tf.reshape(grid, [rows * h, columns * w, 3]);
}

function encodeBase64(image: tf.Tensor3D): string {
  return Buffer.from(encodePng(image)).toString("base64");
}

function expectRank3(tensor: tf.Tensor): tf.Tensor3D {
  return tf.reshape(tensor, [tensor.shape[0] ?? 0, tensor.shape[1] ?? 0, 3]);
}

function expectImages(task: string, images: tf.Tensor): asserts images is tf.Tensor4D {
  const [batch = 0, , , channels] = images.shape;
  if (images.rank === 4 && channels === 3 && batch > 0) return;
  throw new TypeError(
    `Cannot ${task}: expected images [batch, height, width, 3], got [${images.shape.join(", ")}]`,
  );
}

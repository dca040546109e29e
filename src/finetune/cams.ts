import {
  bundleOf,
  displayable,
  htmlOf,
  type Displayable,
  type DisplayContext,
  type MimeBundle,
} from "../display/bundle";
import { liveOutputs } from "../display/live";
import type { GradCamOptions } from "../explain";
import { showCam, type Gallery, type ShowCamOptions } from "../inspect/gallery";
import type { Figure } from "../inspect/figure";
import { plotlyScript } from "../inspect/plotly";
import { cellSignal } from "../interrupt";
import type { Model } from "../model/model";
import { restorePixels } from "../model/normalization";
import { reasonOf, tf } from "../tensorflow";
import type { Callback, Training } from "../training";
import { CamEvents } from "./camevents";
import { camSlider, thumbnailsOf, type CamFrame, type Thumbnails } from "../inspect/camslider";
import { Looks, explanationOf, readMaps, type KeptLook, type Look, type LookMaps } from "./looks";
import { Watched } from "./watched";

/** Options of showCamEvery(): those of showCam(), what gradCam() explains, and when. */
export interface ShowCamEveryOptions
  extends Omit<ShowCamOptions, "model">, Pick<GradCamOptions, "endpoint" | "classIndex"> {
  /** Steps from one look to the next; there is one before the first step and one after the last, too. @default 50 */
  readonly everySteps?: number;
  /**
   * A run's folder, e.g. that of tensorboard(): each look goes to event files in its folder "cams", photo i under its heat as the image
   * "cam/i" and the captions as the text "cam".
   * @default none
   */
  readonly logDir?: string;
}

/** A callback that shows where the model looks while it learns. */
export interface CamWatch extends Callback, Displayable {
  /** The latest look; undefined before the first. */
  readonly gallery: Gallery | undefined;
  /** The looks so far, by step: the first, the latest, and at most forty between them, evenly. */
  readonly looks: readonly Look[];
  /**
   * The looks so far as one figure with a slider over steps, which needs no kernel.
   * @throws {Error} before the first look
   */
  figure(): Figure;
  /** Frees the images and the compiled function. */
  dispose(): void;
}

/**
 * Heat maps of a few photos as the model learns: display it, then give it to the training. It shows the newest look until the training
 * has ended, then all in a figure with a slider over steps; after an interrupt, displaying it again shows those so far, and the same
 * callback goes on.
 *
 * By default each look explains the class that is predicted then, which may change; captions tell it and its probability. Looks are
 * compiled: eight photos every 50 steps of ResNet-50 at batch 16, event files included, take 0.5 % of the training's time on two cores
 * of an AMD EPYC, by `npm run bench -- cams`; the first takes a second more.
 * @param images  [batch, height, width, 3], as model.preprocess() takes them, of which it shows the middle; copied
 * @throws {RangeError} if everySteps is no whole number from 1 on
 * @throws {Error} during the training, naming the step, if gradCam(), showCam() or the event file fails, which is its cause
 * @example
 * const cams = showCamEvery(photos, { everySteps: 20, labels, classNames: ["hat", "shoes"] });
 * display(cams);
 * await train(step, batches, { steps: 100, callbacks: [cams] });
 */
export function showCamEvery(images: tf.Tensor4D, options: ShowCamEveryOptions = {}): CamWatch {
  const { everySteps = 50 } = options;
  if (!(Number.isSafeInteger(everySteps) && everySteps >= 1))
    throw new RangeError(`Cannot show heat maps: expected everySteps a whole number from 1 on, got ${everySteps}`); // prettier-ignore
  const history = historyOf(images, options);
  let hasEnded = false;
  let page: DisplayContext | undefined;
  const outputs = liveOutputs(() => history.bundle(hasEnded, page), 0);
  const look = async (training: Training): Promise<void> => {
    await history.look(training);
    outputs.redraw();
  };
  const callback: Omit<CamWatch, keyof Displayable> = {
    get gallery() {
      return history.gallery();
    },
    get looks() {
      return history.looks.all;
    },
    onTrainBegin: (training) => {
      hasEnded = false;
      return look(training);
    },
    onStep: async ({ globalStep, accumulated = 0, loss }, training) => {
      // Of a loss that is not finite the training itself tells.
      if (globalStep % everySteps === 0 && accumulated === 0 && Number.isFinite(loss)) await look(training);
    },
    onTrainEnd: async (training) => {
      hasEnded = true;
      await look(training);
      await history.close();
    },
    figure: () => history.figure(),
    dispose: () => history.dispose(),
  };
  return displayable(callback, (context) => {
    context?.publishOnce("plotly.js", plotlyScript); // before there is a figure: the training's end shows it without
    page ??= context;
    if (context !== undefined) outputs.follow(context);
    return history.bundle(true, context);
  });
}

/** The looks at photos, and what is shown of them. */
interface CamHistory {
  readonly looks: Looks;
  gallery(this: void): Gallery | undefined;
  /** @throws {Error} that names the step */
  look(this: void, training: Training): Promise<void>;
  figure(this: void): Figure;
  /** Of the newest look, or of all where there are several. */
  bundle(this: void, ofAll: boolean, context?: DisplayContext): MimeBundle;
  close(this: void): Promise<void>;
  dispose(this: void): void;
}

function historyOf(images: tf.Tensor4D, options: ShowCamEveryOptions): CamHistory {
  const { everySteps: _, endpoint, classIndex, logDir, ...shown } = options;
  const explaining = { ...(endpoint !== undefined && { endpoint }), ...(classIndex !== undefined && { classIndex }) }; // prettier-ignore
  const watched = new Watched(images, explaining);
  const events = logDir === undefined ? undefined : new CamEvents(logDir);
  const looks = new Looks();
  let gallery: Gallery | undefined;
  let thumbnails: Thumbnails | undefined;
  const figure = (): Figure => {
    if (gallery === undefined || thumbnails === undefined)
      throw new Error(
        "Cannot draw heat maps: expected looks at photos, got none: the training has not begun",
      );
    const frames = framesOf(looks.all);
    const png = bundleOf(gallery)["image/png"];
    return camSlider(thumbnails, frames, {
      ...{ ...shown, active: frames.length - 1, prefix: "step ", text: textOf(looks.all) },
      png: typeof png === "string" ? png : undefined,
    });
  };
  const look = async ({ model, step: { globalStep } }: Training): Promise<void> => {
    const { preprocessed, cam } = await watched.look(model);
    const photos = pixelsOf(model, preprocessed, shown);
    try {
      const maps = await readMaps(cam);
      gallery = galleryOf(photos, maps, shown);
      const latest = { ...maps, step: globalStep, captions: gallery.captions };
      thumbnails ??= thumbnailsOf(photos, shown);
      looks.add(latest);
      await events?.write(photos, latest, shown);
    } finally {
      tf.dispose([cam, photos]);
    }
  };
  return {
    looks,
    gallery: () => gallery,
    look: (training) =>
      look(training).catch((error: unknown) => {
        throw failedAt(training.step.globalStep, error);
      }),
    figure,
    bundle: (ofAll, context) =>
      ofAll && looks.all.length > 1 ? bundleOf(figure(), context) : bundleAt(looks.latest, gallery),
    close: async () => events?.close(),
    dispose: () => watched.dispose(),
  };
}

/** What was preprocessed as photographs again, unless the caller says how; the caller disposes. */
function pixelsOf(model: Model, preprocessed: tf.Tensor4D, { means }: ShowCamOptions): tf.Tensor4D {
  if (means !== undefined) return preprocessed.clone();
  return restorePixels(preprocessed, model.options.preprocessing);
}

/** An interrupt stays what it is. */
function failedAt(step: number, cause: unknown): unknown {
  if (cellSignal()?.aborted === true) return cause;
  return new Error(`Cannot look at step ${step}: expected heat maps, got "${reasonOf(cause)}"`, { cause });
}

function galleryOf(photos: tf.Tensor4D, maps: LookMaps, options: ShowCamOptions): Gallery {
  tf.engine().startScope("cams");
  try {
    return showCam(photos, explanationOf(maps), options);
  } finally {
    tf.engine().endScope();
  }
}

/** A look's gallery under its step. */
function bundleAt(look: Look | undefined, gallery: Gallery | undefined): MimeBundle {
  if (look === undefined || gallery === undefined)
    return { "text/plain": "No heat maps yet: the training has not begun" };
  const bundle = bundleOf(gallery);
  return {
    ...bundle,
    "text/html": `<div>Step ${look.step}</div>${htmlOf(bundle)}`,
    "text/plain": `Step ${look.step}: ${bundle["text/plain"]}`,
  };
}

/** The captions at the first and the last step. */
function textOf(looks: readonly Look[]): string {
  const ends = looks.length === 1 ? looks : [looks[0], looks.at(-1)];
  const lines = ends.map((look) => `step ${look?.step}: ${look?.captions.join(", ")}`);
  return [`Heat maps at ${looks.length} ${looks.length === 1 ? "step" : "steps"}`, ...lines].join("\n");
}

function framesOf(looks: readonly KeptLook[]): CamFrame[] {
  return looks.map((look) => ({
    ...{ label: String(look.step), captions: look.captions },
    explanation: () => ({ ...explanationOf(look), rows: look.rows, columns: look.columns }),
  }));
}

import { bundleOf, displayable, htmlOf, type Displayable, type MimeBundle } from "../display/bundle";
import { liveOutputs } from "../display/live";
import type { GradCamOptions } from "../explain";
import { showCam, type Gallery, type ShowCamOptions } from "../inspect/gallery";
import { VGG_MEANS } from "../input";
import { cellSignal } from "../interrupt";
import { reasonOf, tf } from "../tensorflow";
import type { Callback, Training } from "../training";
import { CamEvents } from "./camevents";
import { Looks, explanationOf, readMaps, type Look, type LookMaps } from "./looks";
import { Watched } from "./watched";

/** Options of showCamEvery(): those of showCam(), what gradCam() explains, and when. */
export interface ShowCamEveryOptions extends ShowCamOptions, Pick<GradCamOptions, "endpoint" | "classIndex"> {
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
  /** Frees the images and the compiled function. */
  dispose(): void;
}

/**
 * Heat maps of a few photos, drawn anew as the model learns: display it, then give it to the training. By default each look explains the
 * class that is predicted then, which may change; captions tell it and its probability. After an interrupt the same callback goes on.
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
  const outputs = liveOutputs(() => history.bundle(), 0);
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
    onTrainBegin: look,
    onStep: async ({ globalStep, accumulated = 0, loss }, training) => {
      // Of a loss that is not finite the training itself tells.
      if (globalStep % everySteps === 0 && accumulated === 0 && Number.isFinite(loss)) await look(training);
    },
    onTrainEnd: async (training) => {
      await look(training);
      await history.close();
    },
    dispose: () => history.dispose(),
  };
  return displayable(callback, (context) => {
    if (context !== undefined) outputs.follow(context);
    return history.bundle();
  });
}

/** The looks at photos, and what is shown of them. */
interface CamHistory {
  readonly looks: Looks;
  gallery(this: void): Gallery | undefined;
  /** @throws {Error} that names the step */
  look(this: void, training: Training): Promise<void>;
  bundle(this: void): MimeBundle;
  close(this: void): Promise<void>;
  dispose(this: void): void;
}

function historyOf(images: tf.Tensor4D, options: ShowCamEveryOptions): CamHistory {
  const { everySteps: _, means = VGG_MEANS, endpoint, classIndex, logDir, ...given } = options;
  const shown = { ...given, means };
  const explaining = { ...(endpoint !== undefined && { endpoint }), ...(classIndex !== undefined && { classIndex }) }; // prettier-ignore
  const watched = new Watched(images, explaining);
  const events = logDir === undefined ? undefined : new CamEvents(logDir);
  const looks = new Looks();
  let gallery: Gallery | undefined;
  const look = async ({ model, step: { globalStep } }: Training): Promise<void> => {
    const { preprocessed, cam } = await watched.look(model);
    try {
      const maps = await readMaps(cam);
      gallery = galleryOf(preprocessed, maps, shown);
      const latest = { ...maps, step: globalStep, captions: gallery.captions };
      looks.add(latest);
      await events?.write(preprocessed, latest, shown);
    } finally {
      tf.dispose(cam);
    }
  };
  return {
    looks,
    gallery: () => gallery,
    look: (training) =>
      look(training).catch((error: unknown) => {
        throw failedAt(training.step.globalStep, error);
      }),
    bundle: () => bundleAt(looks.latest, gallery),
    close: async () => events?.close(),
    dispose: () => watched.dispose(),
  };
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

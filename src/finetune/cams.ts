import { bundleOf, displayable, type Displayable } from "../display/bundle";
import { liveOutputs } from "../display/live";
import { gradCam, type GradCamOptions } from "../explain/gradcam";
import { showCam, type Gallery, type ShowCamOptions } from "../inspect/gallery";
import { VGG_MEANS } from "../input";
import type { Model } from "../model/model";
import { tf } from "../tensorflow";
import type { Callback } from "../training";

/** Options of showCamEvery(): those of showCam(), the endpoint that gradCam() looks at, and when. */
export interface ShowCamEveryOptions extends ShowCamOptions, Pick<GradCamOptions, "endpoint"> {
  /** Steps from one look to the next; there is one before the first step and one after the last, too. @default 50 */
  readonly everySteps?: number;
}

/** A callback that shows where the model looks while it learns. */
export interface CamWatch extends Callback, Displayable {
  /** The latest look; undefined before the first. */
  readonly gallery: Gallery | undefined;
  /** Frees the images. */
  dispose(): void;
}

/**
 * Heat maps of a few photos, drawn anew as the model learns: display it, then give it to the training.
 * @param images  [batch, height, width, 3], as model.preprocess() takes them, of which it shows the middle; copied
 * @throws {RangeError} if everySteps is no whole number from 1 on
 * @throws what gradCam() and showCam() throw, at the first step
 * @example
 * const cams = showCamEvery(photos, { everySteps: 20, labels, classNames: ["hat", "shoes"] });
 * display(cams);
 * await train(step, batches, { steps: 100, callbacks: [cams] });
 */
export function showCamEvery(images: tf.Tensor4D, options: ShowCamEveryOptions = {}): CamWatch {
  const { everySteps = 50, means = VGG_MEANS, endpoint, ...shown } = options;
  if (!(Number.isSafeInteger(everySteps) && everySteps >= 1))
    throw new RangeError(`Cannot show heat maps: expected everySteps a whole number from 1 on, got ${everySteps}`); // prettier-ignore
  const own = tf.keep(images.clone());
  let gallery: Gallery | undefined;
  const nothing = { "text/plain": "No heat maps yet: the training has not begun" };
  const outputs = liveOutputs(() => (gallery === undefined ? nothing : bundleOf(gallery)), 0);
  const look = ({ model }: { readonly model: Model }): void => {
    tf.tidy(() => {
      const preprocessed = model.preprocess(own);
      const cam = gradCam(model, preprocessed, endpoint === undefined ? {} : { endpoint });
      gallery = showCam(preprocessed, cam, { ...shown, means });
    });
    outputs.redraw();
  };
  const callback: Omit<CamWatch, keyof Displayable> = {
    get gallery() {
      return gallery;
    },
    onTrainBegin: look,
    onStep: ({ globalStep, accumulated = 0 }, training) => {
      if (globalStep % everySteps === 0 && accumulated === 0) look(training);
    },
    onTrainEnd: look,
    dispose: () => own.dispose(),
  };
  return displayable(callback, (context) => {
    if (context !== undefined) outputs.follow(context);
    return gallery === undefined ? nothing : bundleOf(gallery, context);
  });
}

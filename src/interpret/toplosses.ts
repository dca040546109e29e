/** The photos that a network gets most wrong. */
import { bundleOf, displayable, htmlOf, type Displayable } from "../display/bundle";
import { table } from "../display/table";
import { gradCam, type GradCamOptions } from "../explain/gradcam";
import { showCam, type ShowCamOptions } from "../inspect/gallery";
import type { Model } from "../model/model";
import { tf } from "../tensorflow";
import { className, logProbability, type Outcomes } from "./outcomes";
import type { PhotoLog, RereadOptions } from "./photolog";

/** A photo, and what the network made of it. */
export interface TopLoss {
  /** Its number, as the input gave it. */
  readonly photo: number;
  /** Its file, where the input tells it. */
  readonly filename: string | undefined;
  /** Its class, by name. */
  readonly actual: string;
  /** The likeliest class, by name. */
  readonly predicted: string;
  /** Of its own class, 0…1. */
  readonly probability: number;
  /** Cross-entropy: −log of that. */
  readonly loss: number;
}

/** The photos with the greatest losses, the greatest first; they show themselves beside where the network looked. */
export interface TopLosses extends Displayable {
  readonly photos: readonly TopLoss[];
}

/** How the photos are found and shown. */
export interface TopLossesOptions
  extends RereadOptions, Pick<GradCamOptions, "endpoint">, Pick<ShowCamOptions, "columns" | "size"> {}

/** What is read again for the photos. */
export interface PhotoSource {
  readonly model: Model;
  readonly log: PhotoLog;
  /** Whether the model's weights are still those that predicted. */
  readonly isSame: () => boolean;
  readonly signal: AbortSignal | undefined;
  readonly options: TopLossesOptions;
}

/** The photos with the greatest losses; of equals the one that comes first. */
export async function topLossesOf(
  outcomes: Outcomes,
  losses: Float64Array,
  count: number,
  source: PhotoSource,
): Promise<TopLosses> {
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new RangeError(`Cannot tell top losses: expected count a whole number from 1 on, got ${count}`);
  if (!source.isSame())
    throw new RangeError(
      "Cannot show top losses: expected the weights that predicted the photos, got others; interpret() the model anew",
    );
  const lossOf = (photo: number): number => losses[photo] ?? NaN;
  const chosen = [...losses.keys()]
    .sort((one, other) => lossOf(other) - lossOf(one) || one - other)
    .slice(0, count);
  const gallery = await galleryOf(outcomes, chosen, source);
  const photos = chosen.map((photo): TopLoss => {
    const label = outcomes.labels[photo] ?? 0;
    return {
      ...{ photo, filename: outcomes.filenames?.[photo] || undefined },
      ...{ actual: className(outcomes, label), predicted: className(outcomes, outcomes.predicted[photo] ?? 0) }, // prettier-ignore
      ...{ probability: Math.exp(logProbability(outcomes, photo, label)), loss: lossOf(photo) },
    };
  });
  const rows = photos.map(({ photo, filename, actual, predicted, probability, loss }) => ({
    ...{ photo: String(photo), ...(filename !== undefined && { file: filename }), actual, predicted },
    ...{ probability: probability.toFixed(3), "cross-entropy": loss.toFixed(2) },
  }));
  const numbers = table(rows);
  return displayable({ photos }, (context) => {
    const [pictures, listed] = [bundleOf(gallery, context), bundleOf(numbers, context)];
    return {
      ...pictures,
      "text/html": [pictures, listed].map(htmlOf).join("\n"),
      "text/plain": listed["text/plain"],
    };
  });
}

async function galleryOf(
  outcomes: Outcomes,
  chosen: readonly number[],
  source: PhotoSource,
): Promise<Displayable> {
  const { model, log, options, signal } = source;
  const { endpoint, onProgress, signal: _, ...shown } = options;
  const images = await log.again(chosen, { onProgress, signal });
  const labels = chosen.map((photo) => outcomes.labels[photo] ?? 0);
  const { classNames } = outcomes;
  const scope = tf.engine();
  scope.startScope("top losses");
  try {
    const batch = tf.concat(images);
    const [seen, place] = [model.preprocess(batch), endpoint === undefined ? {} : { endpoint }];
    const cam = gradCam(model, seen, place);
    const isWrong = cam.classes.dataSync().some((predicted, i) => predicted !== labels[i]);
    const beside = isWrong && { beside: gradCam(model, seen, { ...place, classIndex: labels }) };
    return showCam(batch, cam, { ...shown, labels, ...beside, ...(classNames.length > 0 && { classNames }) });
  } finally {
    scope.endScope();
    tf.dispose(images);
  }
}

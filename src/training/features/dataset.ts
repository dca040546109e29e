/** Stored features as a dataset. */
import { Dataset } from "../../input";
import { mapPlan } from "../../input/functions";
import { Held, type Plan } from "../../input/plan";
import { mapFile, reasonOf, tf, unrecorded } from "../../tensorflow";
import { setOrigin, type FeatureBatch, type FeatureOrigin } from "./origin";
import { readRow, rowBytes, type RowForm } from "./rows";
import { formOf, rowsFile, type FeatureState } from "./store";

/** In what order features come, and how many at once. */
export interface EpochOptions {
  /** @default as many as the input's batches hold */
  readonly batchSize: number;
  /** Whether each epoch is in another order. @default true; false for evaluation, with isTraining: false */
  readonly shuffle: boolean;
  /** Times over, each with the next view of each photo; 0 for ever. @default 0; 1 for evaluation */
  readonly numEpochs: number;
  /** Whether features that do not fill a last batch are left out. @default false with numEpochs, true without an end */
  readonly dropRemainder: boolean;
}

/** Features, batch by batch, and what is known of them. */
export type FeatureDataset = Dataset<FeatureBatch> & FeatureInfo;

/** What is known of features. */
export interface FeatureInfo extends FeatureOrigin {
  /** Photos, each of which has `views` activations. */
  readonly photos: number;
  readonly views: number;
  /** Of one activation: [height, width, channels]. */
  readonly shape: readonly [number, number, number];
  /** Of all of them, as they are stored. */
  readonly bytes: number;
}

/** The features that stand whole in a folder. The folder may be removed afterwards, until dispose(). */
export function featureDataset(
  folder: string,
  state: FeatureState,
  options: Partial<EpochOptions> & { readonly seed?: number },
): FeatureDataset {
  const { key, rows, shape, batchSize: inputSize } = state;
  const { endpoint, weights, isTraining, views } = key;
  const { batchSize = inputSize, numEpochs = isTraining ? 0 : 1, shuffle = isTraining } = options;
  const { dropRemainder = numEpochs === 0, seed = 0 } = options;
  if (!(Number.isSafeInteger(numEpochs) && numEpochs >= 0))
    throw new RangeError(`Cannot compute features: expected numEpochs a whole number from 0 on, got ${numEpochs}`); // prettier-ignore
  const photos = rows / views;
  const order = epochsOf({ photos, views, numEpochs, shuffle, seed });
  const origin: FeatureOrigin = { endpoint, weights, isTraining };
  const plan = rowsPlan(order.plan, folder, state);
  setOrigin(plan, origin);
  const dataset = new Dataset(plan).batch(batchSize, { dropRemainder }).prefetch(PREFETCHED);
  const info: FeatureInfo = { ...origin, photos, views, shape, bytes: rows * rowBytes(formOf(state)) };
  return Object.assign(dataset, info);
}

const PREFETCHED = 2;

/** Numbers of rows: of each epoch those of one view. */
function epochsOf(options: {
  readonly photos: number;
  readonly views: number;
  readonly numEpochs: number;
  readonly shuffle: boolean;
  readonly seed: number;
}): Dataset<tf.Scalar> {
  const { photos, views, numEpochs, shuffle, seed } = options;
  const epochs = Array.from({ length: views }, (_, view) => {
    const inOrder = Dataset.range(view * photos, (view + 1) * photos);
    return shuffle ? inOrder.shuffle("all", { seed: seed * views + view }) : inOrder;
  });
  const round = epochs.reduce((before, next) => before.concatenate(next));
  if (numEpochs === 0) return round.repeat();
  return round.repeat(Math.ceil(numEpochs / views)).take(numEpochs * photos);
}

/** The rows of these numbers. Where an iteration is holds for the same computation alone. */
function rowsPlan(
  numbers: Plan<tf.Scalar>,
  folder: string,
  state: FeatureState,
): Plan<[{ features: tf.Tensor3D }, tf.Scalar | tf.Tensor1D]> {
  const form = formOf(state);
  const held = new Held<tf.Tensor>();
  const rows = (): tf.Tensor => held.get(() => unrecorded(() => openRows(folder, state, form)));
  rows(); // now, since the folder may be a temporary one
  const mapped = mapPlan(numbers, (number: tf.Scalar) => readRow(form, rows(), number), {
    numParallelCalls: AUTO,
    deterministic: true,
  });
  const plan: typeof mapped = {
    ...mapped,
    name: "features",
    build: (start) => mapped.build(start),
    detail: () => state.name,
    release: () => {
      mapped.release();
      held.release();
    },
  };
  held.releaseWith(plan);
  return plan;
}

const AUTO = -1; // tf.data.AUTOTUNE

function openRows(
  folder: string,
  state: FeatureState,
  form: RowForm,
): { readonly value: tf.Tensor; readonly free: () => void } {
  const file = rowsFile(folder, state);
  try {
    const value = tf.keep(mapFile(file, [state.rows, rowBytes(form)]));
    return { value, free: () => value.dispose() };
  } catch (cause) {
    throw new Error(
      `Cannot read features "${file}": expected the file of ${state.rows} rows, got ${reasonOf(cause)}; features() computes them anew`,
      { cause },
    );
  }
}

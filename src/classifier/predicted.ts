/** What is predicted of a photo. */
import { classNameOf, expectClassNames } from "../inspect/caption";
import { predictedClasses } from "../model";
import { tf } from "../tensorflow";

/** A class and how likely it is. */
export interface Score {
  readonly className: string;
  /** 0…1 */
  readonly probability: number;
}

/** What was predicted of a photo. */
export interface PredictedPhoto {
  /** Its path or address, or "photo 2" where it has none: of those given, from 0 on. */
  readonly photo: string;
  /** The likeliest class; of several classes a photo those above the threshold, perhaps none. */
  readonly classes: readonly string[];
  /** All classes, the likeliest first. */
  readonly scores: readonly Score[];
  /** The probabilities of the classes by name. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** What tells the classes of probabilities. */
export interface Naming {
  readonly classNames: readonly string[];
  /** Of a model of several classes a photo; undefined: the likeliest is predicted. */
  readonly threshold: number | readonly number[] | undefined;
}

/**
 * What a photo's probabilities say.
 * @param row  of each class, 0…1
 * @throws {RangeError} if they are not finite, or there are not as many names
 */
export function predictedOf(
  photo: string,
  row: Float32Array,
  { classNames, threshold }: Naming,
): PredictedPhoto {
  const wrong = row.find((value) => !Number.isFinite(value));
  if (wrong !== undefined)
    throw new RangeError(
      `Cannot predict "${photo}": expected finite probabilities, got ${wrong}; has the training diverged?`,
    );
  if (classNames.length > 0) expectClassNames("predict", classNames, row.length);
  const scores = [...row].map((probability, i) => ({ className: classNameOf(i, classNames), probability }));
  const probabilities = Object.fromEntries(
    scores.map(({ className, probability }) => [className, probability]),
  );
  const indices =
    threshold === undefined
      ? [row.indexOf(Math.max(...row))]
      : tf.tidy(() => predictedClasses(tf.tensor2d(row, [1, row.length]), { threshold })).flat();
  const classes = indices.map((index) => classNameOf(index, classNames));
  return {
    ...{ photo, classes, probabilities },
    scores: [...scores].sort((one, other) => other.probability - one.probability),
  };
}

/** What is predicted of a photo. */

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

import type { tf } from "../tensorflow";

/** The type of a batch: each tensor has one more dimension. */
export type Batched<T> =
  T extends tf.Tensor<infer R>
    ? tf.Tensor<Deeper<R>>
    : T extends readonly unknown[] | object
      ? { [K in keyof T]: Batched<T[K]> }
      : never;

/** The type of a slice: each tensor has one dimension less. */
export type Sliced<T> =
  T extends tf.Tensor<infer R>
    ? tf.Tensor<Shallower<R>>
    : T extends readonly unknown[] | object
      ? { [K in keyof T]: Sliced<T[K]> }
      : never;

type Deeper<R extends tf.Rank> = tf.Rank extends R ? tf.Rank : R extends keyof Next ? Next[R] : tf.Rank;
type Shallower<R extends tf.Rank> = tf.Rank extends R
  ? tf.Rank
  : R extends keyof Before
    ? Before[R]
    : tf.Rank;

interface Next {
  R0: tf.Rank.R1;
  R1: tf.Rank.R2;
  R2: tf.Rank.R3;
  R3: tf.Rank.R4;
  R4: tf.Rank.R5;
  R5: tf.Rank.R6;
}

interface Before {
  R1: tf.Rank.R0;
  R2: tf.Rank.R1;
  R3: tf.Rank.R2;
  R4: tf.Rank.R3;
  R5: tf.Rank.R4;
  R6: tf.Rank.R5;
}

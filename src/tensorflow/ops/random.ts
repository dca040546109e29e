import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";

const SHAPE = { dtype: attr.type("float32"), T: attr.type("int32"), Tseed: attr.type("int32") };

/**
 * Random numbers as operations: the same seed gives the same numbers, at once and inside a traced function alike.
 * In a traced function pass the seed in, or make it of a step that is passed in: a fixed one gives the same numbers at each call.
 * @see tf.random.stateless_uniform, tf.random.stateless_normal
 */
export const random = {
  /** A seed: int32 [2]. */
  seed(first: number, second = 0): tf.Tensor1D {
    return tf.tensor1d([first, second], "int32");
  },
  /**
   * Uniform numbers.
   * @param seed  int32 [2]
   * @returns float32 of `shape`, minimum ≤ x < maximum
   */
  uniform<T extends tf.Tensor = tf.Tensor>(
    shape: readonly number[],
    seed: tf.Tensor,
    minimum = 0,
    maximum = 1,
  ): T {
    return tf.tidy(() => {
      const unit = executeOne("StatelessRandomUniform", [tf.tensor1d([...shape], "int32"), seed], SHAPE);
      return (minimum === 0 && maximum === 1 ? unit : unit.mul(maximum - minimum).add(minimum)) as T;
    });
  },
  /**
   * Normally distributed numbers.
   * @param seed  int32 [2]
   * @returns float32 of `shape`
   */
  normal(shape: readonly number[], seed: tf.Tensor, mean = 0, standardDeviation = 1): tf.Tensor {
    return tf.tidy(() => {
      const unit = executeOne("StatelessRandomNormal", [tf.tensor1d([...shape], "int32"), seed], SHAPE);
      return unit.mul(standardDeviation).add(mean);
    });
  },
  /**
   * Normally distributed numbers, drawn again where they lie more than two standard deviations from the mean.
   * @param seed  int32 [2]
   * @returns float32 of `shape`
   * @see tf.random.stateless_truncated_normal
   */
  truncatedNormal(shape: readonly number[], seed: tf.Tensor, mean = 0, standardDeviation = 1): tf.Tensor {
    return tf.tidy(() => {
      const unit = executeOne("StatelessTruncatedNormal", [tf.tensor1d([...shape], "int32"), seed], SHAPE);
      return unit.mul(standardDeviation).add(mean);
    });
  },
  /**
   * A seed made of another and a number, e.g. the training step: int32 [2].
   * @param seed  int32 [2]
   * @param data  int32 scalar
   */
  fold(seed: tf.Tensor, data: tf.Tensor): tf.Tensor1D {
    return tf.tidy(() => seed.add(tf.stack([data.cast("int32"), tf.scalar(0, "int32")]))).as1D();
  },
};

/**
 * A number drawn from Beta(alpha, alpha), as the share of one of two gamma variates.
 * @param seed   int32 [2]
 * @param alpha  above 0
 * @returns      float32 scalar, 0…1
 * @see tf.random.stateless_gamma
 */
export function randomBeta(seed: tf.Tensor, alpha: number): tf.Scalar {
  return tf.tidy(() => {
    const gammas = executeOne("StatelessRandomGammaV2", [tf.tensor1d([2], "int32"), seed, tf.scalar(alpha)], {
      dtype: attr.type("float32"),
      Tseed: attr.type("int32"),
      T: attr.type("int32"),
    });
    return tf.divNoNan(gammas.slice([0], [1]), gammas.sum()).asScalar();
  });
}

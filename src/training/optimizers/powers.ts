/** What Adam's means are corrected by, for their beginning at 0. */
import { tf } from "../../tensorflow";
import type { Schedule } from "./schedule";

/** The betas to the power of the number of the next update. */
export interface Powers {
  /** By their names in a checkpoint. */
  readonly named: Readonly<Record<"beta1_power" | "beta2_power", tf.Variable>>;
  /** Inside the step, where beta1 changes: the power of that of this update. */
  begin(this: void, beta1: tf.Scalar): void;
  /** Inside the step: √(1 − beta2ᵗ) / (1 − beta1ᵗ) */
  correction(this: void): tf.Tensor;
  /** Inside the step: goes on to the next update. */
  end(this: void): void;
  dispose(this: void): void;
}

/** Powers before the first update. */
export function powersOf(beta1: number | Schedule, beta2: number): Powers {
  const isFixed = typeof beta1 === "number";
  const named = tf.tidy(() => ({
    beta1_power: tf.variable(tf.scalar(isFixed ? beta1 : 0), false),
    beta2_power: tf.variable(tf.scalar(beta2), false),
  }));
  const { beta1_power, beta2_power } = named;
  return {
    named,
    begin: (now) => {
      // The number of the update is what the other power says: checkpoints hold no more. When that power is 0, so is this one.
      const updates = beta2_power.log().div(tf.scalar(beta2).log()).round();
      beta1_power.assign(tf.pow(now, updates).asScalar());
    },
    correction: () => tf.sub(1, beta2_power).sqrt().div(tf.sub(1, beta1_power)),
    end: () => {
      if (isFixed) beta1_power.assign(beta1_power.mul(beta1));
      beta2_power.assign(beta2_power.mul(beta2));
    },
    dispose: () => tf.dispose(named),
  };
}

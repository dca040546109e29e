/** What is done to gradients between their computation and the update, as in TF-Slim's training op. */
import { l2Loss, tf } from "../../tensorflow";
import type { VariableGradient } from "./optimizer";
import { expectScopes, isInScopes } from "../../model/scopes";

/** Options of createTrainStep() that change the gradients, in the order in which they do. */
export interface GradientOptions {
  /** Factors by name or scope of variables; where several fit, the longest name counts. @default none */
  readonly gradientMultipliers?: Readonly<Record<string, number>>;
  /** The greatest norm of a variable's gradient: a longer one is shortened. 0 for none. @default 0 (TF-Slim) */
  readonly clipGradientNorm?: number;
  /** The greatest norm of all gradients together; longer, all are shortened alike. 0 for none. @default 0 */
  readonly clipGlobalNorm?: number;
}

/** Changes gradients; inside tidy() or a traced function, which owns all its tensors. */
export type GradientTransform = (gradients: readonly VariableGradient[]) => readonly VariableGradient[];

/**
 * What the options do with gradients; nothing, if none is set.
 * @param names  of the variables trained
 * @throws {RangeError} if a norm is negative, or a multiplier is no number or belongs to no variable
 * @see tf_slim.learning.create_train_op, whose gradient_multipliers come before its clip_gradient_norm too
 */
export function gradientTransform(names: readonly string[], options: GradientOptions): GradientTransform {
  const { gradientMultipliers = {}, clipGradientNorm = 0, clipGlobalNorm = 0 } = options;
  for (const [name, norm] of Object.entries({ clipGradientNorm, clipGlobalNorm }))
    if (!(norm >= 0)) throw new RangeError(`Cannot clip gradients: expected ${name} 0 or more, got ${norm}`);
  const factorOf = multiplierOf(names, gradientMultipliers);
  const clips = clipGradientNorm > 0 && clipGradientNorm < Infinity;
  return (gradients) => {
    const each = gradients.map(({ variable, gradient }) => {
      const factor = factorOf(variable.name);
      const multiplied = factor === 1 ? gradient : gradient.mul(factor);
      return {
        variable,
        gradient: clips ? shorten(multiplied, normOf(multiplied), clipGradientNorm) : multiplied,
      };
    });
    if (!(clipGlobalNorm > 0 && clipGlobalNorm < Infinity) || each.length === 0) return each;
    const norm = tf
      .addN(each.map(({ gradient }) => l2Loss(gradient)))
      .mul(2)
      .sqrt();
    return each.map(({ variable, gradient }) => ({
      variable,
      gradient: shorten(gradient, norm, clipGlobalNorm),
    }));
  };
}

/** The L2 norm of a tensor: a float32 scalar. */
export function normOf(x: tf.Tensor): tf.Tensor {
  return l2Loss(x).mul(2).sqrt();
}

/** A part of something whose norm is given, shortened so that the whole is at most `limit` long. */
function shorten(x: tf.Tensor, norm: tf.Tensor, limit: number): tf.Tensor {
  return x.mul(tf.div(limit, norm.maximum(limit)));
}

function multiplierOf(
  names: readonly string[],
  multipliers: Readonly<Record<string, number>>,
): (name: string) => number {
  const scopes = Object.keys(multipliers);
  expectScopes(scopes, names, "multiply gradients");
  for (const [scope, factor] of Object.entries(multipliers)) {
    if (Number.isFinite(factor)) continue;
    throw new RangeError(`Cannot multiply gradients of "${scope}": expected a finite number, got ${factor}`);
  }
  scopes.sort((a, b) => b.length - a.length);
  return (name) => {
    const scope = scopes.find((one) => isInScopes(name, [one]));
    return scope === undefined ? 1 : (multipliers[scope] ?? 1);
  };
}

import { tf } from "../runtime/runtime";

/** How a differentiable operation is computed, and how each of its inputs gets its gradient when one is asked for. */
export interface Differentiable {
  /** Its own name; tfjs keeps the operations it differentiates by name. */
  readonly name: string;
  /** Inputs whose values the gradient needs, by position. */
  readonly saves: readonly number[];
  /** Whether the gradient needs the output too; it is saved behind the inputs. */
  readonly savesOutput?: boolean;
  compute(inputs: readonly tf.Tensor[], attrs: object): tf.Tensor;
  /**
   * One thunk an input: only those of inputs that matter are called.
   * @param dy     the gradient of the output
   * @param saved  what was saved, in order
   */
  differentiate(dy: tf.Tensor, saved: readonly tf.Tensor[], attrs: object): readonly (() => tf.Tensor)[];
}

/**
 * A function of tensors that tfjs can differentiate.
 *
 * Unlike tf.customGrad it computes no gradient that nothing asks for: that of a frozen layer's weights, or of the images.
 */
export function differentiable<A extends object = object>(
  definition: Differentiable,
): (inputs: readonly tf.Tensor[], attrs: A) => tf.Tensor {
  const { name, saves, savesOutput = false, compute, differentiate } = definition;
  const kernelName = `Slimlab${name}`;
  tf.registerKernel({
    kernelName,
    backendName: "tensorflow",
    kernelFunc: ({ inputs, attrs }) => compute(Object.values(inputs) as tf.Tensor[], attrs ?? {}),
  });
  tf.registerGradient({
    kernelName,
    inputsToSave: saves.map(inputName),
    outputsToSave: [savesOutput],
    gradFunc: (dy, saved, attrs) =>
      Object.fromEntries(
        differentiate(dy as tf.Tensor, saved, attrs).map((gradient, i) => [inputName(i), gradient]),
      ),
  });
  return (inputs, attrs) =>
    tf.tidy(() => {
      const named = Object.fromEntries(inputs.map((input, i) => [inputName(i), input]));
      const [output] = [tf.engine().runKernel(kernelName, named, attrs as tf.NamedAttrMap)].flat();
      return output as tf.Tensor;
    });
}

function inputName(position: number): string {
  return `x${position}`;
}

import { attr } from "../runtime/attributes";
import { executeOne, unrecorded } from "../trace/execute";
import { recordFunction } from "../trace/function";
import { currentRecording, type CalledFunction } from "../trace/recording";
import { dataType, tf } from "../runtime/runtime";

/** As many tensors as these are. */
type Each<I> = { readonly [K in keyof I]: tf.Tensor };

/** What branch() chooses between: functions that close over nothing. */
export interface Branches<I extends readonly tf.Tensor[]> {
  /** What they do: functions of one name are the same. */
  readonly name: string;
  readonly yes: (...inputs: Each<I>) => tf.Tensor;
  readonly no: (...inputs: Each<I>) => tf.Tensor;
  /** Inputs of the same types that either can be recorded with, so small ones. */
  readonly examples: () => Each<I>;
}

/**
 * The output of one of two functions, by a condition computed in the graph; the other is not computed.
 * @param condition  bool scalar
 * @see tf.cond
 */
export function branch<I extends readonly [tf.Tensor, ...tf.Tensor[]]>(
  condition: tf.Tensor,
  inputs: I,
  { name, yes, no, examples }: Branches<I>,
): tf.Tensor {
  const recording = currentRecording();
  const on = (fn: Branches<I>["yes"], given: readonly tf.Tensor[]): tf.Tensor => fn(...(given as Each<I>));
  if (recording === undefined) return on(condition.dataSync()[0] === 1 ? yes : no, inputs);
  const recorded = (key: string, fn: Branches<I>["yes"]): CalledFunction => {
    const known = recording.called.get(key);
    if (known !== undefined) return known;
    const example = unrecorded(examples);
    try {
      const one = recordFunction((...args) => [on(fn, args)], example, key);
      recording.called.set(key, one);
      return one;
    } finally {
      tf.dispose([...example]);
    }
  };
  const [thenBranch, elseBranch] = [recorded(`${name}_yes`, yes), recorded(`${name}_no`, no)];
  return executeOne("StatelessIf", [condition, ...inputs], {
    Tcond: attr.type("bool"),
    Tin: attr.types(inputs.map(dataType)),
    Tout: attr.types(thenBranch.outputTypes),
    output_shapes: attr.shapes([]),
    then_branch: attr.func(thenBranch.name),
    else_branch: attr.func(elseBranch.name),
  });
}

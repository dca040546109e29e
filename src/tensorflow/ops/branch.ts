import { attr } from "../runtime/attributes";
import { executeOne, unrecorded } from "../trace/execute";
import { recordFunction } from "../trace/function";
import { currentRecording, type CalledFunction } from "../trace/recording";
import { dataType, tf } from "../runtime/runtime";

/** What branch() chooses between: functions that close over nothing. */
export interface Branches {
  /** What they do: functions of one name are the same. */
  readonly name: string;
  readonly yes: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly no: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Inputs of the same types that either can be recorded with, so small ones. */
  readonly examples: () => tf.Tensor[];
}

/**
 * The output of one of two functions, by a condition computed in the graph; the other is not computed.
 * @param condition  bool scalar
 * @see tf.cond
 */
export function branch(
  condition: tf.Tensor,
  inputs: readonly tf.Tensor[],
  { name, yes, no, examples }: Branches,
): tf.Tensor {
  const recording = currentRecording();
  if (recording === undefined) return (condition.dataSync()[0] === 1 ? yes : no)(...inputs);
  const recorded = (key: string, fn: Branches["yes"]): CalledFunction => {
    const known = recording.called.get(key);
    if (known !== undefined) return known;
    const example = unrecorded(examples);
    try {
      const one = recordFunction((...args) => [fn(...args)], example, key);
      recording.called.set(key, one);
      return one;
    } finally {
      tf.dispose(example);
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

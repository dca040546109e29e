/** Elements that come as often as a weight says. */
import { castTo, dataType, repeatDataset, tensorDataset, TreeForm, type tf } from "../tensorflow";
import { interleavePlan } from "./functions";
import { firstElement, type Plan } from "./plan";
import { randomPlan } from "./sources";
import { zipPlan } from "./steps";

/** Copies of each element, as many as its weight says on average. See Dataset.resample(). */
export function resamplePlan<T>(
  parent: Plan<T>,
  weightOf: (element: T) => tf.Tensor,
  seed: number | undefined,
): Plan<T> {
  const random = randomPlan(seed);
  const drawn: typeof random = {
    ...random, // for an example, whose elements may all weigh nothing at first, without end
    build: (start) =>
      start === undefined ? repeatDataset(random.build(), ["int64"], -1) : random.build(start),
  };
  const plan = interleavePlan(
    zipPlan<readonly [T, tf.Scalar]>([parent, drawn]),
    ([element, draw]) => copiesPlan(element, copiesOf(weightOf(element), draw)),
    { cycleLength: 1, blockLength: 1, numParallelCalls: 1, deterministic: true },
  );
  const build: typeof plan.build = (start) => plan.build(start);
  return { ...plan, name: "resample", build, recordFiles: () => parent.recordFiles(), detail: () => "" };
}

/** Whole copies, and one more with the probability of the rest. @param draw  int64, of 32 random bits */
function copiesOf(weight: tf.Tensor, draw: tf.Scalar): tf.Tensor {
  if (weight.dtype !== "float32" || weight.rank !== 0)
    throw new TypeError(
      `Cannot resample: expected the function to give a float32 scalar, got ${weight.dtype} [${weight.shape.join(", ")}]`,
    );
  const whole = weight.floor();
  const isOneMore = castTo(draw, "float32")
    .div(2 ** 32)
    .less(weight.sub(whole));
  return castTo(whole.add(isOneMore.toFloat()), "int64");
}

function copiesPlan<T>(element: T, copies: tf.Tensor): Plan<T> {
  const { form, leaves } = TreeForm.of(element, "the elements of resample()");
  const types = leaves.map(dataType);
  const core = {
    name: "copies",
    spec: () => ({ form, types }),
    build: () => repeatDataset(tensorDataset(leaves), types, copies),
  };
  const nothing = { parents: [], strings: [], recordFiles: () => [], release: () => undefined };
  return { ...core, ...nothing, example: () => firstElement(core) };
}

/** Functions registered in two parts: what makes weights of variables, and what is left to each call. */
import { typeNumber, type tf } from "../runtime/runtime";
import { divide, type Divided } from "./fixed";
import { buildFunction, type FunctionParts } from "./functiondef";
import { packed } from "./packed";
import { Prepared } from "./prepared";
import { registerFunction } from "./registered";

/** What a recording has become in TensorFlow. */
export interface RegisteredParts {
  readonly nodeCount: number;
  /** What the function takes after what it closes over. */
  readonly prepared: Prepared | undefined;
  /** Takes it out of TensorFlow. It holds nothing else of it. */
  readonly release: () => void;
}

/** Registers a recording as it is. */
export function registerWhole(parts: FunctionParts): RegisteredParts {
  const built = buildFunction(parts);
  return { nodeCount: built.nodeCount, prepared: undefined, release: registerFunction(built, parts.nodes) };
}

/**
 * Divides a recording for calls that give it what it prepares of its captures: layers' weights with batch normalization folded in,
 * packed as the addon's convolutions take them, and what weights that stay add to the loss. That is computed anew only when one of
 * the variables has been assigned.
 * @returns  undefined if there is nothing to prepare
 */
export function dividedRun<R extends Pick<FunctionParts, "nodes" | "outputs"> & Assigning>(
  run: R,
  captures: readonly tf.Tensor[],
): Divided<R> | undefined {
  const changing = new Set(captures.flatMap((capture, i) => (isOneOf(capture, run.assigned) ? [i] : [])));
  return divide(packed(run, changing), captures.length, changing);
}

interface Assigning {
  readonly assigned: readonly tf.Variable[];
}

const isOneOf = (tensor: tf.Tensor, variables: readonly tf.Tensor[]): boolean => variables.includes(tensor);

/** Registers both parts of a recording. @param parts  of the rest */
export function registerDivided(
  parts: FunctionParts,
  { first, uses, shapes }: Omit<Divided<unknown>, "rest">,
  captures: readonly tf.Tensor[],
): RegisteredParts {
  const name = `${parts.name}_weights`;
  const used = captures.filter((_, i) => uses.includes(i));
  const before = registerWhole({ ...first, name, argumentTypes: [], captureTypes: used.map(typeNumber) });
  const after = registerWhole({
    ...parts,
    captureTypes: [...parts.captureTypes, ...first.outputs.map(({ dtype }) => dtype)],
    ...(parts.shapes && { shapes: [...parts.shapes, ...shapes] }),
  });
  return {
    nodeCount: before.nodeCount + after.nodeCount,
    prepared: new Prepared({ name, captures: used, gives: first.outputs.length }),
    release: () => [before, after].forEach(({ release }) => release()),
  };
}

/** Functions registered in two parts: what makes weights of variables, and what is left to each call. */
import { typeNumber, type tf } from "../runtime/runtime";
import { divide } from "./fixed";
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
 * Registers a recording for calls that give it what it prepares of its captures: layers' weights with batch normalization folded in,
 * packed as the addon's convolutions take them. That is computed anew only when a variable has been assigned.
 */
export function registerPrepared(parts: FunctionParts, captures: readonly tf.Tensor[]): RegisteredParts {
  const divided = divide(packed(parts), captures.length);
  if (divided === undefined) return registerWhole(parts);
  const { first, rest, shapes } = divided;
  const name = `${parts.name}_weights`;
  const captureTypes = captures.map(typeNumber);
  const before = registerWhole({ ...first, name, argumentTypes: [], captureTypes });
  const after = registerWhole({
    ...rest,
    captureTypes: [...captureTypes, ...first.outputs.map(({ dtype }) => dtype)],
    ...(parts.shapes && { shapes: [...parts.shapes, ...shapes] }),
  });
  return {
    nodeCount: before.nodeCount + after.nodeCount,
    prepared: new Prepared({ name, captures, gives: first.outputs.length }),
    release: () => [before, after].forEach(({ release }) => release()),
  };
}

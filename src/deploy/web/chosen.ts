/** An input that need not be given: in its place is the number of the greatest in each row of an output. */
import { shapeJson, typeJson, type AttrJson } from "./attributes";
import type { NodeJson } from "./json";
import { wholeWeight, type Weight } from "./weights";

const INT: AttrJson = { type: typeJson("int32") };
const FLOAT: AttrJson = { type: typeJson("float32") };

/** What takes an input's place in a graph model. */
export interface Chosen {
  readonly nodes: readonly NodeJson[];
  readonly weights: readonly Weight[];
}

/** The name of what operations take in an input's place. */
export const chosenName = (input: string): string => `${input}/chosen`;

/**
 * The operations that choose what was given, or the greatest. The default is the constant [-1] and no operation that finds the greatest:
 * TensorFlow.js 4.22 gives a computed default's own tensor as the placeholder's, and frees it before the placeholder's takers run.
 */
export function chosenRows(input: string, output: string): Chosen {
  const name = (last: string): string => `${input}/${last}`;
  const [zero, axis, none] = [
    wholeWeight(name("zero"), [], 0),
    wholeWeight(name("axis"), [], 1),
    wholeWeight(name("default"), [1], -1),
  ];
  const nodes: readonly NodeJson[] = [
    {
      name: input,
      op: "PlaceholderWithDefault",
      input: [none.json.name],
      attr: { dtype: INT, shape: { shape: shapeJson([null]) } },
    },
    { name: name("isGiven"), op: "GreaterEqual", input: [input, zero.json.name], attr: { T: INT } },
    {
      name: name("greatest"),
      op: "ArgMax",
      input: [output, axis.json.name],
      attr: { T: FLOAT, Tidx: INT, output_type: INT },
    },
    {
      name: chosenName(input),
      op: "SelectV2",
      input: [name("isGiven"), input, name("greatest")],
      attr: { T: INT },
    },
  ];
  return { nodes, weights: [zero, axis, none] };
}

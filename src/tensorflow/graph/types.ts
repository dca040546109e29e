/** Types and shapes of all values of a graph, by TensorFlow's own shape functions. */
import { dataType, typeNumber } from "../runtime";
import { dataTypeName, dataTypeNumber } from "../runtime/datatype";
import { contentsOf } from "../runtime/runtime";
import { wholeAttributes } from "../trace/recorded";
import { ShapeGraph } from "../trace/shapegraph";
import type { Graph, GraphValue, TypedGraph } from "./graph";

/** The sizes of batches at which shapes are asked for: what differs is the batch's. */
const SIZES = [2, 3] as const;

/**
 * The graph with what is known of its values.
 * @throws {TypeError} if a shape follows from data, naming the operation
 */
export function withTypes(graph: Graph): TypedGraph {
  const [some, more] = SIZES.map((batch) => shapesAt(graph, batch));
  const values = new Map<string, GraphValue>();
  for (const [value, { dtype, shape }] of some ?? []) {
    const other = more?.get(value)?.shape ?? shape;
    values.set(value, { dtype, shape: shape.map((size, i) => (size === other[i] ? size : null)) });
  }
  const dispose = (): void => {
    for (const tensor of graph.constants.values()) tensor.dispose();
  };
  return { ...graph, values, dispose };
}

function missing(name: string, input: string): never {
  throw new TypeError(
    `Cannot export graph: expected a value "${input}", which "${name}" takes, got none before it`,
  );
}

function shapesAt(
  graph: Graph,
  batch: number,
): ReadonlyMap<string, GraphValue & { readonly shape: readonly number[] }> {
  const shapes = new ShapeGraph();
  const values = new Map<string, GraphValue & { readonly shape: readonly number[] }>();
  const places = new Map<string, number>();
  try {
    for (const { name, dtype, shape } of graph.inputs) {
      const whole = shape.map((size) => size ?? batch);
      places.set(name, shapes.input(dataTypeNumber(dtype), whole));
      values.set(name, { dtype, shape: whole });
    }
    for (const [name, tensor] of graph.constants) {
      const { shape } = tensor;
      places.set(name, shapes.constant({ dtype: typeNumber(tensor), shape, values: contentsOf(tensor) }));
      values.set(name, { dtype: dataType(tensor), shape });
    }
    for (const { name, op, inputs, attrs } of graph.nodes) {
      const inputTypes = inputs.map((input) => dataTypeNumber(values.get(input)?.dtype ?? "float32"));
      const taken = inputs.map((input) => places.get(input) ?? missing(name, input));
      shapes.operation(op, taken, wholeAttributes({ op, attrs, inputTypes })).forEach((known, i) => {
        const value = i === 0 ? name : `${name}:${i}`;
        const { shape } = known;
        if (shape?.every((size) => size >= 0) !== true)
          throw new TypeError(
            `Cannot export graph: expected shapes that follow from the input's, got [${(shape ?? []).join(", ")}] of "${name}" (${op})`,
          );
        places.set(value, known.id);
        values.set(value, { dtype: dataTypeName(known.dtype), shape });
      });
    }
    return values;
  } finally {
    shapes.close();
  }
}

/** A function of tensors by name as a graph. */
import { tf } from "../runtime";
import { recordFunction } from "../trace";
import { inlineFunction } from "../trace/inline";
import { foldConstants } from "./fold";
import type { Graph, TypedGraph } from "./graph";
import { runGraph } from "./run";
import { namedByLayers } from "./names";
import { simplifyShapes } from "./shaped";
import { simplify } from "./simplify";
import { withTypes } from "./types";

/** A function of tensors by name: see ExportSignature. */
export interface GraphFunction {
  /** Takes and gives tensors by name; graph operations only, see trace(). */
  readonly fn: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
  /** Tensors of the inputs' types and shapes; the first dimension is the batch, of one size, and stays open. */
  readonly example: Readonly<Record<string, tf.Tensor>>;
}

/** How far what a graph gives may be from what the function gives, relative to the greatest number of an output. */
const TOLERANCE = 1e-3;

/**
 * Records a function as a graph, simplifies it, and compares what both make of the example.
 * @returns the caller disposes
 * @throws {TypeError} if the function does what a graph can't, or what only TensorFlow with slimlab has
 * @throws {RangeError} if what the function gives of the example is not finite
 * @throws {Error} if the graph gives something else, which is a fault of ours
 */
export function recordGraph(name: string, { fn, example }: GraphFunction): TypedGraph {
  const keys = Object.keys(example);
  let outputs: string[] = [];
  const run = (...tensors: tf.Tensor[]): tf.Tensor[] => {
    const results = fn(Object.fromEntries(tensors.map((tensor, i) => [keys[i] ?? "", tensor])));
    outputs = Object.keys(results);
    return Object.values(results);
  };
  const recorded = recordFunction(run, Object.values(example), name, { batch: "any" });
  try {
    const inputs = Object.entries(example).map(
      ([
        key,
        {
          dtype,
          shape: [, ...rest],
        },
      ]) => {
        if (dtype === "float32" || dtype === "int32") return { name: key, dtype, shape: [null, ...rest] };
        throw new TypeError(
          `Cannot export "${name}": expected "${key}" to be float32 or int32, got ${dtype}`,
        );
      },
    );
    const { captures } = recorded;
    const inlined = namedByLayers(inlineFunction(recorded), keys, captures);
    const simple = withTypes(
      keptOf(() => simplify(foldConstants({ fn: inlined, inputs, captures, outputs }))),
    );
    const graph = withTypes(keptOf(() => simplify(simplifyShapes(simple))));
    simple.dispose();
    try {
      expectSame(name, graph, { fn, example });
    } catch (error) {
      graph.dispose();
      throw error;
    }
    return graph;
  } finally {
    recorded.dispose();
  }
}

/** A graph whose constants stay when all else that was made for it is freed. */
function keptOf(make: () => Graph): Graph {
  const made: Graph[] = [];
  tf.tidy(() => {
    const graph = make();
    for (const tensor of graph.constants.values()) tf.keep(tensor);
    made.push(graph);
  });
  return made[0] ?? { inputs: [], outputs: [], nodes: [], constants: new Map() };
}

function expectSame(name: string, graph: TypedGraph, { fn, example }: GraphFunction): void {
  tf.tidy(() => {
    const [expected, got] = [fn(example), runGraph(graph, example)];
    for (const [key, tensor] of Object.entries(expected)) {
      const other = got[key];
      if (other === undefined || String(other.shape) !== String(tensor.shape))
        throw new Error(
          `Cannot export "${name}": expected "${key}" of [${tensor.shape.join(", ")}], got [${other?.shape.join(", ") ?? ""}]`,
        );
      if (tensor.toFloat().mul(0).sum().dataSync()[0] !== 0)
        // of NaN and infinite ones it is NaN
        throw new RangeError(`Cannot export "${name}": expected finite numbers, got others in "${key}"`);
      const most = Math.max(1e-6, tensor.abs().max().dataSync()[0] ?? 0);
      const far = tensor.sub(other).abs().max().dataSync()[0] ?? NaN;
      if (!(far <= TOLERANCE * most))
        throw new Error(
          `Cannot export "${name}": expected "${key}" as the model gives it, got a difference of ${far}, where the greatest is ${most}`,
        );
    }
  });
}

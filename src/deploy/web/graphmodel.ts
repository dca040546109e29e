/** A graph as TensorFlow.js's graph model: what model.json says, and the weights beside it. */
import { attr, nodeOf, type GraphNode, type TypedGraph } from "../../tensorflow";
import { adapted } from "./adapt";
import { attrJson, shapeJson, typeJson } from "./attributes";
import { chosenName, chosenRows } from "./chosen";
import type { GraphModelJson, NodeJson, TensorInfoJson } from "./json";
import { shardNames, weightOf, type Weight, type WebWeights, type WeightJson } from "./weights";

/** Options of graphModel(). */
export interface GraphModelOptions {
  /** How weights are stored. @default "float32" */
  readonly weights?: WebWeights;
  /** What predict() gives, of the graph's outputs; execute() gives the others by their names. @default all */
  readonly predicted?: readonly string[];
  /**
   * Inputs, int32 [batch], that need not be given or may be -1, by their names: in their place is then the number of the greatest in
   * each row of the output of that name.
   * @default none
   */
  readonly greatestOf?: Readonly<Record<string, string>>;
  /** What else is to be found in model.json, under `userDefinedMetadata.slimlab`. @default nothing */
  readonly metadata?: object;
}

/** A graph model. */
export interface GraphModel {
  readonly json: GraphModelJson;
  /** In the order of the manifest; those of the graph's constants, as long as it is not disposed. */
  readonly weights: readonly Weight[];
}

/** TensorFlow's version of graphs that tensorflowjs_converter writes; a must for tfjs's loader, which does not look at it further. */
const VERSIONS = { producer: 1482, minConsumer: 12 } as const;

/**
 * A graph as a graph model: outputs are operations of their names, so that `execute(images, "heat")` gives one.
 * @throws {TypeError} if an attribute or a constant is none that TensorFlow.js has
 */
export function graphModel(graph: TypedGraph, options: GraphModelOptions = {}): GraphModel {
  const { greatestOf = {}, predicted = graph.outputs.map(({ name }) => name) } = options;
  const precisionOf = precisionsOf(graph, options.weights ?? "float32");
  const constants = [...graph.constants].map(([name, tensor]) => weightOf(name, tensor, precisionOf(name))); // prettier-ignore
  const chosen = Object.entries(greatestOf).map(([input, output]) => chosenRows(input, output));
  const { nodes, weights: added } = adapted(graph);
  const weights = [...constants, ...added, ...chosen.flatMap((one) => one.weights)];
  const infoOf = (name: string, value: string): TensorInfoJson => {
    const { dtype, shape } = valueOf(graph, value);
    return { name: `${name}:0`, dtype: typeJson(dtype), tensorShape: shapeJson(shape) };
  };
  const wanted = graph.inputs.filter(({ name }) => !(name in greatestOf));
  const outputs = graph.outputs.filter(({ name }) => predicted.includes(name));
  const paths = shardNames(weights.reduce((sum, { size }) => sum + size, 0));
  const json: GraphModelJson = {
    format: "graph-model",
    generatedBy: "slimlab",
    convertedBy: "slimlab",
    signature: {
      inputs: Object.fromEntries(wanted.map(({ name }) => [name, infoOf(name, name)])),
      outputs: Object.fromEntries(outputs.map(({ name, value }) => [name, infoOf(name, value)])),
    },
    userDefinedMetadata: {
      ...(outputs.length > 1 && { structuredOutputKeys: outputs.map(({ name }) => name) }),
      ...(options.metadata && { slimlab: options.metadata }),
    },
    modelTopology: {
      node: [
        ...wanted.map((input) => placeholder(graph, input.name)),
        ...weights.map(({ json: weight }) => constant(weight)),
        ...renamedNodes({ ...graph, nodes }, Object.keys(greatestOf)).map((node) => nodeJson(node)),
        ...chosen.flatMap(({ nodes }) => nodes),
      ],
      versions: VERSIONS,
    },
    weightsManifest: [{ paths, weights: weights.map((weight) => weight.json) }],
  };
  return { json, weights };
}

/**
 * How each constant is stored: filters of depthwise convolutions, a hundredth of a network, in 16 bits in place of 8, since channels
 * that batch normalizations have scaled each otherwise have no range in common; products of many matrices, too, by which photos are resized
 * antialiased: in 8 bits each pixel would be too bright or too dark.
 */
function precisionsOf({ nodes }: TypedGraph, weights: WebWeights): (name: string) => WebWeights {
  const fine = nodes.filter(({ op }) => FINE.includes(op)).flatMap(({ inputs }) => inputs);
  return (name) => (weights === "uint8" && fine.includes(name) ? "float16" : weights);
}

const FINE: readonly string[] = ["DepthwiseConv2dNative", "BatchMatMulV2"];

function valueOf({ values }: TypedGraph, name: string): NonNullable<ReturnType<TypedGraph["values"]["get"]>> {
  const value = values.get(name);
  if (value === undefined)
    throw new TypeError(`Cannot export graph for the web: expected a value "${name}", got none`);
  return value;
}

/**
 * The nodes, with those that give outputs named as these; where one gives several, or one that is no node's, with copies.
 * @param chosen  inputs in whose place nodes take what is chosen
 */
function renamedNodes(graph: TypedGraph, chosen: readonly string[]): readonly GraphNode[] {
  const taken = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  const nodes = new Set(graph.nodes.map(({ name }) => name));
  const moved = new Map(chosen.map((input) => [input, chosenName(input)]));
  const copies: GraphNode[] = [];
  for (const { name, value } of graph.outputs) {
    if (nodes.has(value) && !moved.has(value) && !taken.has(name) && (value === name || !nodes.has(name)))
      moved.set(value, name);
    else if (value !== name) {
      if (taken.has(name) || nodes.has(name))
        throw new TypeError(
          `Cannot export graph for the web: expected a name of its own for the output "${name}", got that of another value`,
        );
      copies.push({ name, op: "Identity", inputs: [value], attrs: { T: attr.type(valueOf(graph, value).dtype) } }); // prettier-ignore
    }
  }
  const renamed = (value: string): string => {
    const node = nodeOf(value);
    return `${moved.get(node) ?? node}${value.slice(node.length)}`;
  };
  return [...graph.nodes, ...copies].map((node) => {
    return { ...node, name: moved.get(node.name) ?? node.name, inputs: node.inputs.map(renamed) };
  });
}

function nodeJson({ name, op, inputs, attrs }: GraphNode): NodeJson {
  const written = Object.entries(attrs).map(([key, value]) => [key, attrJson(name, value)] as const);
  return { name, op, input: inputs, attr: Object.fromEntries(written) };
}

function placeholder(graph: TypedGraph, name: string): NodeJson {
  const { dtype, shape } = valueOf(graph, name);
  return { name, op: "Placeholder", attr: { dtype: { type: typeJson(dtype) }, shape: { shape: shapeJson(shape) } } }; // prettier-ignore
}

function constant({ name, shape, dtype }: WeightJson): NodeJson {
  const type = typeJson(dtype);
  return {
    name,
    op: "Const",
    attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape: shapeJson(shape) } } },
  };
}

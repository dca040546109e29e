/** Simplifications for which shapes must be known. */
import { attr, tf } from "../runtime";
import { foldShapes } from "./fold";
import { withoutUnused, type Graph, type GraphNode, type GraphValue, type TypedGraph } from "./graph";

/** What stands in a node's place: other nodes, of which the last has its name, or the name of a value that is the same. */
type Instead = readonly GraphNode[] | string | undefined;

/** What a rule sees of the graph. */
interface Seen {
  value(name: string | undefined): GraphValue | undefined;
  constant(name: string | undefined): tf.Tensor | undefined;
  /** Adds a constant. */
  add(name: string, values: number | readonly number[], dtype: "float32" | "int32"): string;
}

type Rule = (node: GraphNode, seen: Seen) => Instead;

/** The same graph, simplified by what is known of shapes; a graph of its own, with constants of its own. */
export function simplifyShapes(graph: TypedGraph): Graph {
  const folded = foldShapes(graph);
  const constants = new Map(folded.constants);
  const instead = new Map<string, string>();
  const moved = (value: string): string => instead.get(value) ?? value;
  const seen: Seen = {
    value: (name) => graph.values.get(name ?? ""),
    constant: (name) => constants.get(name ?? ""),
    add(name, values, dtype) {
      constants.set(
        name,
        typeof values === "number" ? tf.scalar(values, dtype) : tf.tensor1d([...values], dtype),
      );
      return name;
    },
  };
  const nodes: GraphNode[] = [];
  for (const one of folded.nodes) {
    const node = { ...one, inputs: one.inputs.map(moved) };
    const found = RULES[node.op]?.(node, seen) ?? [node];
    if (typeof found === "string") instead.set(node.name, found);
    else nodes.push(...found);
  }
  const outputs = folded.outputs.map(({ name, value }) => ({ name, value: moved(value) }));
  return withoutUnused({ ...folded, nodes, constants, outputs });
}

const isSame = (one: GraphValue | undefined, other: GraphValue | undefined): boolean =>
  one !== undefined && other !== undefined && String(one.shape) === String(other.shape);

/** Any change of shape alone, as Reshape; none where the shape is the same. */
const reshape: Rule = (node, seen) => {
  const [from = ""] = node.inputs;
  const to = seen.value(node.name);
  if (to === undefined) return undefined;
  if (isSame(seen.value(from), to)) return from;
  if (to.shape.filter((size) => size === null).length > 1) return undefined;
  const sizes = seen.add(`${node.name}/shape`, to.shape.map((size) => size ?? -1), "int32"); // prettier-ignore
  const attrs = { T: node.attrs["T"] ?? attr.type(to.dtype), Tshape: attr.type("int32") };
  return [{ name: node.name, op: "Reshape", inputs: [from, sizes], attrs }];
};

/** A part that is the whole. */
const slice: Rule = ({ name, inputs: [from = ""] }, seen) =>
  isSame(seen.value(from), seen.value(name)) ? from : undefined;

/** A product of matrices, where there is no batch of them. */
const matMul: Rule = (node, seen) => {
  if (seen.value(node.inputs[0])?.shape.length !== 2 || seen.value(node.inputs[1])?.shape.length !== 2)
    return undefined;
  const { adj_x, adj_y } = node.attrs;
  const attrs = {
    T: node.attrs["T"] ?? attr.type("float32"),
    transpose_a: attr.bool(adj_x?.b === true),
    transpose_b: attr.bool(adj_y?.b === true),
  };
  return [{ ...node, op: "MatMul", attrs }];
};

/** Copies along axes, as Tile. */
const broadcast: Rule = (node, seen) => {
  const [from = ""] = node.inputs;
  const [given, to] = [seen.value(from), seen.value(node.name)];
  if (given === undefined || to === undefined || given.shape.length !== to.shape.length) return undefined;
  if (isSame(given, to)) return from;
  const times = to.shape.map((size, i) => (size === given.shape[i] ? 1 : size));
  const known = times.filter((size) => size !== null);
  if (known.length < times.length) return undefined;
  const multiples = seen.add(`${node.name}/multiples`, known, "int32");
  const attrs = { T: node.attrs["T"] ?? attr.type(to.dtype), Tmultiples: attr.type("int32") };
  return [{ name: node.name, op: "Tile", inputs: [from, multiples], attrs }];
};

/** Zeros, as the number that operations of two operands take for each. */
const zeros: Rule = (node, seen) => {
  const { dtype } = seen.value(node.name) ?? {};
  return dtype === "float32" || dtype === "int32" ? seen.add(`${node.name}/zero`, 0, dtype) : undefined;
};

/** A sum with zeros. */
const sum: Rule = (node, seen) => {
  const [one = "", other = ""] = node.inputs;
  const to = seen.value(node.name);
  const isZero = (name: string): boolean => {
    const constant = seen.constant(name);
    return constant?.rank === 0 && constant.dataSync()[0] === 0;
  };
  if (isZero(other) && isSame(seen.value(one), to)) return one;
  return isZero(one) && isSame(seen.value(other), to) ? other : undefined;
};

/** Select takes three of one shape; SelectV2 any that fit. */
const select: Rule = (node) => [{ ...node, op: "SelectV2" }];

const FLOAT = attr.type("float32");

/** The gradient of an activation that is cut off at 0, and at `most`: it passes where the activation was between. */
const cutOffGradient =
  (most: number): Rule =>
  ({ name, inputs: [gradient = "", x = ""] }, seen) => {
    const compare = (op: string, to: number): string[] => {
      const at = `${name}/${op}`;
      nodes.push({ name: at, op, inputs: [x, seen.add(`${at}/limit`, to, "float32")], attrs: { T: FLOAT } });
      const attrs = { SrcT: attr.type("bool"), DstT: FLOAT, Truncate: attr.bool(false) };
      nodes.push({ name: `${at}/passes`, op: "Cast", inputs: [at], attrs });
      return [`${at}/passes`];
    };
    const nodes: GraphNode[] = [];
    const passes = [...compare("Greater", 0), ...(most < Infinity ? compare("Less", most) : [])];
    const product = (at: string, i: number): GraphNode => ({
      name: i === passes.length - 1 ? name : `${name}/product`,
      op: "Mul",
      inputs: [i === 0 ? gradient : `${name}/product`, at],
      attrs: { T: FLOAT },
    });
    return [...nodes, ...passes.map(product)];
  };

/** The gradient of a fully connected layer that is written as a convolution, by what it takes: a product of matrices. */
const convolutionGradient: Rule = ({ name, inputs: [, filter = "", gradient = ""], attrs }, seen) => {
  const { shape: [height = 0, width = 0, from = 0, to = 0] = [] } = seen.value(filter) ?? {};
  const [given, result] = [seen.value(gradient), seen.value(name)];
  if (given === undefined || result === undefined) return undefined;
  const isOne = (sides: readonly (number | null)[]): boolean => sides.every((side) => side === 1);
  const isPlain = isOne(attrs["strides"]?.list?.i ?? []) && isOne(attrs["dilations"]?.list?.i ?? [1]);
  const isWhole =
    isOne(given.shape.slice(1, 3)) && String(result.shape.slice(1, 3)) === String([height, width]);
  if (!isPlain || !(isOne([height, width]) || isWhole)) return undefined;
  const reshaped = (part: string, value: string, sizes: readonly number[]): GraphNode => ({
    name: part,
    op: "Reshape",
    inputs: [value, seen.add(`${part}/shape`, sizes, "int32")],
    attrs: { T: FLOAT, Tshape: attr.type("int32") },
  });
  const [rows, matrix, product] = [`${name}/rows`, `${name}/matrix`, `${name}/product`];
  const multiplied = { T: FLOAT, transpose_a: attr.bool(false), transpose_b: attr.bool(true) };
  return [
    reshaped(rows, gradient, [-1, to ?? 0]),
    reshaped(matrix, filter, [(height ?? 0) * (width ?? 0) * (from ?? 0), to ?? 0]),
    { name: product, op: "MatMul", inputs: [rows, matrix], attrs: multiplied },
    reshaped(name, product, result.shape.map((size) => size ?? -1)), // prettier-ignore
  ];
};

const RULES: Readonly<Record<string, Rule>> = {
  Slice: slice,
  ...{ Reshape: reshape, ExpandDims: reshape, Squeeze: reshape },
  ...{ BatchMatMulV2: matMul, BroadcastTo: broadcast, ZerosLike: zeros, AddV2: sum, Select: select },
  ...{
    ReluGrad: cutOffGradient(Infinity),
    Relu6Grad: cutOffGradient(6),
    Conv2DBackpropInput: convolutionGradient,
  },
};

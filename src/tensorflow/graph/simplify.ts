/** A graph with fewer operations that computes the same. */
import { createHash } from "node:crypto";
import { attr, dataType, tf } from "../runtime";
import { wordOf } from "./attributes";
import { contentBytes } from "./constant";
import { nodeOf, usesOf, withoutUnused, type Graph, type GraphNode } from "./graph";

/** Operations that give what they take. */
const SAME = new Set(["Identity", "CheckNumerics", "StopGradient", "PreventGradient", "Snapshot"]);

/** Names of one and the same operation. */
const RENAMED: Readonly<Record<string, string>> = { Add: "AddV2", BatchMatMul: "BatchMatMulV2" };

/** A rule: what stands in a node's place; undefined: it stays. */
type Rule = (node: GraphNode, at: Simplifying) => readonly GraphNode[] | undefined;

/**
 * The same graph, simplified: operations that give what they take are left out; a batch normalization of fixed statistics becomes a
 * product and a sum, and those become part of the convolution before them; zeros around its images become a convolution's paddings.
 */
export function simplify(graph: Graph): Graph {
  let now = withoutSame(graph);
  for (const rule of RULES) now = applied(rule, now);
  return withoutUnused(now);
}

function withoutSame(graph: Graph): Graph {
  const instead = sameConstants(graph.constants);
  const moved = (value: string): string => {
    const [, name = value, output = ""] = /^(.*?)(:\d+)?$/.exec(value) ?? [];
    return instead.has(name) ? `${instead.get(name) ?? ""}${output}` : value;
  };
  const nodes: GraphNode[] = [];
  const known = new Map<string, string>();
  for (const one of graph.nodes) {
    const node = { ...one, op: RENAMED[one.op] ?? one.op, inputs: one.inputs.map(moved) };
    const [first] = node.inputs;
    const { SrcT, DstT } = node.attrs;
    const isSame = SAME.has(node.op) || (node.op === "Cast" && SrcT?.type === DstT?.type);
    const key = JSON.stringify([node.op, node.inputs, node.attrs]);
    const before = isSame ? first : known.get(key);
    if (before !== undefined) instead.set(node.name, before);
    else {
      known.set(key, node.name);
      nodes.push(node);
    }
  }
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: moved(value) }));
  return { ...graph, nodes, outputs };
}

/** Constants that hold what another holds, by name: the other's name. */
function sameConstants(constants: ReadonlyMap<string, tf.Tensor>): Map<string, string> {
  const first = new Map<string, string>();
  const same = new Map<string, string>();
  for (const [name, tensor] of constants) {
    const hash = createHash("sha256").update(contentBytes(tensor)).digest("hex");
    const key = `${hash} ${dataType(tensor)} ${tensor.shape.join(",")}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, name);
    else same.set(name, before);
  }
  return same;
}

/** What a rule sees of the graph, and the constants that it adds. */
class Simplifying {
  readonly constants: Map<string, tf.Tensor>;
  private readonly uses: ReadonlyMap<string, number>;
  private readonly done = new Map<string, GraphNode>();

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants);
    this.uses = usesOf(graph);
  }

  /** Factors of the batch normalizations that were replaced, by the nodes' names. */
  readonly factors = new Map<string, string>();

  see(node: GraphNode): void {
    this.done.set(node.name, node);
  }

  /** The node that gives a value, of one of these operations, if nothing else takes what it gives. */
  only(value: string | undefined, ops: readonly string[]): GraphNode | undefined {
    const node = this.done.get(value ?? "");
    return node !== undefined && ops.includes(node.op) && this.uses.get(node.name) === 1 ? node : undefined;
  }

  node(value: string | undefined): GraphNode | undefined {
    return this.done.get(value ?? "");
  }

  constant(value: string | undefined): tf.Tensor | undefined {
    return this.constants.get(value ?? "");
  }

  /** A constant made of others. */
  make(name: string, of: () => tf.Tensor): string {
    this.constants.set(name, tf.tidy(of));
    return name;
  }
}

function applied(rule: Rule, graph: Graph): Graph {
  const at = new Simplifying(graph);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes)
    for (const one of rule(node, at) ?? [node]) {
      at.see(one);
      nodes.push(one);
    }
  return withoutUnused({ ...graph, nodes, constants: at.constants });
}

const FLOAT = attr.type("float32");

/** (x − mean) · scale / √(variance + epsilon) + offset as x · factor + rest. */
const batchNorm: Rule = (node, at) => {
  if (!/^FusedBatchNorm(V2|V3)?$/.test(node.op) || node.attrs["is_training"]?.b !== false) return undefined;
  const [x = "", ...names] = node.inputs;
  const [scale, offset, mean, variance] = names.map((name) => at.constant(name));
  if (scale === undefined || offset === undefined || mean === undefined || variance === undefined)
    return undefined;
  const epsilon = Number(node.attrs["epsilon"]?.f ?? 1e-4);
  const factor = (): tf.Tensor => scale.div(variance.add(epsilon).sqrt());
  const product = at.make(`${node.name}/factor`, factor);
  at.factors.set(node.name, product);
  const rest = at.make(`${node.name}/rest`, () => offset.sub(mean.mul(factor())));
  const scaled = `${node.name}/scaled`;
  return [
    { name: scaled, op: "Mul", inputs: [x, product], attrs: { T: FLOAT } },
    { name: node.name, op: "AddV2", inputs: [scaled, rest], attrs: { T: FLOAT } },
  ];
};

/** The gradient of a batch normalization of fixed statistics by what it takes. */
const batchNormGradient: Rule = (node, at) => {
  if (!/^FusedBatchNormGrad(V2|V3)?$/.test(node.op) || node.attrs["is_training"]?.b !== false)
    return undefined;
  const [gradient = "", , , , variance = ""] = node.inputs;
  const factor = at.factors.get(nodeOf(variance));
  if (factor === undefined) return undefined;
  return [{ name: node.name, op: "Mul", inputs: [gradient, factor], attrs: { T: FLOAT } }];
};

const CONVOLUTIONS = ["Conv2D", "DepthwiseConv2dNative"];

/** A constant with a number for each of the last axis, or one for all: [c], [1, 1, 1, c] or []. */
function perChannel(tensor: tf.Tensor | undefined): tf.Tensor | undefined {
  if (tensor === undefined || dataType(tensor) !== "float32") return undefined;
  return tensor.shape.slice(0, -1).every((size) => size === 1) ? tensor : undefined;
}

/** The other input and the constant of a node that takes one. */
function withConstant(
  { inputs: [one = "", other = ""] }: GraphNode,
  at: Simplifying,
): [string, tf.Tensor] | undefined {
  const [left, right] = [perChannel(at.constant(one)), perChannel(at.constant(other))];
  if (right !== undefined) return [one, right];
  return left === undefined ? undefined : [other, left];
}

/** How many channels a convolution's filter gives. */
function channelsOf({ op }: GraphNode, { shape }: tf.Tensor): number {
  const [, , inputs = 1, last = 1] = shape;
  return op === "Conv2D" ? last : inputs * last;
}

/** A convolution, and a constant by which its channels are changed. */
interface ChangedConvolution {
  readonly convolution: GraphNode;
  readonly filter: tf.Tensor;
  readonly bias: tf.Tensor | undefined;
  /** One number, or one for each channel. */
  readonly constant: tf.Tensor;
  readonly channels: number;
}

/** The convolution, with or without a bias, that a node of a constant follows, if nothing else does. */
function afterConvolution(node: GraphNode, at: Simplifying): ChangedConvolution | undefined {
  const [value, constant] = withConstant(node, at) ?? [];
  const biased = at.only(value, ["BiasAdd"]);
  const convolution = at.only(biased?.inputs[0] ?? value, CONVOLUTIONS);
  const filter = at.constant(convolution?.inputs[1]);
  const bias = at.constant(biased?.inputs[1]);
  if (constant === undefined || convolution === undefined || filter === undefined) return undefined;
  if (biased !== undefined && bias === undefined) return undefined;
  const channels = channelsOf(convolution, filter);
  if (constant.size !== 1 && constant.size !== channels) return undefined;
  return { convolution, filter, bias, constant, channels };
}

const asFilter = ({ op }: GraphNode, factor: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
  op === "Conv2D" || factor.size === 1 ? factor.flatten() : factor.reshape(filter.shape.slice(2));

/** Conv2D(x) · factor, with or without a bias between, as a convolution by other weights. */
const scaledConvolution: Rule = (node, at) => {
  const found = node.op === "Mul" ? afterConvolution(node, at) : undefined;
  if (found === undefined) return undefined;
  const { convolution, filter, bias, constant: factor } = found;
  const weights = at.make(`${node.name}/weights`, () => filter.mul(asFilter(convolution, factor, filter)));
  const inputs = [convolution.inputs[0] ?? "", weights];
  if (bias === undefined) return [{ ...convolution, name: node.name, inputs }];
  const moved = at.make(`${node.name}/bias`, () => bias.mul(factor.flatten()));
  const name = `${node.name}/convolution`;
  return [
    { ...convolution, name, inputs },
    { name: node.name, op: "BiasAdd", inputs: [name, moved], attrs: { T: FLOAT } },
  ];
};

/** Conv2D(x) + constant as its bias. */
const biasedConvolution: Rule = (node, at) => {
  const found = node.op === "AddV2" ? afterConvolution(node, at) : undefined;
  if (found === undefined) return undefined;
  const { convolution, channels, bias, constant: added } = found;
  const sum = (): tf.Tensor =>
    tf
      .zeros([channels])
      .add(added.flatten())
      .add(bias ?? 0);
  const inputs = [convolution.name, at.make(`${node.name}/bias`, sum)];
  return [{ name: node.name, op: "BiasAdd", inputs, attrs: { T: FLOAT } }];
};

/** Conv2D of images with zeros around them, as paddings of its own. */
const paddedConvolution: Rule = (node, at) => {
  if (node.op !== "Conv2D" || wordOf(node, "padding") !== "VALID") return undefined;
  const pad = at.only(node.inputs[0], ["Pad", "PadV2"]);
  const paddings = at.constant(pad?.inputs[1]);
  const fill = pad?.op === "PadV2" ? at.constant(pad.inputs[2])?.dataSync()[0] : 0;
  if (pad === undefined || paddings === undefined || fill !== 0) return undefined;
  const i = [...paddings.dataSync()];
  if (i.length !== 8 || [i[0], i[1], i[6], i[7]].some((side) => side !== 0)) return undefined;
  const inputs = [pad.inputs[0] ?? "", ...node.inputs.slice(1)];
  const explicit = { padding: attr.string("EXPLICIT"), explicit_paddings: attr.ints(i) };
  return [{ ...node, inputs, attrs: { ...node.attrs, ...explicit } }];
};

/** Whether no number of a value is below 0. */
function isNotNegative(value: string | undefined, at: Simplifying): boolean {
  const node = at.node(value);
  if (node === undefined) return false;
  if (["MaxPool", "AvgPool"].includes(node.op)) return isNotNegative(node.inputs[0], at);
  if (node.op === "ConcatV2") return node.inputs.slice(0, -1).every((input) => isNotNegative(input, at));
  return ["Relu", "Relu6", "Sigmoid"].includes(node.op);
}

/** The greatest number of windows over what is not below 0: around it zeros do, where the lowest float would leave int8 nothing else. */
const paddedMaximum: Rule = (node, at) => {
  const pad = node.op === "MaxPool" ? at.only(node.inputs[0], ["PadV2"]) : undefined;
  const fill = at.constant(pad?.inputs[2])?.dataSync()[0] ?? 0;
  if (pad === undefined || !(fill < 0) || !isNotNegative(pad.inputs[0], at)) return undefined;
  const [x = "", paddings = ""] = pad.inputs;
  const name = `${node.name}/zeros`;
  return [
    { ...pad, name, op: "Pad", inputs: [x, paddings] },
    { ...node, inputs: [name] },
  ];
};

/** Rules in their order; those of a list are applied together. */
const RULES: readonly Rule[] = [
  (node, at) => batchNorm(node, at) ?? batchNormGradient(node, at),
  scaledConvolution,
  biasedConvolution,
  paddedConvolution,
  paddedMaximum,
];

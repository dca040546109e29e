/** Which operations of an ONNX graph are computed in whole numbers, and which values are numbers of eight bits between them. */
import { ONNX_TYPES, type GraphProto, type NodeProto } from "./messages";

/** What planInt8() has to know of a graph. */
export interface PlanOptions {
  /** Whether what a value is can be learned from images alone. */
  isKnown(value: string): boolean;
  /** Whether a node stays in floats. */
  isFloat(node: string): boolean;
}

/** What is whole numbers. */
export interface Int8Plan {
  /** Names of the convolutions and products whose weights are. */
  readonly weighted: ReadonlySet<string>;
  /** Values, by name, and the value of which they have the scale: themselves, but for what a pool of the greatest or a transposition gives. */
  readonly values: ReadonlyMap<string, string>;
  /** Of values that Relu or Clip gives, the one before it: what is cut off is beside the scale. */
  readonly clamped: ReadonlyMap<string, string>;
}

/** Those whose results have the scale of what they take. */
const MOVES = ["MaxPool", "Transpose"];

/** Those that take and give whole numbers. */
const JOINS = ["Add", "Concat", "AveragePool"];

/**
 * Convolutions and products of constant weights are computed in whole numbers, and sums, concatenations and pools where all that they
 * take is. What a product of matrices gives stays a float: runtimes give either.
 */
export function planInt8(graph: GraphProto, options: PlanOptions): Int8Plan {
  const plan = new Plan(graph, options);
  for (const node of graph.node) plan.visit(node);
  return plan;
}

class Plan implements Int8Plan {
  readonly weighted = new Set<string>();
  readonly values = new Map<string, string>();
  readonly clamped = new Map<string, string>();
  private readonly producers = new Map<string, NodeProto>();
  private readonly consumers = new Map<string, NodeProto[]>();
  private readonly floats: ReadonlySet<string>;
  private readonly outputs: ReadonlySet<string>;

  constructor(
    graph: GraphProto,
    private readonly options: PlanOptions,
  ) {
    const constants = graph.initializer.filter(({ data_type }) => data_type === ONNX_TYPES.float32);
    this.floats = new Set(constants.map(({ name }) => name));
    this.outputs = new Set(graph.output.map(({ name }) => name));
    for (const node of graph.node) {
      for (const output of node.output) this.producers.set(output, node);
      for (const input of node.input) this.consumers.set(input, [...(this.consumers.get(input) ?? []), node]);
    }
  }

  visit(node: NodeProto): void {
    const [input = "", weights = ""] = node.input;
    const [output = ""] = node.output;
    if (this.options.isFloat(node.name)) return;
    if (isWeighted(node) && this.floats.has(weights) && this.isConstantBias(node)) {
      const end = this.endOf(output);
      const isConvolution = node.op_type === "Conv";
      if (isConvolution && !this.canBe(end)) return;
      if (!this.take(input)) return;
      this.weighted.add(node.name);
      if (isConvolution) this.end(output, end);
    } else if (MOVES.includes(node.op_type) && this.values.has(input)) {
      if (this.canBe(output)) this.values.set(output, this.values.get(input) ?? input);
    } else if (JOINS.includes(node.op_type) && node.input.every((value) => this.values.has(value))) {
      const end = this.endOf(output);
      if (this.canBe(end)) this.end(output, end);
    }
  }

  private isConstantBias({ input: [, , bias = ""] }: NodeProto): boolean {
    return bias === "" || this.floats.has(bias);
  }

  /** Makes a value whole numbers; of what is transposed before that. @returns whether it can be */
  private take(value: string): boolean {
    if (this.values.has(value)) return true;
    if (!this.canBe(value)) return false;
    const before = this.producers.get(value);
    const [moved = ""] = before?.op_type === "Transpose" ? before.input : [];
    const isMoved = moved !== "" && this.take(moved);
    this.values.set(value, isMoved ? (this.values.get(moved) ?? moved) : value);
    return true;
  }

  private canBe(value: string): boolean {
    return !this.outputs.has(value) && !this.floats.has(value) && this.options.isKnown(value);
  }

  /** The value itself, or what Relu or Clip makes of it, if nothing else takes it. */
  private endOf(value: string): string {
    const [next, ...others] = this.consumers.get(value) ?? [];
    const [given = ""] = next?.output ?? [];
    const isClamped = next !== undefined && others.length === 0 && ["Relu", "Clip"].includes(next.op_type);
    return isClamped && !this.outputs.has(value) && this.canBe(given) ? given : value;
  }

  private end(output: string, end: string): void {
    this.values.set(end, end);
    if (end !== output) this.clamped.set(end, output);
  }
}

/** Conv, MatMul, or a Gemm that is a product and a sum alone. */
function isWeighted({ op_type, attribute }: NodeProto): boolean {
  const plain = (name: string, expected: number): boolean =>
    attribute.every((own) => own.name !== name || (own.f ?? own.i) === expected);
  if (op_type !== "Gemm") return op_type === "Conv" || op_type === "MatMul";
  return plain("alpha", 1) && plain("beta", 1) && plain("transA", 0);
}

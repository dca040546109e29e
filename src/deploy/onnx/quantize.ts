/** An ONNX graph in whole numbers of eight bits: QuantizeLinear and DequantizeLinear around what runtimes then compute in them. */
import { attribute, ONNX_TYPES, type GraphProto, type NodeProto, type TensorProto } from "./messages";
import type { Int8Plan } from "./quantizeplan";
import { int8Weights, type Scale } from "./quantizescale";

/**
 * A graph whose planned values go through uint8 and whose planned weights are int8: what runtimes fuse into QLinearConv, QLinearAdd and
 * others. Activations are unsigned, with a zero of their own, weights symmetric with a scale for each channel, biases int32.
 * @param scales  of all the plan's values
 * @throws {Error} if a value has no scale, which is a fault of ours
 */
export function quantizeOnnx(
  graph: GraphProto,
  plan: Int8Plan,
  scales: ReadonlyMap<string, Scale>,
): GraphProto {
  const writer = new QuantizedGraph(graph, plan, scales);
  for (const { name } of graph.input) writer.quantize(name);
  for (const node of graph.node) writer.add(node);
  const taken = new Set(writer.nodes.flatMap(({ input, output }) => [...input, ...output]));
  const isTaken = ({ name }: { readonly name: string }): boolean => taken.has(name);
  return {
    ...graph,
    node: writer.nodes,
    initializer: [...graph.initializer, ...writer.initializers].filter(isTaken),
    value_info: graph.value_info.filter(isTaken),
  };
}

/** Numbers of a float32 initializer. */
function floatsOf({ raw_data: { buffer, byteOffset, byteLength } }: TensorProto): Float32Array {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Names of its own have "#", which names of graphs have not. */
class QuantizedGraph {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly constants: ReadonlyMap<string, TensorProto>;
  private readonly clamps: ReadonlySet<string>;

  constructor(
    graph: GraphProto,
    private readonly plan: Int8Plan,
    private readonly scales: ReadonlyMap<string, Scale>,
  ) {
    this.constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.clamps = new Set(plan.clamped.keys());
  }

  add(node: NodeProto): void {
    const [output = ""] = node.output;
    if (!this.clamps.has(output)) {
      const input = node.input.map((value) => (this.plan.values.has(value) ? `${value}#dequantized` : value));
      this.nodes.push({
        ...node,
        input: this.plan.weighted.has(node.name) ? this.weights(node, input) : input,
      });
    }
    for (const value of node.output) this.quantize(value);
  }

  /** Makes a planned value uint8, and a float again for who takes it. */
  quantize(value: string): void {
    if (!this.plan.values.has(value)) return;
    const { scale, zero } = this.scaleOf(value);
    const [scaleName, zeroName] = [`${value}#scale`, `${value}#zero`];
    this.initializer(scaleName, [], Float32Array.of(scale));
    this.initializer(zeroName, [], Uint8Array.of(zero));
    const quantized = `${value}#quantized`;
    const from = this.plan.clamped.get(value) ?? value;
    this.push("QuantizeLinear", [from, scaleName, zeroName], quantized);
    this.push("DequantizeLinear", [quantized, scaleName, zeroName], `${value}#dequantized`);
  }

  /** The inputs of a convolution or a product with whole numbers as weights. */
  private weights(node: NodeProto, [images = ""]: readonly string[]): string[] {
    const [input = "", weights = "", bias = ""] = node.input;
    const [tensor, added] = [this.constants.get(weights), this.constants.get(bias)];
    if (tensor === undefined) throw new Error(`Cannot quantize "${node.name}": expected weights, got none`);
    const isFirst =
      node.op_type === "Conv" || node.attribute.some(({ name, i }) => name === "transB" && i === 1);
    const axis = isFirst ? 0 : tensor.dims.length - 1;
    const channels = tensor.dims[axis] ?? 1;
    const { scale } = this.scaleOf(input);
    const whole = int8Weights({
      weights: floatsOf(tensor),
      bias: added && floatsOf(added),
      inputScale: scale,
      isLast: !isFirst,
      channels,
    });
    const name = `${node.name}#weights`;
    this.initializer(`${name}-whole`, tensor.dims, whole.whole);
    this.initializer(`${name}-scale`, [channels], whole.scales);
    this.initializer(`${name}-zero`, [channels], new Int8Array(channels));
    this.push("DequantizeLinear", [`${name}-whole`, `${name}-scale`, `${name}-zero`], name, axis);
    if (whole.bias === undefined) return [images, name];
    const sums = `${node.name}#bias`;
    this.initializer(`${sums}-whole`, [channels], whole.bias);
    this.initializer(`${sums}-scale`, [channels], whole.scales.map((own) => own * scale)); // prettier-ignore
    this.push("DequantizeLinear", [`${sums}-whole`, `${sums}-scale`], sums, 0);
    return [images, name, sums];
  }

  private scaleOf(value: string): Scale {
    const scale = this.scales.get(value);
    if (scale !== undefined) return scale;
    throw new Error(`Cannot quantize "${value}": expected its scale, got none`);
  }

  private push(op_type: string, input: readonly string[], output: string, axis?: number): void {
    const attributes = axis === undefined ? [] : [attribute("axis", { int: axis })];
    // A DequantizeLinear of weights stands before what takes it, which is added after it.
    this.nodes.push({ name: output, op_type, input, output: [output], attribute: attributes });
  }

  private initializer(
    name: string,
    dims: readonly number[],
    data: Float32Array | Int8Array | Uint8Array | Int32Array,
  ): void {
    this.initializers.push({ name, dims, data_type: typeOf(data), raw_data: bytesOf(data) });
  }
}

function typeOf(data: Float32Array | Int8Array | Uint8Array | Int32Array): number {
  if (data instanceof Float32Array) return ONNX_TYPES.float32;
  if (data instanceof Int32Array) return ONNX_TYPES.int32;
  return data instanceof Int8Array ? ONNX_TYPES.int8 : ONNX_TYPES.uint8;
}

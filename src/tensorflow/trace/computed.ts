/** Values of a recording that are needed while it is made: of what a shape follows, what is kept, what a variable begins with. */
import { encodeAttr } from "../runtime/attributes";
import { asTensorFlowError } from "../runtime/error";
import { isStateful, wholeAttributes, type RecordedNode, type Source } from "./recorded";
import type { HandleInfo, NativeCall } from "../runtime/native";
import { handlesOf, native, observe, type tf } from "../runtime/runtime";

/** What operations are computed from. */
export interface Givens {
  /** Operations so far. */
  readonly nodes: readonly RecordedNode[];
  /** The value of an argument; it is disposed in the end. */
  argument(this: void, index: number): tf.Tensor;
  /** The handle of what was captured. */
  capture(this: void, index: number): number;
}

/** Computes what is asked for and what that needs, each operation once, and holds it. */
export class Computed {
  /** Operations that had to be computed. */
  readonly nodes = new Set<RecordedNode>();
  private readonly outputs = new Map<RecordedNode, HandleInfo[]>();
  private readonly arguments = new Map<number, tf.Tensor>();

  constructor(private readonly givens: Givens) {}

  /** The handle of a value, which stays this object's. */
  handle(source: Source): number {
    if (source.kind === "node") return this.operation(source.node)[source.output]?.id ?? -1;
    if (source.kind === "capture") return this.givens.capture(source.index);
    return observe(undefined, () => handlesOf([this.argument(source.index)])[0] ?? -1);
  }

  /** A handle of a value, which is the caller's. */
  take(source: Source): number {
    return native.execute("Identity", [this.handle(source)], [], [], 1)[0]?.id ?? -1;
  }

  /** What an operation gives, with the effects that were to come before it. */
  operation(node: RecordedNode): readonly HandleInfo[] {
    const wanted = this.missing([node]);
    const hasEffects = [...wanted].some(isStateful);
    const all = hasEffects ? this.missing([node, ...this.givens.nodes.filter(isStateful)]) : wanted;
    const inOrder = all.size === 1 ? [...all] : [...this.givens.nodes.filter((one) => all.has(one)), ...all];
    for (const one of inOrder) if (!this.outputs.has(one)) this.outputs.set(one, this.run(one));
    return this.outputs.get(node) ?? [];
  }

  /** Frees all that was computed. */
  dispose(): void {
    for (const tensor of this.arguments.values()) tensor.dispose();
    for (const infos of this.outputs.values()) for (const { id } of infos) native.deleteTensor(id);
    this.arguments.clear();
    this.outputs.clear();
  }

  private argument(index: number): tf.Tensor {
    const known = this.arguments.get(index);
    if (known !== undefined) return known;
    const tensor = this.givens.argument(index);
    this.arguments.set(index, tensor);
    return tensor;
  }

  private missing(nodes: readonly RecordedNode[]): Set<RecordedNode> {
    const wanted = new Set<RecordedNode>();
    const left = [...nodes];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (wanted.has(node) || this.outputs.has(node)) continue;
      wanted.add(node);
      for (const input of node.inputs) if (input.kind === "node") left.push(input.node);
    }
    return wanted;
  }

  private run(node: RecordedNode): HandleInfo[] {
    const { op, constant, outputTypes, device, computedAs } = node;
    if (constant !== undefined) {
      const { dtype, shape, values } = constant;
      return [{ id: native.createTensor(shape, dtype, values), dtype, shape: [...shape] }];
    }
    this.nodes.add(node);
    const inputs = node.inputs.map((input) => this.handle(input));
    if (computedAs !== undefined) return native.execute(computedAs, inputs.slice(0, 1), [], [], 1);
    const { attrs } = wholeAttributes(node);
    const values = Object.values(attrs).map(encodeAttr);
    try {
      const call: NativeCall = [op, inputs, Object.keys(attrs), values, outputTypes.length];
      if (device !== undefined) call.push(device);
      return native.execute(...call);
    } catch (error) {
      throw asTensorFlowError(op, error);
    }
  }
}

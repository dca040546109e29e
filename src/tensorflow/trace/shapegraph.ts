/** What TensorFlow's shape functions tell of operations that nothing computes. */
import { encodeAttr } from "../runtime/attributes";
import { asTensorFlowError } from "../runtime/error";
import type { RecordedConstant, WholeAttributes } from "./recorded";
import { functionsUnder } from "./registered";
import type { Known } from "../runtime/native";
import { native } from "../runtime/runtime";

/** A graph to which operations are added one by one; its tensors have numbers of its own. */
export class ShapeGraph {
  private readonly graph = native.openGraph();
  private readonly functions = new Set<string>();

  /** The number of a tensor of which no more is known. */
  input(dtype: number, shape: readonly number[]): number {
    return native.addInput(this.graph, dtype, shape);
  }

  /** The number of a tensor whose values may tell shapes. */
  constant({ dtype, shape, values }: RecordedConstant): number {
    return native.addConstant(this.graph, dtype, shape, values);
  }

  /**
   * What is known of an operation's outputs.
   * @param inputs  their numbers
   * @throws {TensorFlowError} if the operation can't have such inputs or attributes
   */
  operation(op: string, inputs: readonly number[], { attrs, lengths }: WholeAttributes): Known[] {
    for (const [name, bytes] of functionsUnder(op)) {
      if (!this.functions.has(name)) native.addFunction(this.graph, bytes);
      this.functions.add(name);
    }
    const values = Object.values(attrs).map(encodeAttr);
    try {
      return native.addOperation(this.graph, op, inputs, lengths, Object.keys(attrs), values);
    } catch (error) {
      throw asTensorFlowError(op, error);
    }
  }

  /** Tells the shape of a tensor that shape functions could not tell. */
  setShape(tensor: number, shape: readonly number[]): void {
    native.setShape(this.graph, tensor, shape);
  }

  close(): void {
    native.closeGraph(this.graph);
  }
}

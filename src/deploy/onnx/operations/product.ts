/** Products of matrices. */
import { flagOf, type GraphNode } from "../../../tensorflow";
import { lacks } from "../lacks";
import type { OnnxBuilder } from "../builder";
import { attribute, ONNX_TYPES, type AttributeProto } from "../messages";
import type { Convert } from "./convert";

function transposes(node: GraphNode): AttributeProto[] {
  return [
    ...(flagOf(node, "transpose_a") ? [attribute("transA", { int: 1 })] : []),
    ...(flagOf(node, "transpose_b") ? [attribute("transB", { int: 1 })] : []),
  ];
}

function multiply(node: GraphNode, to: OnnxBuilder, named = node, bias: readonly string[] = []): void {
  if (to.typeOf(node.name) !== ONNX_TYPES.float32) throw lacks(node, "float32", "whole numbers");
  const inputs = [...node.inputs.map((value) => to.take(value)), ...bias];
  const attributes = transposes(node);
  const op = attributes.length === 0 && bias.length === 0 ? "MatMul" : "Gemm";
  to.emit(named, { op, inputs, attributes });
}

/** MatMul. */
export const product: Convert = (node, to) => multiply(node, to);

/** A sum with a constant for each column: of what MatMul alone gives, as Gemm's; undefined: of something else. */
export function biasOfProduct(node: GraphNode, to: OnnxBuilder): true | undefined {
  const [value = "", bias = ""] = node.inputs;
  const before = to.only(value, ["MatMul"]);
  if (before === undefined || to.constant(bias)?.rank !== 1) return undefined;
  multiply(before, to, node, [to.take(bias)]);
  return true;
}

/** BatchMatMulV2: products of many matrices. */
export const batchProduct: Convert = (node, to) => {
  const [left = "", right = ""] = node.inputs;
  const adjoint = (value: string, name: string): string => {
    const { length } = to.shapeOf(value);
    if (!flagOf(node, name)) return to.take(value);
    const perm = [...Array(length).keys()].map((axis) => axis < length - 2 ? axis : 2 * length - 3 - axis); // prettier-ignore
    const attributes = [attribute("perm", { ints: perm })];
    return to.part(`${node.name}/${name}`, { op: "Transpose", inputs: [to.take(value)], attributes });
  };
  to.emit(node, { op: "MatMul", inputs: [adjoint(left, "adj_x"), adjoint(right, "adj_y")] });
};

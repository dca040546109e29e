/** Operations that take numbers one by one. */
import { numberOf, tf, type GraphNode } from "../../../tensorflow";
import { lacks } from "../lacks";
import type { Layout, OnnxBuilder } from "../builder";
import { attribute, ONNX_TYPES, type AttributeProto } from "../messages";
import { biasOfConvolution } from "./convolution";
import type { Convert } from "./convert";
import { biasOfProduct } from "./product";

/** In which layout a node is computed: as ONNX's convolutions have images, if one of them is there so. */
export function layoutOf(node: GraphNode, to: OnnxBuilder): Layout {
  if (to.shapeOf(node.name).length !== 4) return "NHWC";
  const fits = (value: string): boolean =>
    to.constant(value) !== undefined || [0, 4].includes(to.shapeOf(value).length);
  return node.inputs.some((value) => to.isImage(value)) && node.inputs.every(fits) ? "NCHW" : "NHWC";
}

/** Values as operands of one operation: constants with fewer dimensions fit the layout, too. */
export function operands(node: GraphNode, to: OnnxBuilder, layout: Layout): string[] {
  return node.inputs.map((value) => {
    const rank = to.shapeOf(value).length;
    if (layout === "NHWC" || rank === 0 || rank === 4) return to.take(value, layout);
    const ones = Array.from({ length: 4 - rank }, () => 1);
    return to.weights(value, "NCHW", (tensor) =>
      tf.transpose(tensor.reshape([...ones, ...tensor.shape]), [0, 3, 1, 2]),
    );
  });
}

/** An operation that ONNX has, too. */
const same =
  (op: string, attributes: (node: GraphNode) => readonly AttributeProto[] = () => []): Convert =>
  (node, to) => {
    const layout = layoutOf(node, to);
    to.emit(node, { op, inputs: operands(node, to, layout), attributes: attributes(node) }, layout);
  };

/** One that ONNX has as two: the second takes what the first gives. */
const twice =
  (first: string, second: string): Convert =>
  (node, to) => {
    const layout = layoutOf(node, to);
    const inputs = operands(node, to, layout);
    const part = to.part(`${node.name}/${first}`, { op: first, inputs });
    to.emit(node, { op: second, inputs: [part] }, layout);
  };

/** x · x; with two operands of their difference. */
const square: Convert = (node, to) => {
  const layout = layoutOf(node, to);
  const inputs = operands(node, to, layout);
  const x = inputs.length === 1 ? inputs : [to.part(`${node.name}/Sub`, { op: "Sub", inputs })];
  to.emit(node, { op: "Mul", inputs: [...x, ...x] }, layout);
};

const relu6: Convert = (node, to) => {
  const layout = layoutOf(node, to);
  const limits = [to.numbers("relu6/least", "float32", 0), to.numbers("relu6/most", "float32", 6)];
  to.emit(node, { op: "Clip", inputs: [...operands(node, to, layout), ...limits] }, layout);
};

/** A sum: of what a convolution or a product of matrices alone gives, as its bias. */
const sum: Convert = (node, to) => {
  if (biasOfConvolution(node, to) === true || biasOfProduct(node, to) === true) return;
  same("Add")(node, to);
};

/** To another type: numbers are cut off towards 0, true is 1. */
const cast: Convert = (node, to) => {
  const layout = layoutOf(node, to);
  const attributes = [attribute("to", { int: to.typeOf(node.name) })];
  to.emit(node, { op: "Cast", inputs: operands(node, to, layout), attributes }, layout);
};

/** A rest as of the divisor's sign, as TensorFlow's FloorMod: of numbers x − y · ⌊x / y⌋. */
const floorMod: Convert = (node, to) => {
  if (to.typeOf(node.name) !== ONNX_TYPES.float32) return same("Mod")(node, to);
  const layout = layoutOf(node, to);
  const [x = "", y = ""] = operands(node, to, layout);
  const quotient = to.part(`${node.name}/Div`, { op: "Div", inputs: [x, y] });
  const floor = to.part(`${node.name}/Floor`, { op: "Floor", inputs: [quotient] });
  const whole = to.part(`${node.name}/Mul`, { op: "Mul", inputs: [floor, y] });
  to.emit(node, { op: "Sub", inputs: [x, whole] }, layout);
};

/** ⌊x / y⌋ of numbers; of whole numbers ONNX divides towards 0. */
const floorDiv: Convert = (node, to) => {
  if (to.typeOf(node.name) === ONNX_TYPES.float32) return twice("Div", "Floor")(node, to);
  throw lacks(node, "float32, as ONNX divides whole numbers towards 0", "whole numbers");
};

/** The element-wise operations, by TensorFlow's names. */
export const ELEMENTWISE: Readonly<Record<string, Convert>> = {
  ...Object.fromEntries(
    [
      ...["Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Neg", "Abs", "Erf", "Elu", "Selu", "Softplus"],
      ...["Softsign", "Floor", "Ceil", "Round", "Sign", "Reciprocal", "Sin", "Cos", "Tan", "Asin"],
      ...["Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh"],
      ...["Sub", "Mul", "Pow", "Less", "Greater", "Equal"],
    ].map((op) => [op, same(op)]),
  ),
  ...{ AddV2: sum, BiasAdd: sum, AddN: same("Sum"), RealDiv: same("Div") },
  ...{ Inv: same("Reciprocal"), Maximum: same("Max"), Minimum: same("Min"), SelectV2: same("Where") },
  ...{ LessEqual: same("LessOrEqual"), GreaterEqual: same("GreaterOrEqual") },
  ...{ LogicalAnd: same("And"), LogicalOr: same("Or"), LogicalNot: same("Not"), IsNan: same("IsNaN") },
  ...{ Rsqrt: twice("Sqrt", "Reciprocal"), NotEqual: twice("Equal", "Not") },
  ...{ Square: square, SquaredDifference: square, Relu6: relu6, Cast: cast },
  ...{ FloorMod: floorMod, FloorDiv: floorDiv },
  LeakyRelu: same("LeakyRelu", (node) => [attribute("alpha", { float: numberOf(node, "alpha", 0.2) })]),
};

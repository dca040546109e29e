/** Operations along axes. */
import { flagOf, numberOf, type GraphNode } from "../../../tensorflow";
import { lacks } from "../lacks";
import { axesIn, type Layout, type OnnxBuilder } from "../builder";
import { attribute, ONNX_TYPES, type AttributeProto } from "../messages";
import type { Convert } from "./convert";
import { layoutOf } from "./elementwise";

/** Numbers of a constant that an operation takes: axes, sizes. */
export function constantNumbers(node: GraphNode, i: number, to: OnnxBuilder): number[] {
  const tensor = to.constant(node.inputs[i]);
  if (tensor !== undefined) return [...tensor.dataSync()].map(Number);
  throw lacks(node, `a constant as its input ${i}`, "what is computed");
}

/** Axes counted from the first one. */
export const fromFirst = (axes: readonly number[], { length }: readonly unknown[]): number[] =>
  axes.map((axis) => (axis < 0 ? axis + length : axis));

/** Whether what remains without these axes stands in the same order in both layouts. */
const keepsOrder = (axes: readonly number[]): boolean => {
  const rest = axesIn("NCHW", [0, 1, 2, 3].filter((axis) => !axes.includes(axis))); // prettier-ignore
  return rest.every((axis, i) => i === 0 || axis > (rest[i - 1] ?? 0));
};

/** Reductions that took their axes as an attribute before operations' version 18; ReduceSum did until 13. */
function axesOf(
  op: string,
  name: string,
  axes: readonly number[],
  to: OnnxBuilder,
): { readonly inputs: string[]; readonly attributes: AttributeProto[] } {
  // prettier-ignore
  if (to.opset < 18 && op !== "ReduceSum")
    return { inputs: [], attributes: [attribute("axes", { ints: axes })] };
  return { inputs: [to.numbers(`${name}/axes`, "int64", axes)], attributes: [] };
}

const reduction =
  (op: string, types: readonly number[]): Convert =>
  (node, to) => {
    const [value = ""] = node.inputs;
    const shape = to.shapeOf(value);
    if (!types.includes(to.typeOf(value))) throw lacks(node, "float32", "another type");
    const axes = fromFirst(constantNumbers(node, 1, to), shape);
    const isKept = flagOf(node, "keep_dims");
    const isImage = shape.length === 4 && to.isImage(value) && (isKept || keepsOrder(axes));
    const layout: Layout = isImage ? "NCHW" : "NHWC";
    const taken = to.take(value, layout);
    const given: Layout = isKept ? layout : "NHWC";
    if (axes.length === 0) return to.emit(node, { op: "Identity", inputs: [taken] }, given);
    const { inputs, attributes } = axesOf(
      op,
      node.name,
      axesIn(layout, axes).sort((a, b) => a - b),
      to,
    );
    const keepdims = attribute("keepdims", { int: isKept ? 1 : 0 });
    to.emit(node, { op, inputs: [taken, ...inputs], attributes: [...attributes, keepdims] }, given);
  };

const along =
  (op: string): Convert =>
  (node, to) => {
    const [value = ""] = node.inputs;
    const layout = layoutOf(node, to);
    const [axis = -1] = layout === "NCHW" ? [1] : [];
    to.emit(node, { op, inputs: [to.take(value, layout)], attributes: [attribute("axis", { int: axis })] }, layout); // prettier-ignore
  };

/** ArgMax and ArgMin. */
const place =
  (op: string): Convert =>
  (node, to) => {
    const [value = ""] = node.inputs;
    const [axis = 0] = fromFirst(constantNumbers(node, 1, to), to.shapeOf(value));
    const attributes = [attribute("axis", { int: axis }), attribute("keepdims", { int: 0 })];
    const given = to.part(`${node.name}/int64`, { op, inputs: [to.take(value)], attributes });
    const cast = [attribute("to", { int: to.typeOf(node.name) })];
    to.emit(node, { op: "Cast", inputs: [given], attributes: cast });
  };

/** TopKV2: the greatest of the last axis, and where they are. */
const top: Convert = (node, to) => {
  const [value = ""] = node.inputs;
  const most = to.numbers(`${node.name}/k`, "int64", constantNumbers(node, 1, to).slice(0, 1));
  const places = `${node.name}/int64`;
  to.push({ op: "TopK", inputs: [to.take(value), most] }, to.give(node.name, "NHWC"), places);
  const second = `${node.name}:1`;
  const attributes = [attribute("to", { int: to.typeOf(second) })];
  to.emit({ name: second }, { op: "Cast", inputs: [places], attributes });
};

/** OneHot by comparison with the numbers of classes: ONNX's own takes -1 for the last class, TensorFlow's for none. */
const oneHot: Convert = (node, to) => {
  const [classes = "", , on = "", off = ""] = node.inputs;
  const rank = to.shapeOf(classes).length;
  if (to.typeOf(classes) !== ONNX_TYPES.int32) throw lacks(node, "int32 classes", "another type");
  if (![-1, rank].includes(numberOf(node, "axis", -1))) throw lacks(node, "the last axis", "another one");
  const axes = to.numbers(`${node.name}/axes`, "int64", [rank]);
  const rows = to.part(`${node.name}/rows`, { op: "Unsqueeze", inputs: [to.take(classes), axes] });
  const [depth = 0] = constantNumbers(node, 1, to);
  const numbers = to.numbers(`${node.name}/classes`, "int32", [...Array(depth).keys()]);
  const isOn = to.part(`${node.name}/isOn`, { op: "Equal", inputs: [rows, numbers] });
  to.emit(node, { op: "Where", inputs: [isOn, to.take(on), to.take(off)] });
};

const { float32, int32, int64 } = ONNX_TYPES;

/** Operations along axes, by TensorFlow's names. */
export const REDUCTIONS: Readonly<Record<string, Convert>> = {
  Mean: reduction("ReduceMean", [float32]),
  Sum: reduction("ReduceSum", [float32, int32, int64]),
  Prod: reduction("ReduceProd", [float32, int32, int64]),
  Max: reduction("ReduceMax", [float32, int32, int64]),
  Min: reduction("ReduceMin", [float32, int32, int64]),
  ...{ Softmax: along("Softmax"), LogSoftmax: along("LogSoftmax") },
  ...{ ArgMax: place("ArgMax"), ArgMin: place("ArgMin"), TopKV2: top, OneHot: oneHot },
};

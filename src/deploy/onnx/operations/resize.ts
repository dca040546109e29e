/** Images made larger and smaller. */
import { flagOf, type GraphNode } from "../../../tensorflow";
import { attribute, type AttributeProto } from "../messages";
import type { Convert } from "./convert";

/** The scale, as a float32, by which a side becomes as long as that: its product, which readers round down, is no less. */
function scaleOf(from: number, to: number): number {
  const scale = Math.fround(to / from);
  return scale * from >= to ? scale : Math.fround(scale * (1 + 2 ** -23));
}

/** Where ONNX looks for a pixel, as TensorFlow does: by corners, by pixels' middles, or by their upper left corners. */
function coordinates(node: GraphNode, isNearest: boolean): AttributeProto[] {
  const [isAligned, isHalf] = [flagOf(node, "align_corners"), flagOf(node, "half_pixel_centers")];
  const mode = isAligned ? "align_corners" : isHalf ? "half_pixel" : "asymmetric";
  return [
    attribute("coordinate_transformation_mode", { string: mode }),
    attribute("mode", { string: isNearest ? "nearest" : "linear" }),
    ...(isNearest
      ? [attribute("nearest_mode", { string: mode === "asymmetric" ? "floor" : "round_prefer_ceil" })]
      : []),
  ];
}

/** ResizeBilinear and ResizeNearestNeighbor, neither with antialiasing. */
export const resize: Convert = (node, to) => {
  const [images = ""] = node.inputs;
  const [from, shape] = [to.shapeOf(images), to.shapeOf(node.name)];
  const scales = [1, 2].map((axis) => scaleOf(from[axis] ?? 1, shape[axis] ?? 1));
  const inputs = [to.take(images, "NCHW"), "", to.numbers(`${node.name}/scales`, "float32", [1, 1, ...scales])]; // prettier-ignore
  const attributes = coordinates(node, node.op === "ResizeNearestNeighbor");
  to.emit(node, { op: "Resize", inputs, attributes }, "NCHW");
};

/** How operations become ONNX's. */
import type { GraphNode } from "../../../tensorflow";
import type { OnnxBuilder } from "../builder";

/**
 * Adds what gives a node's outputs.
 * @throws {TypeError} that names the node, if ONNX has nothing for it
 */
export type Convert = (node: GraphNode, to: OnnxBuilder) => void;

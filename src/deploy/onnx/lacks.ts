/** What is said of a graph that ONNX has nothing for. */
import type { GraphNode } from "../../tensorflow";

/** The error of what ONNX lacks. */
export function lacks({ name, op }: GraphNode, expected: string, got: string): TypeError {
  return new TypeError(`Cannot export to ONNX: expected ${expected}, got ${got} of "${name}" (${op})`);
}

/** ONNX's operations for TensorFlow's. */
import type { GraphNode } from "../../../tensorflow";
import { lacks } from "../lacks";
import type { OnnxBuilder } from "../builder";
import type { Convert } from "./convert";
import { convolution, convolutionBack, pool } from "./convolution";
import { ELEMENTWISE } from "./elementwise";
import { batchProduct, product } from "./product";
import { REDUCTIONS } from "./reduction";
import { resize } from "./resize";
import { SHAPES } from "./shape";

const OPERATIONS: Readonly<Record<string, Convert>> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...SHAPES,
  ...{ Conv2D: convolution, DepthwiseConv2dNative: convolution, MaxPool: pool, AvgPool: pool },
  ...{ Conv2DBackpropInput: convolutionBack, DepthwiseConv2dNativeBackpropInput: convolutionBack },
  ...{ MatMul: product, BatchMatMulV2: batchProduct },
  ...{ ResizeBilinear: resize, ResizeNearestNeighbor: resize },
};

/**
 * Adds what gives a node's outputs.
 * @throws {TypeError} that names the node, if ONNX has nothing for it
 */
export function convert(node: GraphNode, to: OnnxBuilder): void {
  const known = OPERATIONS[node.op];
  if (known === undefined) throw lacks(node, "operations that ONNX has, too", `"${node.op}"`);
  known(node, to);
}

/** What TensorFlow.js can do: operations of its graph models with kernels in all its backends, and where they differ from TensorFlow's. */
import { listOf, nodeOf, wordOf, type GraphNode, type GraphValue, type TypedGraph } from "../../tensorflow";

/**
 * Operations that do in TensorFlow.js 4.22 what they do in TensorFlow, on cpu, wasm, webgl and webgpu, by the lists of
 * @tensorflow/tfjs-converter (dist/operations/op_list). Of these are left out: complex numbers, FFT and Einsum (wasm lacks their kernels),
 * BitwiseAnd and Unique (webgpu lacks them), Mod (rounds down, where TensorFlow's rounds to 0), random numbers (others each time), and
 * what is passed over in silence (Print, FakeQuantWithMinMaxVars).
 */
export const WEB_OPERATIONS: ReadonlySet<string> = new Set(
  `Add AddN AddV2 BiasAdd Div DivNoNan FloorDiv FloorMod Maximum Minimum Mul Pow RealDiv SquaredDifference Sub
  Abs Acos Acosh Asin Asinh Atan Atan2 Atanh Ceil ClipByValue Cos Cosh Elu Erf Exp Expm1 Floor IsFinite IsInf IsNan LeakyRelu Log
  Log1p Neg Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square Tan Tanh
  AvgPool AvgPool3D Conv2D Conv2DBackpropInput Conv3D DepthwiseConv2dNative Dilation2D MaxPool MaxPool3D
  FusedDepthwiseConv2dNative _FusedConv2D
  Fill LinSpace OneHot OnesLike Range ZerosLike TopKV2
  Identity IdentityN Rank Shape ShapeN Size Snapshot StopGradient
  CropAndResize ResizeBilinear ResizeNearestNeighbor
  Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot LogicalOr NotEqual Select SelectV2
  BatchMatMul BatchMatMulV2 MatMul Transpose
  FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN LogSoftmax Softmax
  All Any ArgMax ArgMin Cumprod Cumsum Max Mean Min Prod Sum
  ConcatV2 Gather GatherNd GatherV2 Pack ReverseV2 ScatterNd Slice Split SplitV StridedSlice TensorScatterUpdate Tile Unpack
  BatchToSpaceND BroadcastTo Cast DepthToSpace EnsureShape ExpandDims MirrorPad Pad PadV2 Reshape SpaceToBatchND Squeeze`
    .trim()
    .split(/\s+/),
);

/** Operations whose whole numbers of 64 bits are places or sizes, for which TensorFlow.js's 32 do. */
const PLACES = new Set(["ArgMax", "ArgMin", "Shape", "ShapeN", "Size"]);

/** Operations of several outputs in TensorFlow.js; of the others it gives the first. */
const SEVERAL = new Set(["IdentityN", "ShapeN", "Split", "SplitV", "TopKV2", "Unpack"]);

/** An operation as its limits see it. */
interface Seen extends GraphNode {
  /** What its inputs are. */
  readonly taken: readonly (GraphValue | undefined)[];
  readonly gives: GraphValue | undefined;
}

/** What is expected of an operation, and what it got instead; undefined: nothing else. */
type Limit = (seen: Seen) => string | undefined;

/**
 * Checks that TensorFlow.js does with a graph what TensorFlow does.
 * @throws {TypeError} that names the operation which it lacks, or does otherwise
 */
export function expectWebOperations({ nodes, outputs, values }: TypedGraph): void {
  const several = new Set(nodes.filter(({ op }) => SEVERAL.has(op)).map(({ name }) => name));
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ value }) => value)]);
  const further = [...used].find((value) => value !== nodeOf(value) && !several.has(nodeOf(value)));
  for (const node of nodes) {
    const seen = {
      ...node,
      taken: node.inputs.map((input) => values.get(input)),
      gives: values.get(node.name),
    };
    const limit = WEB_OPERATIONS.has(node.op)
      ? LIMITS.map((one) => one(seen)).find((one) => one !== undefined)
      : `an operation that TensorFlow.js has on all backends, got ${node.op}`;
    const wrong =
      limit ??
      (further && nodeOf(further) === node.name ? `its first output alone, got "${further}"` : undefined);
    if (wrong !== undefined)
      throw new TypeError(`Cannot export "${node.name}" (${node.op}) for the web: expected ${wrong}`);
  }
}

/** Integers that TensorFlow.js divides otherwise: down, not to 0, or as floats. */
const DIVIDING = new Set(["Div", "Mean", "Reciprocal", "RealDiv"]);

/** Convolutions that TensorFlow.js has with strides or with dilations. */
const CONVOLUTIONS = /^(_FusedConv2D|Conv2D|Conv3D|(Fused)?DepthwiseConv2dNative)$/;

const LIMITS: readonly Limit[] = [
  ({ op, gives }) => {
    const { dtype = "float32" } = gives ?? {};
    if (["float32", "int32", "bool"].includes(dtype) || (dtype === "int64" && PLACES.has(op)))
      return undefined;
    return `numbers of float32, int32 or bool, got ${dtype}`;
  },
  (node) => {
    const format = wordOf(node, "data_format");
    return /^NC/.test(format) ? `data_format "NHWC", got "${format}"` : undefined;
  },
  (node) =>
    node.op.includes("Pool") && wordOf(node, "padding") === "EXPLICIT"
      ? 'padding "SAME" or "VALID", got "EXPLICIT"'
      : undefined,
  (node) => {
    const [strides, dilations] = [listOf(node, "strides"), listOf(node, "dilations")];
    if (!CONVOLUTIONS.test(node.op) || Math.max(...strides) === 1 || Math.max(1, ...dilations) === 1)
      return undefined;
    return `strides or dilations of 1, got ${strides.join(", ")} and ${dilations.join(", ")}`;
  },
  ({ op, attrs }) =>
    op.startsWith("FusedBatchNorm") && attrs["is_training"]?.b !== false
      ? "is_training false, got true"
      : undefined,
  ({ op, taken: [first] }) =>
    DIVIDING.has(op) && first?.dtype !== "float32"
      ? `numbers of float32, got ${first?.dtype ?? "none"}`
      : undefined,
  ({ op, gives }) =>
    op === "OneHot" && gives?.dtype !== "int32"
      ? `int32, of which floats can be made, got ${gives?.dtype ?? "none"}`
      : undefined, // WASM writes whole numbers into floats
  ({ op, attrs, gives }) => {
    const axis = Number(attrs["axis"]?.i ?? -1);
    const isLast = axis === -1 || axis + 1 === gives?.shape.length;
    return op === "OneHot" && !isLast ? `the last axis, got ${axis}` : undefined;
  },
  ({ op, taken: [condition], gives }) =>
    op === "Select" && String(condition?.shape) !== String(gives?.shape)
      ? "a condition for each number, got one for each row"
      : undefined,
];

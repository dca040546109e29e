/** Serialized tf.train.Example messages to tensors. */
import { attr } from "../runtime/attributes";
import { castTo, constant, execute, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";
import { decodeImage, select, type DecodeOptions } from "./image";

/** The types that an Example's features have. */
export type FeatureType = "string" | "int64" | "float32";

/** A feature that holds as many values as `shape` does. */
export interface DenseFeature {
  readonly key: string;
  readonly dtype: FeatureType;
  readonly shape: readonly number[];
  /** As many values as `shape` holds; undefined: the feature must be there. */
  readonly defaults: readonly (string | number | Uint8Array)[] | undefined;
}

/** A feature that holds any number of values, perhaps none. */
export interface SparseFeature {
  readonly key: string;
  readonly dtype: FeatureType;
}

/**
 * The features of one Example.
 * @param serialized  string scalar
 * @returns           by key: [...shape] of a dense feature, [values] of a sparse one; int64 features as int32
 * @throws {TensorFlowError} INVALID_ARGUMENT if a feature is missing, of another type, or holds numbers that int32 does not
 */
export function parseExample(
  serialized: tf.Tensor,
  dense: readonly DenseFeature[],
  sparse: readonly SparseFeature[],
): Map<string, tf.Tensor> {
  const defaults = dense.map(({ dtype, shape, defaults: values }) =>
    values === undefined ? constant([], [0], dtype) : constant(values as number[], shape, dtype),
  );
  const outputs = execute(
    "ParseSingleExample",
    [serialized, ...defaults],
    {
      num_sparse: attr.int(sparse.length),
      sparse_keys: attr.strings(sparse.map(({ key }) => key)),
      sparse_types: attr.types(sparse.map(({ dtype }) => dtype)),
      dense_keys: attr.strings(dense.map(({ key }) => key)),
      Tdense: attr.types(dense.map(({ dtype }) => dtype)),
      dense_shapes: attr.shapes(dense.map(({ shape }) => shape)),
    },
    3 * sparse.length + dense.length,
  );
  // The outputs: indices, values and shapes of the sparse features, then the dense features.
  const values = outputs.slice(sparse.length, 2 * sparse.length);
  const tensors = [...values, ...outputs.slice(3 * sparse.length)];
  const keys = [...sparse, ...dense].map(({ key }) => key);
  return new Map(tensors.map((tensor, i) => [keys[i] ?? "", withoutInt64(tensor, keys[i] ?? "")]));
}

/** tfjs has no int64: as int32, of which CheckNumerics sees an infinite number where one does not fit. */
function withoutInt64(tensor: tf.Tensor, key: string): tf.Tensor {
  if (dataType(tensor) !== "int64") return tensor;
  const numbers = castTo(tensor, "int32");
  const fits = castTo(equal(executeOne("Cast", [numbers], INT32_TO_INT64), tensor), "float32");
  const message = attr.string(`feature "${key}" holds a number that int32 does not`);
  const one = executeOne("CheckNumerics", [tf.reciprocal(fits)], { T: attr.type("float32"), message });
  return numbers.mul(castTo(one, "int32"));
}

const INT32_TO_INT64 = { SrcT: attr.type("int32"), DstT: attr.type("int64"), Truncate: attr.bool(false) };

/** Whether each string of a tensor is one of `texts`; bool, of the tensor's shape. */
export function isOneOf(strings: tf.Tensor, texts: readonly (string | Uint8Array)[]): tf.Tensor {
  return texts
    .map((text) => equal(strings, constant([text], [], "string")))
    .reduce((a, b) => tf.logicalOr(a, b));
}

function equal(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return executeOne("Equal", [a, b], { T: attr.type(dataType(a)) });
}

/**
 * For each string the value of the key that it equals.
 * @param strings  any shape
 * @param table    keys and their whole numbers; `otherwise` for strings that are no key
 * @returns        int32, of the same shape
 */
export function lookUp(
  strings: tf.Tensor,
  table: { readonly keys: readonly string[]; readonly values: readonly number[]; readonly otherwise: number },
): tf.Tensor {
  const { keys, values, otherwise } = table;
  const axis = constant([-1], [], "int32");
  const wide = executeOne("ExpandDims", [strings, axis], {
    T: attr.type("string"),
    Tdim: attr.type("int32"),
  });
  const matches = equal(wide, constant(keys, [keys.length], "string")); // [..., keys]
  const place = executeOne("ArgMax", [castTo(matches, "int32"), axis], {
    T: attr.type("int32"),
    Tidx: attr.type("int32"),
    output_type: attr.type("int32"),
  });
  const found = executeOne(
    "GatherV2",
    [constant(values, [values.length], "int32"), place, constant([0], [], "int32")],
    {
      Tparams: attr.type("int32"),
      Tindices: attr.type("int32"),
      Taxis: attr.type("int32"),
      batch_dims: attr.int(0),
    },
  );
  const any = executeOne("Any", [matches, axis], { keep_dims: attr.bool(false), Tidx: attr.type("int32") });
  return select(any, found, constant([otherwise], [], "int32"));
}

/**
 * The pixels of an image that may be an image file or, where `isRaw` is true, bare bytes of the given shape.
 *
 * Bare bytes pass through a PNG, which loses nothing: so the usual case costs nothing, and both are one operation.
 * @param contents  string scalar
 * @param isRaw     bool scalar
 * @param shape     [height, width, channels] of the bare bytes, 1, 3 or 4 channels
 * @returns         int32 [height, width, channels], 0…255
 */
export function decodeImageOrRaw(
  contents: tf.Tensor,
  isRaw: tf.Tensor,
  shape: readonly [number, number, number],
  options: DecodeOptions = {},
): tf.Tensor3D {
  const pixel = constant([new Uint8Array(shape[2])], [], "string");
  const size = select(isRaw, constant(shape, [3], "int32"), constant([1, 1, shape[2]], [3], "int32"));
  const bytes = executeOne("DecodeRaw", [select(isRaw, contents, pixel)], { out_type: attr.type("uint8") });
  const pixels = executeOne("Reshape", [bytes, size], { T: attr.type("uint8"), Tshape: attr.type("int32") });
  const png = executeOne("EncodePng", [pixels], { T: attr.type("uint8"), compression: attr.int(0) });
  return decodeImage(select(isRaw, png, contents), options);
}

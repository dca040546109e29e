/** Values of TensorFlow's many types as the two that tfjs counts in: float32 and int32. */
import { attr } from "../runtime/attributes";
import type { DataType } from "../runtime/datatype";
import { bytesOf, executeOne, unrecorded } from "../trace/execute";
import { dataType, device, tf } from "../runtime/runtime";

const AS_FLOAT32: ReadonlySet<DataType> = new Set(["float64", "float16", "bfloat16"] as const);
const AS_INT32: ReadonlySet<DataType> = new Set([
  ...(["int8", "uint8", "int16", "uint16"] as const),
  ...(["int64", "uint32", "uint64"] as const),
]);
const AS_THEY_ARE: ReadonlySet<DataType> = new Set([
  "float32",
  "int32",
  "bool",
  "complex64",
  "string",
] as const);

/** Whether asNumbers() takes a type. */
export function hasNumbers(type: DataType): boolean {
  return AS_FLOAT32.has(type) || AS_INT32.has(type) || AS_THEY_ARE.has(type);
}

/** Whether tfjs gives the values of a type as they are: int64 as BigInt64Array. */
export function isReadable(type: DataType): boolean {
  return AS_THEY_ARE.has(type) || type === "int64";
}

/**
 * The values as float32, to which float64 is rounded, or as int32; bool, complex64 and string are as they are.
 * @param what    what is done, for the error
 * @param tensor  on the CPU; disposed, if the result is another
 * @throws {RangeError} if float32 or int32 can't hold one of the values
 */
export function asNumbers(what: string, tensor: tf.Tensor): tf.Tensor {
  const type = dataType(tensor);
  if (AS_THEY_ARE.has(type)) return tensor;
  try {
    return unrecorded(() => {
      const target = AS_INT32.has(type) ? "int32" : "float32";
      const numbers = cast(tensor, target);
      const wrong = tf.tidy(() => firstOf(lost(tensor, numbers), tensor));
      if (wrong === undefined) return numbers;
      numbers.dispose();
      throw new RangeError(`${what}: expected ${type} values that ${target} can hold, got ${wrong}`);
    });
  } finally {
    tensor.dispose();
  }
}

/** Where numbers are not what they were made of: bool, of the same shape. */
function lost(values: tf.Tensor, numbers: tf.Tensor): tf.Tensor {
  const type = dataType(values);
  if (AS_INT32.has(type)) {
    const isOther = onCpu("NotEqual", [values, cast(numbers, type)], { T: attr.type(type) });
    return type.startsWith("u") ? isOther.logicalOr(numbers.less(0)) : isOther;
  }
  const isFinite = (x: tf.Tensor): tf.Tensor => onCpu("IsFinite", [x], { T: attr.type(dataType(x)) });
  return isFinite(values).logicalAnd(isFinite(numbers).logicalNot());
}

/** The first of the values that is chosen, as a text; undefined if none is. */
function firstOf(chosen: tf.Tensor, values: tf.Tensor): string | undefined {
  const first = [...chosen.flatten().dataSync()].findIndex((one) => one === 1);
  if (first < 0) return undefined;
  const type = attr.type(dataType(values));
  const flat = onCpu("Reshape", [values, tf.tensor1d([-1], "int32")], {
    T: type,
    Tshape: attr.type("int32"),
  });
  const index = {
    Tparams: type,
    Tindices: attr.type("int32"),
    Taxis: attr.type("int32"),
    batch_dims: attr.int(0),
  };
  const format = AS_INT32.has(dataType(values)) ? {} : { scientific: attr.bool(true) };
  const value = onCpu("GatherV2", [flat, tf.scalar(first, "int32"), tf.scalar(0, "int32")], index);
  return Buffer.from(bytesOf(onCpu("AsString", [value], { T: type, ...format }))[0] ?? []).toString();
}

function cast(tensor: tf.Tensor, to: DataType): tf.Tensor {
  return onCpu("Cast", [tensor], { SrcT: attr.type(dataType(tensor)), DstT: attr.type(to) });
}

function onCpu(op: string, inputs: readonly tf.Tensor[], attrs: Parameters<typeof executeOne>[2]): tf.Tensor {
  return executeOne(op, inputs, attrs, device().isGpu ? { device: "/device:CPU:0" } : {});
}

/** TensorFlow's data types by name, as in tf.dtypes; numbers from tensorflow/core/framework/types.proto. */
const NUMBERS = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  float16: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
} as const;

/** A TensorFlow data type; tfjs itself knows only float32, int32, bool, complex64 and string. */
export type DataType = keyof typeof NUMBERS;

const NAMES = new Map<number, DataType>(Object.entries(NUMBERS).map(([name, n]) => [n, name as DataType]));

/** The number that TensorFlow gives a data type in its messages and its C API. */
export function dataTypeNumber(name: DataType): number {
  return NUMBERS[name];
}

/**
 * The name of a data type that TensorFlow gave as a number.
 * @throws {RangeError} if the number is none of the above
 */
export function dataTypeName(number: number): DataType {
  const name = NAMES.get(number);
  if (name === undefined)
    throw new RangeError(`Cannot name data type: expected a known number, got ${number}`);
  return name;
}

/** The data type under which tfjs sees a tensor of TensorFlow's; types it lacks pass as the nearest it knows. */
export function tfjsType(name: DataType): "float32" | "int32" | "bool" | "complex64" | "string" {
  if (name === "float32" || name === "int32" || name === "bool" || name === "complex64" || name === "string")
    return name;
  if (name === "float64" || name === "float16" || name === "bfloat16") return "float32";
  return name === "resource" || name === "variant" ? "string" : "int32";
}

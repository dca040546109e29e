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
  qint8: 11,
  quint8: 12,
  qint32: 13,
  bfloat16: 14,
  qint16: 15,
  quint16: 16,
  uint16: 17,
  complex128: 18,
  float16: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
  float8_e5m2: 24,
  float8_e4m3fn: 25,
  float8_e4m3fnuz: 26,
  float8_e4m3b11fnuz: 27,
  float8_e5m2fnuz: 28,
  int4: 29,
  uint4: 30,
  int2: 31,
  uint2: 32,
  float4_e2m1fn: 33,
} as const;

/** A TensorFlow data type; tfjs itself knows only float32, int32, bool, complex64 and string. */
export type DataType = keyof typeof NUMBERS;

const NAMES = new Map<number, DataType>(Object.entries(NUMBERS).map(([name, n]) => [n, name as DataType]));

/** The number that TensorFlow gives a data type in its messages and its C API. */
export function dataTypeNumber(name: DataType): number {
  return NUMBERS[name];
}

/** Whether a number is that of a data type. */
export function isDataType(number: number): boolean {
  return NAMES.has(number);
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

/** Attributes of operations as TensorFlow.js's model.json has them: protobuf's JSON, with strings in base64. */
import { dataTypeName, type DataType } from "../../tensorflow/runtime/datatype";
import type { AttrValue } from "../../tensorflow";

/** A shape: -1 is a size that is open. */
export interface ShapeJson {
  readonly dim: readonly { readonly size: string }[];
}

/** An attribute: one of its fields. Whole numbers are strings, as protobuf's JSON has those of 64 bits. */
export interface AttrJson {
  readonly s?: string;
  readonly i?: string;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: string;
  readonly shape?: ShapeJson;
  readonly tensor?: { readonly dtype: string; readonly tensorShape: ShapeJson };
  readonly list?: {
    readonly s?: readonly string[];
    readonly i?: readonly string[];
    readonly f?: readonly number[];
    readonly b?: readonly boolean[];
    readonly type?: readonly string[];
  };
}

/** Where TensorFlow's enumeration has other names than tf.dtypes. */
const RENAMED: Partial<Record<DataType, string>> = {
  float16: "HALF",
  float32: "FLOAT",
  float64: "DOUBLE",
};

/** The name of a data type in TensorFlow's enumeration: "DT_FLOAT". */
export function typeJson(dtype: DataType): string {
  return `DT_${RENAMED[dtype] ?? dtype.toUpperCase()}`;
}

/** @param shape  null: a size that is open */
export function shapeJson(shape: readonly (number | null)[]): ShapeJson {
  return { dim: shape.map((size) => ({ size: String(size ?? -1) })) };
}

/**
 * An attribute as model.json has it.
 * @param of  the operation's name, for errors
 * @throws {TypeError} if it is a function, holds a tensor, or is not finite
 */
export function attrJson(of: string, { s, i, f, b, type, list, ...other }: AttrValue): AttrJson {
  if (s !== undefined) return { s: base64(s) };
  if (i !== undefined) return { i: String(i) };
  if (f !== undefined) return { f: finite(of, f) };
  if (b !== undefined) return { b };
  if (type !== undefined) return { type: typeJson(dataTypeName(type)) };
  if (list !== undefined)
    return {
      list: {
        ...(list.s && { s: list.s.map(base64) }),
        ...(list.i && { i: list.i.map(String) }),
        ...(list.f && { f: list.f.map((one) => finite(of, one)) }),
        ...(list.b && { b: list.b }),
        ...(list.type && { type: list.type.map((one) => typeJson(dataTypeName(one))) }),
      },
    };
  const { shape } = other;
  if (shape?.dim !== undefined) return { shape: shapeJson(shape.dim.map(({ size }) => Number(size))) };
  throw new TypeError(
    `Cannot export "${of}" for the web: expected attributes of numbers, strings and types, got ${Object.keys(other).join(", ")}`,
  );
}

/** JSON has no others. */
function finite(of: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new TypeError(`Cannot export "${of}" for the web: expected finite attributes, got ${value}`);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

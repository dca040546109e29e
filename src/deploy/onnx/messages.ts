/** ONNX's messages of protos/onnx.proto as plain objects, and their bytes. */
import path from "node:path";
import { readMessages } from "../../tensorflow";

/** Numbers of types in onnx.TensorProto.DataType. */
export const ONNX_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
} as const;

/** onnx.TensorProto: numbers as bytes, little-endian, row-major. */
export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  /** One of ONNX_TYPES. */
  readonly data_type: number;
  readonly raw_data: Uint8Array;
}

/** onnx.AttributeProto: one of these fields, of which `type` tells which; see attribute(). */
export interface AttributeProto {
  readonly name: string;
  /** The number in onnx.AttributeProto.AttributeType. */
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
}

/** onnx.NodeProto */
export interface NodeProto {
  readonly name: string;
  readonly op_type: string;
  /** Names of values; "" is an optional one that is not given. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

/** onnx.ValueInfoProto of a tensor. */
export interface ValueInfoProto {
  readonly name: string;
  readonly doc_string?: string;
  readonly type: {
    readonly tensor_type: {
      readonly elem_type: number;
      readonly shape: {
        readonly dim: readonly { readonly dim_value?: number; readonly dim_param?: string }[];
      };
    };
  };
}

/** onnx.GraphProto */
export interface GraphProto {
  readonly name: string;
  /** Each stands after what it takes. */
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  /** What is known of the values between. */
  readonly value_info: readonly ValueInfoProto[];
  readonly doc_string?: string;
}

/** onnx.ModelProto */
export interface ModelProto {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: GraphProto;
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
  readonly doc_string?: string;
}

/** What an attribute holds: whole numbers as `int` and `ints`, others as `float`. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string };

/** An attribute with the number of its type in onnx.AttributeProto.AttributeType. */
export function attribute(name: string, value: AttributeValue): AttributeProto {
  if ("float" in value) return { name, type: 1, f: value.float };
  if ("int" in value) return { name, type: 2, i: value.int };
  if ("string" in value) return { name, type: 3, s: Buffer.from(value.string) };
  if ("floats" in value) return { name, type: 6, floats: value.floats };
  return { name, type: 7, ints: value.ints };
}

/** What is known of a tensor; a size by name is open, null is one that is not told. */
export function valueInfo(
  name: string,
  { type, shape }: { readonly type: number; readonly shape: readonly (number | string | null)[] },
): ValueInfoProto {
  const dim = shape.map((size) => {
    if (size === null) return {};
    return typeof size === "number" ? { dim_value: size } : { dim_param: size };
  });
  return { name, type: { tensor_type: { elem_type: type, shape: { dim } } } };
}

// The compiled file lies in dist/src/deploy/onnx, the message format beside the source.
const messages = readMessages(path.resolve(__dirname, "../../../../src/deploy/protos/onnx.proto"));
const ModelMessage = messages.lookupType("onnx.ModelProto");

/** How many bytes a model's file has. */
export function sizeOfModel(model: ModelProto): number {
  return ModelMessage.encode(model).len;
}

/** A model as the bytes of a file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return ModelMessage.encode(model).finish();
}

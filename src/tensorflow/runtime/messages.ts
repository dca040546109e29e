/** TensorFlow's messages of protos/graph.proto, with the types that the floor uses. */
import { messageType } from "./protos";

/** tensorflow.TensorShapeProto */
export interface ShapeMessage {
  dim?: { size: number }[];
  unknown_rank?: boolean;
}
/** tensorflow.TensorProto */
export interface TensorMessage {
  dtype: number;
  tensor_shape: ShapeMessage;
  tensor_content?: Uint8Array;
  string_val?: Uint8Array[];
}
/** tensorflow.AttrValue: one of these fields. */
export interface AttrValue {
  s?: Uint8Array;
  i?: number;
  f?: number;
  b?: boolean;
  type?: number;
  shape?: ShapeMessage;
  tensor?: TensorMessage;
  func?: { name: string };
  list?: {
    s?: Uint8Array[];
    i?: number[];
    f?: number[];
    b?: boolean[];
    type?: number[];
    shape?: ShapeMessage[];
  };
}
/** tensorflow.NodeDef */
export interface NodeMessage {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, AttrValue>;
}
/** tensorflow.OpDef.ArgDef; empty strings and zero where a field does not apply. */
export interface ArgMessage {
  name: string;
  type: number;
  type_attr?: string;
  number_attr?: string;
  type_list_attr?: string;
}
/** tensorflow.OpDef */
export interface OpMessage {
  name: string;
  input_arg: ArgMessage[];
  output_arg: ArgMessage[];
  attr: { name: string; type: string }[];
  is_stateful: boolean;
}
/** tensorflow.FunctionDef */
export interface FunctionMessage {
  signature: {
    name: string;
    input_arg: ArgMessage[];
    output_arg: ArgMessage[];
    is_stateful: boolean;
    control_output: string[];
  };
  node_def: NodeMessage[];
  ret: Record<string, string>;
  control_ret: Record<string, string>;
  /** What TensorFlow is told of arguments, by their numbers. */
  arg_attr?: Record<number, { attr: Record<string, AttrValue> }>;
  attr: Record<string, AttrValue>;
}

/** tensorflow.AttrValue, to be encoded. */
export const AttrValueMessage = messageType("AttrValue");
/** tensorflow.FunctionDef, to be encoded. */
export const FunctionDefMessage = messageType("FunctionDef");
/** tensorflow.OpDef, to be decoded. */
export const OpDefMessage = messageType("OpDef");
/** tensorflow.GraphDef, to be encoded. */
export const GraphDefMessage = messageType("GraphDef");
/** tensorflow.ServerDef, to be encoded. */
export const ServerDefMessage = messageType("ServerDef");

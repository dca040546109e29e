/** TensorFlow's messages, read from protos/graph.proto, with the types that the floor uses. */
import { readFileSync } from "node:fs";
import path from "node:path";
import protobuf from "protobufjs";

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
  attr: Record<string, AttrValue>;
}

// The compiled file lies in dist/src/tensorflow, the message format beside the source.
const file = path.resolve(__dirname, "../../../src/tensorflow/protos/graph.proto");
const root = protobuf.parse(readFileSync(file, "utf8"), { keepCase: true }).root;

/** tensorflow.AttrValue, to be encoded. */
export const AttrValueMessage = root.lookupType("tensorflow.AttrValue");
/** tensorflow.FunctionDef, to be encoded. */
export const FunctionDefMessage = root.lookupType("tensorflow.FunctionDef");
/** tensorflow.OpList, to be decoded. */
export const OpListMessage = root.lookupType("tensorflow.OpList");
/** tensorflow.GraphDef, to be encoded. */
export const GraphDefMessage = root.lookupType("tensorflow.GraphDef");

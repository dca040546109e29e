/** tensorflow.Event, the message that a record of an event file holds: a step, and what was seen at it. */
import type protobuf from "protobufjs";
import { dataTypeName, dataTypeNumber, type DataType } from "../runtime/datatype";
import { messageType } from "../runtime/protos";

/** tensorflow.HistogramProto: `bucket[i]` values were below `bucket_limit[i]` and not below the limit before it. */
export interface HistogramMessage {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sum_squares: number;
  readonly bucket_limit: readonly number[];
  readonly bucket: readonly number[];
}

/** tensorflow.TensorProto, unpacked. */
export interface TensorValue {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Row-major; bytes of a string tensor, numbers of any other. */
  readonly values: readonly number[] | readonly Uint8Array[];
}

/** tensorflow.Summary.Value: a tag and one of the rest. */
export interface SummaryValue {
  readonly tag: string;
  /** TensorBoard's plugin that shows it, with what it wants to know. */
  readonly plugin?: { readonly name: string; readonly content?: Uint8Array };
  readonly scalar?: number;
  readonly histogram?: HistogramMessage;
  readonly image?: { readonly width: number; readonly height: number; readonly contents: Uint8Array };
  readonly tensor?: TensorValue;
}

/** tensorflow.Event: a time, a step and one of the rest. */
export interface EventMessage {
  /** In seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  /** A serialized GraphDef. */
  readonly graph?: Uint8Array;
  readonly summary?: readonly SummaryValue[];
  /** Whether a run starts here: what runs before it wrote for this step and later ones is void. */
  readonly isStart?: boolean;
}

const Event = messageType("Event");
const EventOutline = messageType("EventOutline");
const Summary = messageType("Summary");

const START = 1; // SessionLog.SessionStatus
const TENSOR_CLASS = 2; // DataClass.DATA_CLASS_TENSOR
const BLOB_CLASS = 3; // DataClass.DATA_CLASS_BLOB_SEQUENCE

/** An event as bytes. */
export function encodeEvent(event: EventMessage): Uint8Array {
  const { wallTime, step, fileVersion, graph, summary, isStart } = event;
  return Event.encode({
    wall_time: wallTime,
    step,
    ...(fileVersion === undefined ? {} : { file_version: fileVersion }),
    ...(graph === undefined ? {} : { graph_def: graph }),
    ...(summary === undefined ? {} : { summary: { value: summary.map(valueMessage) } }),
    ...(isStart === true ? { session_log: { status: START } } : {}),
  }).finish();
}

function valueMessage({ tag, plugin, scalar, histogram, image, tensor }: SummaryValue): object {
  return {
    tag,
    ...(plugin === undefined ? {} : { metadata: metadataMessage(plugin) }),
    ...(scalar === undefined ? {} : { simple_value: scalar }),
    ...(histogram === undefined ? {} : { histo: histogram }),
    ...(image === undefined
      ? {}
      : { image: { width: image.width, height: image.height, encoded_image_string: image.contents } }),
    ...(tensor === undefined ? {} : { tensor: tensorMessage(tensor) }),
  };
}

function metadataMessage({ name, content }: NonNullable<SummaryValue["plugin"]>): object {
  const data = { plugin_name: name, ...(content === undefined ? {} : { content }) };
  if (name === "hparams") return { plugin_data: data };
  return { plugin_data: data, data_class: name === "images" ? BLOB_CLASS : TENSOR_CLASS };
}

function tensorMessage({ dtype, shape, values }: TensorValue): object {
  const field = dtype === "string" ? "string_val" : "float_val";
  return {
    dtype: dataTypeNumber(dtype),
    tensor_shape: { dim: shape.map((size) => ({ size })) },
    [field]: values,
  };
}

/**
 * The event that bytes hold.
 * @throws {Error} if they hold none
 */
export function decodeEvent(bytes: Uint8Array): EventMessage {
  const message = plain<RawEvent>(Event, bytes);
  return {
    wallTime: message.wall_time ?? 0,
    step: message.step ?? 0,
    ...(message.file_version === undefined ? {} : { fileVersion: message.file_version }),
    ...(message.graph_def === undefined ? {} : { graph: message.graph_def }),
    ...(message.summary === undefined ? {} : { summary: (message.summary.value ?? []).map(summaryValue) }),
    ...(message.session_log?.status === START ? { isStart: true } : {}),
  };
}

/** A tensorflow.Event without what its summaries hold. */
export interface EventOutlineMessage {
  readonly step: number;
  readonly values: readonly {
    readonly tag: string;
    /** TensorBoard's plugin that shows it; absent where it is not said with the value. */
    readonly plugin?: string;
  }[];
}

/** As decodeEvent(), without what its summaries hold: many times faster. */
export function decodeEventOutline(bytes: Uint8Array): EventOutlineMessage {
  const { step = 0, summary } = plain<RawEvent>(EventOutline, bytes);
  return {
    step,
    values: (summary?.value ?? []).map(({ tag = "", ...value }) => {
      const plugin = pluginOf(value);
      return plugin === undefined || plugin === "" ? { tag } : { tag, plugin };
    }),
  };
}

/** The plugin that shows a value; the kinds of value of TensorFlow 1 are for one each. */
function pluginOf({ metadata, simple_value, image, histo }: RawValue): string | undefined {
  if (simple_value !== undefined) return "scalars";
  if (image !== undefined) return "images";
  return histo === undefined ? metadata?.plugin_data?.plugin_name : "histograms";
}

/** The values that a serialized tensorflow.Summary holds, as TensorFlow's own summary operations give it. */
export function decodeSummary(bytes: Uint8Array): SummaryValue[] {
  return (plain<RawSummary>(Summary, bytes).value ?? []).map(summaryValue);
}

// Messages as protobufjs gives them: what was not in the bytes is absent.
interface RawTensor {
  dtype?: number;
  tensor_shape?: { dim?: { size?: number }[] };
  tensor_content?: Uint8Array;
  float_val?: number[];
  double_val?: number[];
  int_val?: number[];
  string_val?: Uint8Array[];
  int64_val?: number[];
  bool_val?: boolean[];
}
interface RawValue {
  tag?: string;
  metadata?: { plugin_data?: { plugin_name?: string; content?: Uint8Array } };
  simple_value?: number;
  image?: { width?: number; height?: number; encoded_image_string?: Uint8Array };
  histo?: Partial<HistogramMessage>;
  tensor?: RawTensor;
}
interface RawSummary {
  value?: RawValue[];
}
interface RawEvent {
  wall_time?: number;
  step?: number;
  file_version?: string;
  graph_def?: Uint8Array;
  summary?: RawSummary;
  session_log?: { status?: number };
}

const plain = <T>(type: protobuf.Type, bytes: Uint8Array): T =>
  type.toObject(type.decode(bytes), { longs: Number }) as T;

function summaryValue({ tag = "", metadata, simple_value, image, histo, tensor }: RawValue): SummaryValue {
  const { plugin_name: name = "", content } = metadata?.plugin_data ?? {};
  const { width = 0, height = 0, encoded_image_string: contents = new Uint8Array() } = image ?? {};
  const none = { min: 0, max: 0, num: 0, sum: 0, sum_squares: 0, bucket_limit: [], bucket: [] };
  return {
    tag,
    ...(name === "" ? {} : { plugin: content === undefined ? { name } : { name, content } }),
    ...(simple_value === undefined ? {} : { scalar: simple_value }),
    ...(image === undefined ? {} : { image: { width, height, contents } }),
    ...(histo === undefined ? {} : { histogram: { ...none, ...histo } }),
    ...(tensor === undefined ? {} : { tensor: tensorValue(tensor) }),
  };
}

function tensorValue(tensor: RawTensor): TensorValue {
  const dtype = dataTypeName(tensor.dtype ?? 0);
  const shape = (tensor.tensor_shape?.dim ?? []).map(({ size }) => size ?? 0);
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === "string") return { dtype, shape, values: tensor.string_val ?? [] };
  if (tensor.tensor_content !== undefined && tensor.tensor_content.length > 0)
    return { dtype, shape, values: unpack(dtype, tensor.tensor_content) };
  const { float_val, double_val, int_val, int64_val, bool_val } = tensor;
  const given = float_val ?? double_val ?? int_val ?? int64_val ?? bool_val?.map(Number) ?? [];
  const last = given[given.length - 1] ?? 0; // TensorFlow leaves out repetitions of the last value
  return { dtype, shape, values: Array.from({ length: size }, (_, i) => given[i] ?? last) };
}

function unpack(dtype: DataType, content: Uint8Array): number[] {
  const { buffer } = Uint8Array.from(content); // a copy: Node's buffers share theirs
  switch (dtype) {
    case "float32":
      return [...new Float32Array(buffer)];
    case "float64":
      return [...new Float64Array(buffer)];
    case "int32":
      return [...new Int32Array(buffer)];
    case "int64":
      return [...new BigInt64Array(buffer)].map(Number);
    case "uint8":
    case "bool":
      return [...new Uint8Array(buffer)];
    default:
      throw new TypeError(`Cannot read tensor of an event: expected numbers or strings, got "${dtype}"`);
  }
}

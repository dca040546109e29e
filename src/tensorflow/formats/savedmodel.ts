/** SavedModels as messages, and the addon's sessions that run them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataTypeName, dataTypeNumber, type DataType } from "../runtime/datatype";
import { asTensorFlowError } from "../runtime/error";
import { castTo } from "../trace/execute";
import { asNumbers, hasNumbers, isReadable } from "./numbers";
import { plainFolder } from "./paths";
import type { HandleInfo } from "../runtime/native";
import { dataType, handlesOf, tf, wrap } from "../runtime/runtime";
import type { ShapeMessage } from "../runtime/messages";
import { messageType } from "../runtime/protos";
import { parseText, unquoteText, type TextMessage } from "./textformat";

/** A message of saved_model.proto as bytes. */
export function encodeMessage(type: string, message: object): Uint8Array {
  const kind = messageType(type);
  return kind.encode(kind.fromObject(message)).finish();
}

/** tensorflow.TensorInfo */
export interface TensorInfoMessage {
  name: string;
  dtype: number;
  /** null: not told. */
  tensor_shape: ShapeMessage | null;
}

/** tensorflow.SignatureDef */
export interface SignatureMessage {
  inputs: Record<string, TensorInfoMessage>;
  outputs: Record<string, TensorInfoMessage>;
  method_name: string;
}

/** An input or output of a signature. */
export interface SignatureTensor {
  readonly dtype: DataType;
  /** null: open; undefined: any number of dimensions. */
  readonly shape: readonly (number | null)[] | undefined;
  /** TensorFlow's name of it in the graph, e.g. "x:0". */
  readonly tensor: string;
}

/** One signature of a SavedModel. */
export interface SavedSignature {
  readonly inputs: Readonly<Record<string, SignatureTensor>>;
  readonly outputs: Readonly<Record<string, SignatureTensor>>;
  /** e.g. "tensorflow/serving/predict" */
  readonly method: string;
}

/** One graph of a SavedModel. */
export interface SavedGraph {
  readonly tags: readonly string[];
  readonly signatures: Readonly<Record<string, SavedSignature>>;
  /** Names of files in the folder "assets". */
  readonly assets: readonly string[];
}

/** The file that makes a folder a SavedModel; undefined if it has none. TensorFlow takes the first where there are both. */
export function savedModelFile(folder: string): string | undefined {
  return ["saved_model.pb", "saved_model.pbtxt"]
    .map((file) => join(folder, file))
    .find((file) => existsSync(file));
}

/** The graphs in a saved_model.pb or .pbtxt. @throws {Error} if it holds no such message */
export function readSavedModel(file: string): SavedGraph[] {
  const graphs = file.endsWith(".pbtxt")
    ? textGraphs(readFileSync(file, "utf8"))
    : binaryGraphs(readFileSync(file));
  return graphs.map(({ tags, assets, signatures }) => ({
    tags,
    assets,
    signatures: Object.fromEntries(
      Object.entries(signatures)
        .filter(([key]) => !key.startsWith("__saved_model_"))
        .map(([key, { inputs, outputs, method_name }]) => [
          key,
          { inputs: tensorsOf(inputs), outputs: tensorsOf(outputs), method: method_name },
        ]),
    ),
  }));
}

/** A graph as the messages have it. */
interface GraphMessage extends Pick<SavedGraph, "tags" | "assets"> {
  readonly signatures: Readonly<Record<string, SignatureMessage>>;
}

function binaryGraphs(bytes: Uint8Array): GraphMessage[] {
  const kind = messageType("SavedModel");
  const object = kind.toObject(kind.decode(bytes), {
    longs: Number,
    defaults: true,
    arrays: true,
    objects: true,
  });
  const graphs = object.meta_graphs as {
    meta_info_def: { tags: string[] } | null;
    signature_def: Record<string, SignatureMessage>;
    asset_file_def: { filename: string }[];
  }[];
  return graphs.map(({ meta_info_def, signature_def, asset_file_def }) => ({
    tags: meta_info_def?.tags ?? [],
    assets: asset_file_def.map(({ filename }) => filename),
    signatures: signature_def,
  }));
}

function textGraphs(text: string): GraphMessage[] {
  return messagesIn(parseText(text), "meta_graphs").map((graph) => ({
    tags: messagesIn(graph, "meta_info_def").flatMap((info) => textsIn(info, "tags")),
    assets: messagesIn(graph, "asset_file_def").flatMap((asset) => textsIn(asset, "filename")),
    signatures: recordIn(graph, "signature_def", (signature) => ({
      inputs: recordIn(signature, "inputs", tensorInfo),
      outputs: recordIn(signature, "outputs", tensorInfo),
      method_name: textsIn(signature, "method_name")[0] ?? "",
    })),
  }));
}

function tensorInfo(info: TextMessage): TensorInfoMessage {
  const [type = ""] = wordsIn(info, "dtype");
  const [shape] = messagesIn(info, "tensor_shape");
  const dim = messagesIn(shape ?? new Map(), "dim").map((one) => ({
    size: Number(wordsIn(one, "size")[0] ?? 0),
  }));
  const unknown_rank = shape !== undefined && wordsIn(shape, "unknown_rank")[0] === "true";
  return {
    name: textsIn(info, "name")[0] ?? "",
    dtype: /^\d/.test(type) ? Number(type) : numberOfConstant(type),
    tensor_shape: shape === undefined ? null : { dim, unknown_rank },
  };
}

/** The number of "DT_FLOAT", or of "DT_FLOAT_REF". */
function numberOfConstant(name: string): number {
  const [, type = "", reference] = /^DT_(\w+?)(_REF)?$/.exec(name) ?? [];
  const others: Readonly<Record<string, DataType>> = { FLOAT: "float32", DOUBLE: "float64", HALF: "float16" };
  return (
    dataTypeNumber(others[type] ?? (type.toLowerCase() as DataType)) +
    (reference === undefined ? 0 : REFERENCE)
  );
}

const wordsIn = (message: TextMessage, field: string): string[] =>
  (message.get(field) ?? []).filter((value) => typeof value === "string");
const textsIn = (message: TextMessage, field: string): string[] => wordsIn(message, field).map(unquoteText);
const messagesIn = (message: TextMessage, field: string): TextMessage[] =>
  (message.get(field) ?? []).filter((value) => typeof value !== "string");

/** A map's entries. */
function recordIn<T>(
  message: TextMessage,
  field: string,
  make: (value: TextMessage) => T,
): Record<string, T> {
  const entries = messagesIn(message, field).map((entry) => {
    const [value = new Map()] = messagesIn(entry, "value");
    return [textsIn(entry, "key")[0] ?? "", make(value)] as const;
  });
  return Object.fromEntries(entries);
}

/** Variables of TensorFlow 1 give references to their values, of a type whose number is so much greater. */
const REFERENCE = 100;

function tensorsOf(infos: Record<string, TensorInfoMessage>): Record<string, SignatureTensor> {
  return Object.fromEntries(
    Object.entries(infos).map(([key, { name, dtype, tensor_shape }]) => {
      const isKnown = tensor_shape !== null && tensor_shape.unknown_rank !== true;
      const shape = !isKnown
        ? undefined
        : (tensor_shape.dim ?? []).map(({ size }) => (size < 0 ? null : size));
      return [key, { dtype: dataTypeName(dtype % REFERENCE), shape, tensor: name }];
    }),
  );
}

interface SessionBinding {
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): HandleInfo[];
  deleteSavedModel(session: number): void;
}

/** A SavedModel's graph with its variables, ready to run. */
export interface SavedModelSession {
  /**
   * Outputs of a signature: float64 and half precision as float32, integers as int32 but for int64; the caller disposes. Inputs of
   * another number type are cast.
   * @throws {RangeError} if an output has values that these can't hold
   * @throws {TensorFlowError} what TensorFlow says
   */
  run(signature: SavedSignature, inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor>;
  close(): void;
}

/** An output as it is, or as numbers if tfjs does not give the values of its type. */
function readable(key: string, output: tf.Tensor): tf.Tensor {
  const type = dataType(output);
  return isReadable(type) || !hasNumbers(type) ? output : asNumbers(`Cannot predict "${key}"`, output);
}

/** Loads a graph of a SavedModel. @throws {TensorFlowError} if there is none of these tags, or a file is missing or damaged */
export function openSavedModel(directory: string, tags: readonly string[]): SavedModelSession {
  const { binding } = tf.backend() as unknown as { readonly binding: SessionBinding };
  const guarded = <T>(what: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw asTensorFlowError(what, error);
    }
  };
  const folder = plainFolder(directory);
  let session: number;
  try {
    session = guarded("LoadSavedModel", () => binding.loadSavedModel(folder.path, tags.join(",")));
  } catch (error) {
    folder.release();
    throw error;
  }
  return {
    run(signature, inputs) {
      const keys = Object.keys(signature.outputs);
      const names = (infos: SavedSignature["inputs"]): string =>
        Object.values(infos)
          .map(({ tensor }) => tensor)
          .join(",");
      const results: tf.Tensor[] = [];
      tf.tidy(() => {
        const tensors = Object.entries(signature.inputs).flatMap(([key, { dtype }]) => {
          const given = inputs[key];
          if (given === undefined) return [];
          return [dataType(given) === dtype ? given : castTo(given, dtype)];
        });
        const infos = guarded("RunSavedModel", () =>
          binding.runSavedModel(
            session,
            handlesOf(tensors),
            names(signature.inputs),
            names(signature.outputs),
          ),
        );
        results.push(...infos.map((info, i) => readable(keys[i] ?? "", wrap(info))));
        return results;
      });
      return Object.fromEntries(results.map((tensor, i) => [keys[i] ?? "", tensor]));
    },
    close() {
      binding.deleteSavedModel(session);
      folder.release();
    },
  };
}

/** SavedModels as messages, and the addon's sessions that run them. */
import { dataTypeName, type DataType } from "./datatype";
import { asTensorFlowError } from "./error";
import { castTo } from "./execute";
import { dataType, handlesOf, tf, wrap, type HandleInfo } from "./runtime";
import type { ShapeMessage } from "./messages";
import { messageType } from "./protos";

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

/** The graphs in the bytes of a saved_model.pb. @throws {Error} if they are no such message */
export function decodeSavedModel(bytes: Uint8Array): SavedGraph[] {
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
    signatures: Object.fromEntries(
      Object.entries(signature_def)
        .filter(([key]) => !key.startsWith("__saved_model_"))
        .map(([key, { inputs, outputs, method_name }]) => [
          key,
          { inputs: tensorsOf(inputs), outputs: tensorsOf(outputs), method: method_name },
        ]),
    ),
  }));
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
   * Outputs of a signature, of their true types; the caller disposes. Inputs of another number type are cast.
   * @throws {TensorFlowError} what TensorFlow says
   */
  run(signature: SavedSignature, inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor>;
  close(): void;
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
  const session = guarded("LoadSavedModel", () => binding.loadSavedModel(directory, tags.join(",")));
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
        results.push(...infos.map(wrap));
        return results;
      });
      return Object.fromEntries(results.map((tensor, i) => [keys[i] ?? "", tensor]));
    },
    close: () => binding.deleteSavedModel(session),
  };
}

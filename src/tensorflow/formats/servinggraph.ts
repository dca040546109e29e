/** A SavedModel's graph: placeholders, a call of a recorded function for each signature, its variables and their saver. */
import { dataTypeNumber } from "../runtime/datatype";
import type { RecordedFunction } from "../trace/function";
import { callNode, functionLibrary } from "../trace/library";
import { Names } from "../trace/names";
import type { AttrValue, NodeMessage, ShapeMessage, TensorMessage } from "../runtime/messages";
import { opDefinition } from "../runtime/opdefs";
import { contentsOf, dataType, tf, typeNumber, version } from "../runtime/runtime";
import { encodeMessage, type SignatureMessage, type TensorInfoMessage } from "./savedmodel";

/** A recorded function under the name by which others call it. */
export interface ServingFunction {
  /** The names of its signature; several for one and the same. */
  readonly names: readonly string[];
  readonly fn: RecordedFunction;
  /** null: open. */
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: number;
    readonly shape: readonly (number | null)[];
  }[];
  readonly outputs: readonly string[];
  /** The first dimension of outputs that is the batch's, and so open. */
  readonly batch: number;
  readonly method: string;
}

/** A variable of the graph. */
export interface ServingVariable {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly trainable: boolean;
}

/** What encodeServingGraph() makes. */
export interface ServingGraph {
  /** The contents of saved_model.pb. */
  readonly bytes: Uint8Array;
  /** What belongs into variables/variables, by name. */
  readonly variables: Readonly<Record<string, tf.Tensor>>;
}

/**
 * The contents of a SavedModel's saved_model.pb, of one graph with the tag "serve".
 * @param variables  names for what the functions close over; others have their tfjs variable's name
 * @param assets     names of files in the folder assets
 * @throws {TypeError} if a function assigns variables, or closes over what no file can hold
 */
export function encodeServingGraph(
  functions: readonly ServingFunction[],
  variables: readonly ServingVariable[],
  assets: readonly string[],
): ServingGraph {
  const graph = new GraphBuilder(variables);
  const signature_def: Record<string, SignatureMessage> = {};
  for (const serving of functions) {
    const signature = graph.addSignature(serving);
    for (const name of serving.names) signature_def[name] = signature;
  }
  const saver_def = graph.addSaver();
  const asset_file_def = assets.map((filename, i) => graph.addAsset(filename, i));
  const library = { function: functionLibrary(functions.map(({ fn }) => fn.name)) };
  const meta = {
    meta_info_def: { tags: ["serve"], tensorflow_version: version() },
    graph_def: { node: graph.nodes, library, versions: { producer: PRODUCER, min_consumer: 12 } },
    ...(saver_def && { saver_def }),
    collection_def: { ...graph.collections(), ...assetCollection(asset_file_def) },
    signature_def,
    asset_file_def,
  };
  const bytes = encodeMessage("SavedModel", { saved_model_schema_version: 1, meta_graphs: [meta] });
  return { bytes, variables: graph.values() };
}

const PRODUCER = 1087; // of TensorFlow 2.9: older readers know what the graph needs, newer ones go on reading it
const STRING = dataTypeNumber("string");
const RESOURCE = dataTypeNumber("resource");

function assetCollection(assets: readonly object[]): object {
  const value = assets.map((asset) => ({
    type_url: "type.googleapis.com/tensorflow.AssetFileDef",
    value: encodeMessage("AssetFileDef", asset),
  }));
  return value.length === 0 ? {} : { saved_model_assets: { any_list: { value } } };
}

const shapeOf = (shape: readonly (number | null)[]): ShapeMessage => ({
  dim: shape.map((size) => ({ size: size ?? -1 })),
});

class GraphBuilder {
  readonly nodes: NodeMessage[] = [];
  private readonly known: ReadonlyMap<tf.Tensor, ServingVariable>;
  private readonly used = new Map<tf.Tensor, ServingVariable>();
  private readonly read = new Map<tf.Tensor, string>();

  /** For variables that have none: those of models that came later have "#2" and so on. */
  private readonly names: Names;

  constructor(variables: readonly ServingVariable[]) {
    this.names = new Names(variables.map(({ name }) => name));
    this.known = new Map(variables.map((one) => [one.variable, one]));
    for (const one of variables) this.valueOf(one.variable, one.name);
  }

  addSignature({ names, fn, inputs, outputs, batch, method }: ServingFunction): SignatureMessage {
    const scope = names[0] ?? fn.name;
    if (fn.assigned.length > 0) {
      const assigned = fn.assigned.map(({ name }) => `"${name}"`).join(", ");
      throw new TypeError(
        `Cannot export "${scope}": expected a function that assigns nothing, got ${assigned}`,
      );
    }
    const input: Record<string, TensorInfoMessage> = {};
    const given = inputs.map(({ name, dtype, shape }) => {
      const attr = { dtype: { type: dtype }, shape: { shape: shapeOf(shape) } };
      const node = this.add("Placeholder", `${scope}_inputs/${nodeName(name)}`, [], attr);
      input[name] = { name: `${node}:0`, dtype, tensor_shape: shapeOf(shape) };
      return node;
    });
    const captured = fn.captures.map((tensor) => this.valueOf(tensor, scope));
    const call = callNode(`${scope}_call`, opDefinition(fn.name), [...given, ...captured]);
    this.nodes.push(call);
    const output = outputs.map((name, i): [string, TensorInfoMessage] => {
      const dtype = dataTypeNumber(fn.outputTypes[i] ?? "float32");
      const node = this.add("Identity", `${scope}_outputs/${nodeName(name)}`, [`${call.name}:${i}`], {
        T: { type: dtype },
      });
      const [first, ...rest] = fn.outputShapes[i] ?? [];
      const shape = first === undefined ? [] : [first === batch ? null : first, ...rest];
      return [name, { name: `${node}:0`, dtype, tensor_shape: shapeOf(shape) }];
    });
    return { inputs: input, outputs: Object.fromEntries(output), method_name: method };
  }

  /** The nodes by which a reader restores the variables, and a trainer saves them; none of a graph without any, as converters want it. */
  addSaver(): object | undefined {
    const all = [...this.used.values()];
    if (all.length === 0) return undefined;
    const dtypes = { dtypes: { list: { type: all.map(({ variable }) => typeNumber(variable)) } } };
    const filename = this.addStrings("save/filename", ["model"], []);
    const names = this.addStrings("save/tensor_names", all.map(({ name }) => name)); // prettier-ignore
    const slices = this.addStrings("save/shape_and_slices", all.map(() => "")); // prettier-ignore
    const prefix = [filename, names, slices];
    const values = all.map(({ name }) => `${name}/Read/ReadVariableOp`);
    const saved = this.add("SaveV2", "save/SaveV2", [...prefix, ...values], dtypes);
    const control = this.add("Identity", "save/control_dependency", [filename, `^${saved}`], {
      T: { type: STRING },
    });
    const restored = this.add("RestoreV2", "save/RestoreV2", prefix, dtypes);
    const assigned = all.map(({ name, variable }, i) =>
      this.add("AssignVariableOp", `${name}/Assign`, [name, `${restored}:${i}`], {
        dtype: { type: typeNumber(variable) },
      }),
    );
    const restore = this.add("NoOp", "save/restore_all", assigned.map((name) => `^${name}`), {}); // prettier-ignore
    return {
      filename_tensor_name: `${filename}:0`,
      save_tensor_name: `${control}:0`,
      restore_op_name: restore,
      max_to_keep: 5,
      keep_checkpoint_every_n_hours: 10000,
      version: 2,
    };
  }

  addAsset(filename: string, index: number): object {
    const node = this.addStrings(`asset_path_${index}`, [`assets/${filename}`], []);
    return { tensor_info: { name: `${node}:0`, dtype: STRING, tensor_shape: shapeOf([]) }, filename };
  }

  collections(): object {
    const all = [...this.used.values()];
    const list = (some: readonly ServingVariable[]): object => ({
      bytes_list: { value: some.map(variableDef) },
    });
    if (all.length === 0) return {};
    return { variables: list(all), trainable_variables: list(all.filter(({ trainable }) => trainable)) };
  }

  values(): Record<string, tf.Tensor> {
    return Object.fromEntries([...this.used.values()].map(({ name, variable }) => [name, variable]));
  }

  private valueOf(tensor: tf.Tensor, scope: string): string {
    const before = this.read.get(tensor);
    if (before !== undefined) return before;
    const node = isVariable(tensor) ? this.addVariable(tensor) : this.addConstant(tensor, scope);
    this.read.set(tensor, node);
    return node;
  }

  private addVariable(variable: tf.Variable): string {
    const known = this.known.get(variable);
    const name = known?.name ?? this.names.unique(variable.name);
    const { trainable } = known ?? variable;
    this.used.set(variable, { name, variable, trainable });
    const dtype = { type: typeNumber(variable) };
    const attr = { dtype, shape: { shape: shapeOf(variable.shape) }, shared_name: { s: Buffer.from(name) } };
    this.add("VarHandleOp", name, [], attr);
    return this.add("ReadVariableOp", `${name}/Read/ReadVariableOp`, [name], { dtype });
  }

  private addConstant(tensor: tf.Tensor, scope: string): string {
    const dtype = typeNumber(tensor);
    if (dtype === RESOURCE || dtype === dataTypeNumber("variant")) {
      throw new TypeError(
        `Cannot export "${scope}": expected it to close over numbers or strings, got a ${dataType(tensor)}`,
      );
    }
    const values = contentsOf(tensor);
    const tensor_shape = shapeOf(tensor.shape);
    return this.addConst(`constants/value_${this.read.size}`, {
      dtype,
      tensor_shape,
      ...(Array.isArray(values)
        ? { string_val: values }
        : { tensor_content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }),
    });
  }

  private addStrings(name: string, texts: readonly string[], shape = [texts.length]): string {
    const string_val = texts.map((text) => Buffer.from(text));
    return this.addConst(name, { dtype: STRING, tensor_shape: shapeOf(shape), string_val });
  }

  private addConst(name: string, tensor: TensorMessage): string {
    return this.add("Const", name, [], { dtype: { type: tensor.dtype }, value: { tensor } });
  }

  private add(op: string, name: string, input: string[], attr: Record<string, AttrValue>): string {
    this.nodes.push({ name, op, input, attr });
    return name;
  }
}

const isVariable = (tensor: tf.Tensor): tensor is tf.Variable => tensor instanceof tf.Variable;

/** A name as TensorFlow allows it for nodes. */
const nodeName = (name: string): string => name.replace(/[^\w./-]/g, "_");

function variableDef({ name, trainable }: ServingVariable): Uint8Array {
  return encodeMessage("VariableDef", {
    variable_name: `${name}:0`,
    initializer_name: `${name}/Assign`,
    snapshot_name: `${name}/Read/ReadVariableOp:0`,
    initial_value_name: "save/RestoreV2:0",
    is_resource: true,
    trainable,
  });
}

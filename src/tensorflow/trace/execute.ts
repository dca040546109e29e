import { attr, encodeAttr, type Attrs } from "../runtime/attributes";
import { dataTypeNumber, type DataType } from "../runtime/datatype";
import { asTensorFlowError } from "../runtime/error";
import { currentRecording } from "./recording";
import type { NativeCall } from "../runtime/native";
import {
  contentsOf,
  createHandle,
  dataType,
  handlesOf,
  lending,
  native,
  observe,
  sharers,
  type tf,
  wrap,
} from "../runtime/runtime";

/** Where an operation runs when the default device is not right: strings and tf.data live on the CPU. */
export interface ExecuteOptions {
  /** TensorFlow's name of the device. @default where its inputs are */
  readonly device?: string;
}

function callOf(
  op: string,
  inputs: readonly tf.Tensor[],
  attrs: Attrs,
  outputs: number,
  options: ExecuteOptions,
): NativeCall {
  const names = Object.keys(attrs);
  const values = Object.values(attrs).map(encodeAttr);
  const call: NativeCall = [op, handlesOf(inputs), names, values, outputs];
  if (options.device !== undefined) call.push(options.device);
  return call;
}

/** What executeLending() gives. */
export interface Lent {
  readonly outputs: tf.Tensor[];
  /** Whether it has overwritten what it was lent: nobody has asked for it before. */
  readonly overwrote: boolean;
}

/**
 * The outputs of one TensorFlow operation, or of a registered function, by name.
 *
 * Works on any tensor, of true TensorFlow types too (int64, uint8, variant, resource), at once or inside a recorded function.
 * @returns one tensor an output; the caller disposes
 * @throws {TensorFlowError} what TensorFlow says, with its code
 */
export function execute(
  op: string,
  inputs: readonly tf.Tensor[],
  attrs: Attrs = {},
  numOutputs = 1,
  options: ExecuteOptions = {},
): tf.Tensor[] {
  const recording = currentRecording();
  if (recording !== undefined) return recording.operation(op, attrs, handlesOf(inputs), options).map(wrap);
  try {
    return native.execute(...callOf(op, inputs, attrs, numOutputs, options)).map(wrap);
  } catch (error) {
    throw asTensorFlowError(op, error);
  }
}

/**
 * As execute(), off the main thread: the event loop lives meanwhile. The inputs may be disposed meanwhile.
 * @throws {TensorFlowError} what TensorFlow says, with its code
 */
export async function executeAsync(
  op: string,
  inputs: readonly tf.Tensor[],
  attrs: Attrs = {},
  numOutputs = 1,
  options: ExecuteOptions = {},
): Promise<tf.Tensor[]> {
  currentRecording()?.refuse(`an asynchronous "${op}"`);
  try {
    const infos = await native.executeAsync(...callOf(op, inputs, attrs, numOutputs, options));
    return infos.map(wrap);
  } catch (error) {
    throw asTensorFlowError(op, error);
  }
}

/** A registered function that may overwrite some of its inputs with what is to replace them. */
interface LendingFunction {
  readonly name: string;
  readonly outputTypes: readonly unknown[];
  readonly lent: readonly tf.Tensor[];
}

/**
 * As executeAsync(), of a function that overwrites what it is lent, if nobody else holds it. Who asks for a part of that meanwhile
 * finds all of it as it was before, or all as it is afterwards.
 */
export async function executeLending(
  { name: op, outputTypes, lent }: LendingFunction,
  inputs: readonly tf.Tensor[],
  attrs: Attrs = {},
): Promise<Lent> {
  const [name, given, names, values, outputs] = callOf(op, inputs, attrs, outputTypes.length, {});
  const handles = handlesOf(lent.filter((tensor) => sharers(tensor) === 1));
  const end = lending.lend(handles);
  try {
    const infos = await native.executeAsync(name, given, names, values, outputs, undefined, handles);
    return { outputs: infos.map(wrap), overwrote: infos.overwrote };
  } catch (error) {
    throw asTensorFlowError(op, error);
  } finally {
    end();
  }
}

/** The one output of an operation that has one. See execute(). */
export function executeOne(
  op: string,
  inputs: readonly tf.Tensor[],
  attrs: Attrs = {},
  options: ExecuteOptions = {},
): tf.Tensor {
  const [output] = execute(op, inputs, attrs, 1, options);
  if (output === undefined) throw new TypeError(`Cannot execute "${op}": expected one output, got none`);
  return output;
}

/** Values for constant(): numbers, booleans, or strings and bytes. */
export type ConstantValues =
  readonly number[] | readonly boolean[] | readonly (string | Uint8Array)[] | ArrayBufferView;

function typedValues(values: ConstantValues, dtype: DataType): ArrayBufferView | Uint8Array[] {
  if (ArrayBuffer.isView(values)) return values;
  if (dtype === "string") {
    return values.map((value) =>
      value instanceof Uint8Array ? value : new Uint8Array(Buffer.from(String(value))),
    );
  }
  const numbers = values.map(Number);
  switch (dtype) {
    case "float32":
      return Float32Array.from(numbers);
    case "float64":
      return Float64Array.from(numbers);
    case "int32":
      return Int32Array.from(numbers);
    case "int64":
      return BigInt64Array.from(numbers, (n) => BigInt(n));
    case "uint8":
    case "bool":
      return Uint8Array.from(numbers);
    default:
      throw new TypeError(
        `Cannot create constant: expected float, int, uint8, bool or string, got "${dtype}"`,
      );
  }
}

/**
 * A tensor of a true TensorFlow data type from JavaScript values, e.g. an int64 scalar for tf.data's counts.
 * @param values  as many as the shape holds
 * @throws {TypeError} if the data type has no JavaScript values
 */
export function constant(values: ConstantValues, shape: readonly number[], dtype: DataType): tf.Tensor {
  const typed = typedValues(values, dtype);
  const number = dataTypeNumber(dtype);
  const id = createHandle(shape, number, typed);
  return wrap({ id, dtype: number, shape: [...shape] });
}

/** The tensor's values in another TensorFlow data type, true types on both sides (int64 → int32, uint8 → float32, …). */
export function castTo(tensor: tf.Tensor, dtype: DataType): tf.Tensor {
  return executeOne("Cast", [tensor], { SrcT: attr.type(dataType(tensor)), DstT: attr.type(dtype) });
}

/**
 * The values of a string tensor as bytes, row-major.
 * @throws {TypeError} if the tensor holds no strings
 */
export function bytesOf(tensor: tf.Tensor): Uint8Array[] {
  const contents = contentsOf(tensor);
  if (Array.isArray(contents)) return contents;
  throw new TypeError(`Cannot read strings: expected a string tensor, got ${dataType(tensor)}`);
}

/** Runs `work` unseen by the recording under way: for values that belong to the recording itself. */
export function unrecorded<T>(work: () => T): T {
  return observe(undefined, work);
}

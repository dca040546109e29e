import { call, isCount, listOf, member } from "./member";

/** A tensor, however its package keeps it. */
export interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Both, as people write them: "float32 [2, 3]". */
  readonly head: string;
  /** Its values, read where they are. */
  readonly read: () => unknown;
}

/** The tensor that a value of TensorFlow.js or ONNX is; undefined if it is none. */
export function tensorOf(value: object): Tensor | undefined {
  return ofTensorFlow(value) ?? ofOnnx(value);
}

function ofTensorFlow(value: object): Tensor | undefined {
  const [dtype, shape] = [member(value, "dtype"), listOf(member(value, "shape"), isCount)];
  if (typeof dtype !== "string" || shape === undefined) return undefined;
  if (typeof member(value, "dataSync") !== "function") return undefined;
  return { dtype, shape, head: headOf(dtype, shape), read: () => call(value, "dataSync") };
}

/** @see onnxruntime-common 1.2, Tensor; Transformers.js has the same */
function ofOnnx(value: object): Tensor | undefined {
  const [dtype, shape] = [member(value, "type"), listOf(member(value, "dims"), isCount)];
  if (typeof dtype !== "string" || shape === undefined || !("data" in value)) return undefined;
  return { dtype, shape, head: headOf(dtype, shape), read: () => member(value, "data") };
}

function headOf(dtype: string, shape: readonly number[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}

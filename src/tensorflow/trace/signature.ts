/** What a recording takes and gives. */
import type { RecordedPrecision } from "./precision";
import { dataType, type tf } from "../runtime/runtime";

/** One recording of a traced function. */
export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What it is computed in. */
  readonly precision: RecordedPrecision;
  /** With precision "auto", when it has been chosen: seconds that a call took in each. */
  readonly measured?: Readonly<Record<RecordedPrecision, number>>;
  /** Operations in the recording, constants included. */
  readonly operations: number;
  /** Operations that were computed at the recording, since shapes or what was read unrecorded follow from what they give. */
  readonly computed: number;
  /** Tensors and variables closed over. */
  readonly captures: number;
  /** Names of the variables assigned after each call. */
  readonly assigned: readonly string[];
}

/** Data types and shapes, with "?" for an open batch. */
export function signatureOf(tensors: readonly tf.Tensor[], batch: "any" | undefined): string[] {
  const leading = batch === "any" ? tensors.find(({ rank }) => rank > 0)?.shape[0] : undefined;
  return tensors.map((tensor) => {
    const shape = tensor.shape.map((size, axis) => (axis === 0 && size === leading ? "?" : size));
    return `${dataType(tensor)}[${shape.join(",")}]`;
  });
}

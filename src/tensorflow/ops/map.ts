/** A recorded function for each slice of tensors, inside the graph. */
import { attr } from "../runtime/attributes";
import { execute } from "../trace/execute";
import type { RecordedFunction } from "../trace/function";
import { dataType, type tf } from "../runtime/runtime";

/**
 * The results of a function for each slice of tensors along their first dimension, in parallel and stacked.
 * @param tensors  all of one first dimension; the function takes a slice of each
 * @param fn       its outputs must have the same shapes for all slices: those of its recorded run
 * @returns        a tensor an output, [slices, ...shape]; the caller disposes
 * @throws {TensorFlowError} what the function says of a slice
 * @see tf.vectorized_map's fallback, MapDefun
 */
export function mapSlices(tensors: readonly tf.Tensor[], fn: RecordedFunction): tf.Tensor[] {
  return execute(
    "MapDefun",
    [...tensors, ...fn.captures],
    {
      Targuments: attr.types(tensors.map(dataType)),
      Tcaptured: attr.types(fn.captures.map(dataType)),
      output_types: attr.types(fn.outputTypes),
      output_shapes: attr.shapes(fn.outputShapes),
      f: attr.func(fn.name),
      max_intra_op_parallelism: attr.int(1),
    },
    fn.outputTypes.length,
  );
}

/** TensorFlow's iterators over datasets. */
import { attr, type Attrs } from "../runtime/attributes";
import type { DataType } from "../runtime/datatype";
import { bytesOf, constant, execute, executeAsync, executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { dataDevice, untunedDataset, type DatasetHandle } from "./data";

/** An iterator inside TensorFlow: a resource scalar; disposing it frees the iterator. */
export type IteratorHandle = tf.Tensor;

function elements(types: readonly DataType[]): Attrs {
  return { output_types: attr.types(types), output_shapes: attr.shapes(types.map(() => "unknown" as const)) };
}

/** An iterator at a dataset's beginning; the caller disposes. @param types of the dataset's components */
export function createIterator(handle: DatasetHandle, types: readonly DataType[]): IteratorHandle {
  const iterator = executeOne("AnonymousIteratorV3", [], elements(types), dataDevice());
  try {
    tf.tidy(
      () => void execute("MakeIterator", [untunedDataset(handle, types), iterator], {}, 0, dataDevice()),
    );
    return iterator;
  } catch (error) {
    iterator.dispose();
    throw error;
  }
}

/** The components of the next element, read off the main thread. @throws {TensorFlowError} OUT_OF_RANGE at the end */
export function nextElement(iterator: IteratorHandle, types: readonly DataType[]): Promise<tf.Tensor[]> {
  return executeAsync("IteratorGetNext", [iterator], elements(types), types.length, dataDevice());
}

/** As nextElement(), on the main thread. */
export function nextElementSync(iterator: IteratorHandle, types: readonly DataType[]): tf.Tensor[] {
  return execute("IteratorGetNext", [iterator], elements(types), types.length, dataDevice());
}

/** Where an iterator is, as bytes. @throws {TensorFlowError} if a part of its dataset can't tell */
export function serializeIterator(iterator: IteratorHandle): Uint8Array {
  const IGNORE = 1; // stateful functions: their state is not saved, and that is no error
  const policy = { external_state_policy: attr.int(IGNORE) };
  const packed = tf.tidy(() => {
    const state = executeOne("SerializeIterator", [iterator], policy, dataDevice());
    return executeOne("SerializeTensor", [state], { T: attr.type("variant") }, dataDevice());
  });
  const [bytes] = bytesOf(packed); // outside of tidy(), which looks at each byte of what it returns
  packed.dispose();
  if (bytes === undefined) throw new TypeError("Cannot serialize iterator: expected bytes, got none");
  return bytes;
}

/** Moves an iterator over the same dataset to where another was. @param state of serializeIterator() */
export function deserializeIterator(iterator: IteratorHandle, state: Uint8Array): void {
  tf.tidy(() => {
    const packed = constant([state], [], "string");
    const variants = executeOne("ParseTensor", [packed], { out_type: attr.type("variant") }, dataDevice());
    execute("DeserializeIterator", [iterator, variants], {}, 0, dataDevice());
  });
}

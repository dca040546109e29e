/** The names of variables in checkpoints that name them by the way to them through a program's objects. */
import { messageType } from "../runtime/protos";
import { bytesOf } from "../trace/execute";
import type { CheckpointReader } from "./reader";

/** The entry that tells them. @see tensorflow/python/checkpoint/trackable_view.py and base.py, OBJECT_GRAPH_PROTO_KEY */
const OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";

/**
 * The names that variables had in the program that saved them, by their entries: "conv1/kernel" of
 * "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE". Two entries may have one name.
 * @returns undefined for a checkpoint whose entries are names themselves, as tf.compat.v1.train.Saver's
 * @throws {Error} that names the entry and the file, if its bytes do not fit their checksum
 */
export function objectNames(checkpoint: CheckpointReader): Map<string, string> | undefined {
  if (!checkpoint.variables.some(({ name }) => name === OBJECT_GRAPH)) return undefined;
  const tensor = checkpoint.read(OBJECT_GRAPH);
  const [bytes = new Uint8Array()] = bytesOf(tensor);
  tensor.dispose();
  const graph = messageType("TrackableObjectGraph");
  const { nodes } = graph.toObject(graph.decode(bytes), { defaults: true, arrays: true }) as {
    nodes: { attributes: { full_name: string; checkpoint_key: string }[] }[];
  };
  const names = nodes.flatMap(({ attributes }) =>
    attributes.map(({ full_name, checkpoint_key }) => [checkpoint_key, full_name || checkpoint_key] as const),
  );
  return new Map(names);
}

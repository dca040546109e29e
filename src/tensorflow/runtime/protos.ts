/** TensorFlow's message formats, read from protos/: one namespace, in which each message stands once. */
import { readFileSync } from "node:fs";
import path from "node:path";
import protobuf from "protobufjs";

const root = new protobuf.Root();
for (const name of ["graph", "event", "example", "saved_model", "object_graph", "server"]) {
  // The compiled file lies in dist/src/tensorflow, the message formats beside the source.
  const file = path.resolve(__dirname, `../../../../src/tensorflow/protos/${name}.proto`);
  protobuf.parse(readFileSync(file, "utf8"), root, { keepCase: true });
}

/**
 * The message of that name, to be encoded and decoded.
 * @throws {Error} if there is none
 */
export function messageType(name: string): protobuf.Type {
  return root.lookupType(`tensorflow.${name}`);
}

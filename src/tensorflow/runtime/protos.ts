/** TensorFlow's message formats, read from protos/: one namespace, in which each message stands once. */
import { readFileSync } from "node:fs";
import path from "node:path";
import protobuf from "protobufjs";

const root = new protobuf.Root();
for (const name of ["graph", "event", "example", "saved_model", "object_graph", "server"]) {
  // The compiled file lies in dist/src/tensorflow, the message formats beside the source.
  const file = path.resolve(__dirname, `../../../../src/tensorflow/protos/${name}.proto`);
  readMessages(file, root);
}

/**
 * The messages of a .proto file, with their fields' names as they stand there.
 * @param into  messages that are known already, and to which these are added
 * @throws {Error} if it is none
 */
export function readMessages(file: string, into = new protobuf.Root()): protobuf.Root {
  return protobuf.parse(readFileSync(file, "utf8"), into, { keepCase: true }).root;
}

/**
 * The message of that name, to be encoded and decoded.
 * @throws {Error} if there is none
 */
export function messageType(name: string): protobuf.Type {
  return root.lookupType(`tensorflow.${name}`);
}

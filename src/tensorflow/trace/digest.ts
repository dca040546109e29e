/** Digests of tensors and recorded functions: equal ones are of the same values and operations, in any process. */
import { createHash, type Hash } from "node:crypto";
import { functionMessage } from "./library";
import { contentsOf, dataType, type tf } from "../runtime/runtime";

/** A digest of tensors' data types, shapes and values; of resources and datasets, of their types alone. */
export function digestOfTensors(tensors: readonly tf.Tensor[]): string {
  const hash = createHash("sha256");
  for (const tensor of tensors) addTensor(hash, tensor);
  return hash.digest("hex");
}

function addTensor(hash: Hash, tensor: tf.Tensor): void {
  const type = dataType(tensor);
  hash.update(`${type}[${tensor.shape.join(",")}]`);
  if (type === "resource" || type === "variant" || tensor.size === 0) return;
  const contents = contentsOf(tensor);
  if (ArrayBuffer.isView(contents))
    hash.update(new Uint8Array(contents.buffer, contents.byteOffset, contents.byteLength));
  else for (const text of contents) hash.update(`${text.length}:`).update(text);
}

/** A digest of a registered function's operations, constants included, and of those that it calls; not of their names. */
export function digestOfFunction(name: string): string {
  const hash = createHash("sha256");
  const numbers = new Map([[name, "f0"]]); // by the name, which counts what this process has recorded
  for (const one of numbers.keys()) {
    const message = functionMessage(one);
    if (message === undefined) continue;
    const renamed = (called: string): string => {
      if (functionMessage(called) === undefined) return called;
      const number = numbers.get(called) ?? `f${numbers.size}`;
      numbers.set(called, number);
      return number;
    };
    const nodes = (message.node_def ?? []).map(({ op, input = [], attr = {}, ...node }) => {
      const attrs = Object.entries(attr).map(([key, value]) => [
        key,
        value.func === undefined ? value : renamed(value.func.name),
      ]);
      return { ...node, op: renamed(op), input, attrs };
    });
    hash.update(JSON.stringify([numbers.get(one), nodes, message.ret]));
  }
  return hash.digest("hex");
}

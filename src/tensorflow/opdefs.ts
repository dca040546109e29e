import { OpListMessage, type OpMessage } from "./messages";
import { native } from "./runtime";

let definitions: Map<string, OpMessage> | undefined;

function all(): Map<string, OpMessage> {
  if (definitions === undefined) {
    const list = OpListMessage.toObject(OpListMessage.decode(native.opList()), {
      defaults: true,
      arrays: true,
    });
    definitions = new Map((list as { op: OpMessage[] }).op.map((op) => [op.name, op]));
  }
  return definitions;
}

/**
 * TensorFlow's definition of an operation, or of a registered function: its arguments and attributes.
 * @throws {RangeError} if there is no such operation
 */
export function opDefinition(name: string): OpMessage {
  const definition = all().get(name);
  if (definition === undefined)
    throw new RangeError(`Cannot find operation "${name}": TensorFlow has none of that name`);
  return definition;
}

/** Makes a registered function known as an operation, so that other functions may call it. */
export function defineFunctionOp(definition: OpMessage): void {
  all().set(definition.name, definition);
}

/** Forgets a function again. */
export function forgetFunctionOp(name: string): void {
  definitions?.delete(name);
}

import { OpDefMessage, type OpMessage } from "./messages";
import { native } from "./runtime";

const definitions = new Map<string, OpMessage>(); // those that were asked for

/**
 * TensorFlow's definition of an operation, or of a registered function: its arguments and attributes.
 * @throws {RangeError} if there is no such operation
 */
export function opDefinition(name: string): OpMessage {
  const known = definitions.get(name);
  if (known !== undefined) return known;
  const bytes = native.opDefinition(name);
  if (bytes === undefined)
    throw new RangeError(`Cannot find operation "${name}": TensorFlow has none of that name`);
  const whole = { defaults: true, arrays: true };
  const definition = OpDefMessage.toObject(OpDefMessage.decode(bytes), whole) as OpMessage;
  definitions.set(name, definition);
  return definition;
}

/** Makes a registered function known as an operation, so that other functions may call it. */
export function defineFunctionOp(definition: OpMessage): void {
  definitions.set(definition.name, definition);
}

/** Forgets a function again. */
export function forgetFunctionOp(name: string): void {
  definitions.delete(name);
}

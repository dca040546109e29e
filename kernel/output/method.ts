import { types } from "node:util";
import { isObject } from "../session/interop";

/** The key of the method by which a value shows itself, in Deno's kernel too. */
export const displaySymbol = Symbol.for("Jupyter.display");

/**
 * The method by which a value shows itself; undefined if it has none. Whether it has is asked first, as Deno's kernel does:
 * some proxies have a method for whatever is read.
 */
export function displayMethod(value: unknown): ((...args: readonly unknown[]) => unknown) | undefined {
  if (!isObject(value) || isRevoked(value) || !(displaySymbol in value)) return undefined;
  const method: unknown = Reflect.get(value, displaySymbol);
  return isFunction(method) ? method : undefined;
}

function isFunction(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === "function";
}

/** Whether nothing can be asked of a proxy any more, not even what it is. */
export function isRevoked(value: unknown): boolean {
  if (!types.isProxy(value)) return false;
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

import { isObject } from "./interop";

/**
 * Makes one object have the properties of another, as they are at any time, or of data, as they are; false if they are
 * not both objects.
 */
export function replaceProperties(target: unknown, source: unknown, isData: boolean): boolean {
  if (
    !isObject(target) ||
    !isObject(source) ||
    typeof source === "function" ||
    typeof target === "function"
  ) {
    return false;
  }
  if (Array.isArray(target) !== Array.isArray(source)) return false;
  for (const name of Object.keys(target)) if (!(name in source)) Reflect.deleteProperty(target, name);
  for (const name of Object.keys(source)) {
    const get = (): unknown => Reflect.get(source, name);
    const property = isData ? { value: get(), writable: true } : { get };
    // What can't be defined anew is a getter already, of what the module exports of another.
    Reflect.defineProperty(target, name, { ...property, enumerable: true, configurable: true });
  }
  if (Array.isArray(target) && Array.isArray(source)) target.length = source.length;
  return true;
}

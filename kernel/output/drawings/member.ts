/**
 * A property of an object that has it, else undefined, also of one that can't be read. Whether it has is asked first, since some
 * proxies make up whatever is read: clients of a server would take our look for a call.
 */
export function member(value: object, name: PropertyKey): unknown {
  try {
    return name in value ? Reflect.get(value, name) : undefined;
  } catch {
    return undefined; // such as the getters of a prototype: it is not what it makes
  }
}

/** What an object's method gives; undefined if it has none of that name. */
export function call(value: object, name: string, ...given: readonly unknown[]): unknown {
  const method = member(value, name);
  return typeof method === "function" ? Reflect.apply(method, value, given) : undefined;
}

/** Whether an object has all these methods. */
export function hasMethods(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof member(value, name) === "function");
}

/** A list of what passes a test, or undefined if the value is no such list. */
export function listOf<T>(
  value: unknown,
  isElement: (element: unknown) => element is T,
): readonly T[] | undefined {
  return Array.isArray(value) && value.every(isElement) ? value : undefined;
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value counts something. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

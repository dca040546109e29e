import { types } from "node:util";

/** What is small: so many bytes, about, of texts and other data. */
const mostBytes = 10_000;

/** What a value without data of its own takes, about. */
const plainBytes = 16;

/**
 * Whether a value is data of at most some 10 KB all through: no instance of a class (a tensor, a model), no function, nothing
 * that would have to run to be looked at.
 */
export function isSmall(value: unknown): boolean {
  return new Measure().add(value);
}

/** Adds up values until they are too large. */
class Measure {
  #left = mostBytes;
  readonly #seen = new Set<object>();

  /** False if it is too large now, or something else than data. */
  add(value: unknown): boolean {
    if (typeof value === "function") return false;
    this.#left -= typeof value === "string" ? value.length + plainBytes : plainBytes;
    if (this.#left < 0) return false;
    if (typeof value === "bigint") return value < 2n ** 64n && value > -(2n ** 64n);
    if (typeof value !== "object" || value === null || this.#seen.has(value)) return true;
    this.#seen.add(value);
    return !types.isProxy(value) && this.#addObject(value);
  }

  #addObject(value: object): boolean {
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
      const { byteLength } = ArrayBuffer.isView(value) ? value.buffer : value; // a view keeps all of its buffer
      this.#left -= byteLength;
      return this.#left >= 0;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Map.prototype && types.isMap(value))
      return this.#each(value, ([key, item]) => this.add(key) && this.add(item));
    if (prototype === Set.prototype && types.isSet(value)) return this.#each(value, (item) => this.add(item));
    if (prototype === Date.prototype || prototype === RegExp.prototype) return true;
    const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
    return isPlain && this.#addProperties(value);
  }

  #addProperties(value: object): boolean {
    const names = Reflect.ownKeys(value);
    if (names.length * plainBytes > this.#left) return false;
    return names.every((name) => {
      const property = Reflect.getOwnPropertyDescriptor(value, name);
      return property !== undefined && "value" in property && this.add(property.value);
    });
  }

  #each<T>(items: Iterable<T>, add: (item: T) => boolean): boolean {
    for (const item of items) if (!add(item)) return false;
    return true;
  }
}

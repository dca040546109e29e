import { types } from "node:util";
import { isJson, type Json } from "../protocol";

/** How large and how deep JSON of a message may be: what comes from elsewhere must not exhaust stack or memory. */
const limits = { bytes: 256 * 1024 * 1024, depth: 500 } as const;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a JSON object that somebody else wrote. Keys that would reach a prototype when objects are merged are left out.
 * @throws {Error} if it is not JSON, not an object, larger than 256 MiB or nested deeper than 500 times
 */
export function parseObject(bytes: Uint8Array): Json {
  if (bytes.length > limits.bytes)
    throw new RangeError(`expected at most ${limits.bytes} bytes, got ${bytes.length}`);
  checkDepth(bytes);
  const text = utf8.decode(bytes);
  const value: unknown = JSON.parse(text);
  if (!isJson(value))
    throw new TypeError(`expected an object, got ${Array.isArray(value) ? "a list" : typeof value}`);
  if (/__proto__|constructor|\\u/.test(text)) removePrototypes(value); // \u may spell either
  return value;
}

const [quote, backslash] = [0x22, 0x5c];
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]); // [ {
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]); // ] }

/** Looks at the bytes, as parsing what is nested a million times would take gigabytes. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte > 0x5a && opening.has(byte)) {
      if (++depth > limits.depth) throw new RangeError(`expected at most ${limits.depth} levels of nesting`);
    } else if (byte > 0x5a && closing.has(byte)) depth--;
  }
}

function removePrototypes(root: object): void {
  const left: object[] = [root];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    for (const key of Object.keys(value)) {
      const child: unknown = Reflect.get(value, key);
      if (typeof child !== "object" || child === null) {
        if (key === "__proto__") Reflect.deleteProperty(value, key);
      } else if (reachesPrototype(key, child)) Reflect.deleteProperty(value, key);
      else left.push(child);
    }
  }
}

function reachesPrototype(key: string, child: object): boolean {
  return key === "__proto__" || (key === "constructor" && Object.hasOwn(child, "prototype"));
}

/**
 * A value as JSON, with what JSON.stringify() would write as {} in silence: typed arrays and whatever else can be iterated
 * as lists, bytes (Buffer, ArrayBuffer) in base64, maps as objects (as lists of entries if a key is neither text nor
 * number), errors and regular expressions as text, as ipykernel sends arrays, bytes, sets and dicts.
 * @throws {TypeError} for a promise, and what else has no content to write
 * @throws {RangeError} for a bigint that a JSON number would round
 */
export function writeJson(value: object): string {
  return holdsOther(value) ? JSON.stringify(value, replaceOther) : JSON.stringify(value);
}

/** Whether something in a value is more than lists, plain objects and what JSON.stringify() knows: a replacer is slow. */
function holdsOther(root: object): boolean {
  const left: object[] = [root];
  const seen = new Set<object>();
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (!Array.isArray(value) && !isPlain(value)) return true;
    const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const child of children) {
      if (typeof child === "bigint") return true;
      if (typeof child === "object" && child !== null) left.push(child);
    }
  }
  return false;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !("toJSON" in value);
}

/** JSON.stringify()'s replacer; `this` has the value before its toJSON(), of which a Buffer's would give an object. */
function replaceOther(this: unknown, key: string, value: unknown): unknown {
  const original: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : undefined;
  if (Buffer.isBuffer(original)) return original.toString("base64");
  if (typeof value === "bigint") return exact(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (types.isMap(value)) return ofMap(value);
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value).toString("base64");
  if (types.isDataView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (types.isNativeError(value) || types.isRegExp(value)) return String(value);
  if (types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value))
    throw new TypeError(`Cannot write "${key}" as JSON: expected a value, got ${tagOf(value)}`);
  return isIterable(value) && !types.isBoxedPrimitive(value) ? Array.from(value) : value;
}

function exact(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`Cannot write a bigint as JSON: expected at most 2^53 - 1 in size, got ${value}n`);
}

function ofMap(map: ReadonlyMap<unknown, unknown>): object {
  const entries = [...map].map(([key, value]): [unknown, unknown] => [key, value]);
  const named = entries.every(([key]) => typeof key === "string" || typeof key === "number");
  return named ? Object.fromEntries(entries.map(([key, value]) => [String(key), value])) : entries;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof Reflect.get(value, Symbol.iterator) === "function";
}

/**
 * JSON in which every text is Unicode: half a surrogate pair, of which UTF-8 has no bytes, becomes U+FFFD, as in all that
 * encodes text. Python reads the half that JSON can spell, and fails when it writes the notebook.
 */
export function wellFormed(json: string): string {
  if (!json.includes("\\ud")) return json; // JSON.stringify() spells halves, and nothing else, so
  return json.replace(/\\(?:ud[89ab]..\\ud[c-f]..|(ud[89a-f]..)|.)/g, (spelt, half?: string) =>
    half === undefined ? spelt : "\ufffd",
  );
}

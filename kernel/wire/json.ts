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

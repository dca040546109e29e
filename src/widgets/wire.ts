import type { WireObject } from "./frontend";

/** What a message carries: JSON, and the bytes that were in it, each with where it was. */
export interface Packed {
  readonly json: WireObject;
  readonly paths: readonly (readonly (string | number)[])[];
  readonly buffers: readonly Uint8Array[];
}

/** By which front ends know a widget in the state of another. */
const PREFIX = "IPY_MODEL_";
const ids = new WeakMap<object, string>();

/** Lets an object in other widgets' states be a reference to the model with this id. */
export function referTo(widget: object, modelId: string): void {
  ids.set(widget, modelId);
}

/**
 * A state as front ends take it: typed arrays and buffers are taken out, in lists null stays in their place; widgets become
 * references. What else there is must be JSON.
 * @see ipywidgets 8.1.9, widgets/widget.py, _remove_buffers
 */
export function pack(state: WireObject): Packed {
  const paths: (readonly (string | number)[])[] = [];
  const buffers: Uint8Array[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const id = ids.get(value);
    if (id !== undefined) return `${PREFIX}${id}`;
    const bytes = bytesOf(value);
    if (bytes !== undefined) {
      paths.push(path);
      buffers.push(bytes);
      return undefined; // JSON leaves it out of an object
    }
    if (Array.isArray(value)) return value.map((item: unknown, i) => walk(item, [...path, i]) ?? null);
    if (!isPlain(value)) return value; // the kernel writes maps, sets and dates
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]),
    );
  };
  const json = Object.fromEntries(Object.entries(state).map(([name, item]) => [name, walk(item, [name])]));
  return { json, paths, buffers };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A state that came as JSON with its bytes beside it, each put where its path says. */
export function unpack(state: WireObject, paths: unknown, buffers: readonly Uint8Array[]): WireObject {
  if (!Array.isArray(paths)) return state;
  paths.forEach((path: unknown, i) => {
    if (Array.isArray(path)) put(state, path, buffers[i]);
  });
  return state;
}

function put(state: WireObject, path: readonly unknown[], bytes: Uint8Array | undefined): void {
  let place: unknown = state;
  for (const key of path.slice(0, -1)) place = ownValue(place, String(key));
  if (typeof place === "object" && place !== null)
    Object.defineProperty(place, String(path.at(-1)), {
      value: bytes,
      enumerable: true,
      writable: true,
      configurable: true,
    });
}

function ownValue(place: unknown, key: string): unknown {
  return typeof place === "object" && place !== null && Object.hasOwn(place, key)
    ? Reflect.get(place, key)
    : undefined;
}

/** The memory of a typed array or a buffer, not copied; undefined of anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/** Bytes as the kind of array that stood in their place, e.g. a Float32Array; bytes themselves where none stood there. */
export function asKindOf(before: unknown, bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return bytes;
  const copy = new Uint8Array(bytes).buffer; // aligned
  if (before instanceof ArrayBuffer) return copy;
  return ArrayBuffer.isView(before) ? Reflect.construct(kindOf(before), [copy]) : new Uint8Array(copy);
}

function kindOf(view: ArrayBufferView): typeof Uint8Array {
  if (Buffer.isBuffer(view)) return Uint8Array;
  const kind: unknown = view.constructor;
  return isConstructor(kind) ? kind : Uint8Array;
}

function isConstructor(value: unknown): value is typeof Uint8Array {
  return typeof value === "function";
}

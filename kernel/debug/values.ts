import { type Runtime } from "node:inspector/promises";

/** Kinds of objects whose description says all; V8 has more of them than Node's types. */
const toldByName: ReadonlySet<string> = new Set(["date", "regexp", "internal#entry"]);

/** How long a value's text may be in a list of variables. */
const longest = 200;
const longestText = 2000;

/** A value as short text, e.g. `Tensor {id: 3, shape: Array(2)}`. */
export function describeValue(value: Runtime.RemoteObject): string {
  switch (value.type) {
    case "string":
      return quote(String(value.value), longestText);
    case "undefined":
      return "undefined";
    case "function":
      return describeFunction(value.description ?? "function");
    case "object":
      return value.subtype === "null" ? "null" : describeObject(value);
    default:
      return value.unserializableValue ?? value.description ?? String(value.value);
  }
}

/** A value's type, in the words of TypeScript; of an object, its class. */
export function typeOf(value: Runtime.RemoteObject): string {
  if (value.type !== "object") return value.type;
  return value.subtype === "null" ? "null" : (value.className ?? "object");
}

/**
 * A value's type for JupyterLab's panel (4.6), which shows the type of everything but Python's `int`, `float`, `bool`
 * and `str`, and the value of what has no type: source convertType in @jupyterlab/debugger's panels/variables.
 */
export function typeForJupyterLab(value: Runtime.RemoteObject): string | undefined {
  if (value.type === "number") return Number.isSafeInteger(value.value) ? "int" : "float";
  if (value.type === "boolean") return "bool";
  return value.type === "string" ? "str" : undefined;
}

/** How many elements a value has that are reached by number; 0 if it is no list. */
export function lengthOf(value: Runtime.RemoteObject): number {
  if (value.subtype !== "array" && value.subtype !== "typedarray") return 0;
  return Number(/\((\d+)\)$/.exec(value.description ?? "")?.[1] ?? 0);
}

function describeObject(value: Runtime.RemoteObject): string {
  const name = value.description ?? value.className ?? "Object";
  if (value.subtype === "error") return cut(name.split("\n", 1)[0] ?? name);
  const { preview } = value;
  if (preview === undefined || toldByName.has(value.subtype ?? "")) return cut(name);
  const isList = value.subtype === "array" || value.subtype === "typedarray";
  const parts = (preview.entries ?? []).map(describeEntry);
  for (const property of preview.properties) {
    if (preview.entries !== undefined && property.name === "size") continue;
    const text = describeProperty(property);
    parts.push(isList && /^\d+$/.test(property.name) ? text : `${property.name}: ${text}`);
  }
  if (preview.overflow) parts.push("…");
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const head = name === "Object" ? "" : `${name} `;
  return cut(`${head}${open}${parts.join(", ")}${close}`);
}

function describeEntry({ key, value }: Runtime.EntryPreview): string {
  const text = describePreview(value);
  return key === undefined ? text : `${describePreview(key)} => ${text}`;
}

function describePreview({ type, description, subtype }: Runtime.ObjectPreview): string {
  return type === "string"
    ? quote(description ?? "", 50)
    : subtype === "null"
      ? "null"
      : (description ?? type);
}

function describeProperty({ type, value, subtype }: Runtime.PropertyPreview): string {
  if (type === "string") return quote(value ?? "", 50);
  if (type === "accessor") return "(…)";
  if (type === "function") return "ƒ";
  return subtype === "null" ? "null" : (value ?? type);
}

/** The head of a function or class, without its body. */
function describeFunction(source: string): string {
  const head = source.split("\n", 1)[0] ?? source;
  if (head.startsWith("class")) return cut(/^class[^{]*/.exec(head)?.[0].trim() ?? head);
  return cut(head.replace(/\s*\{\s*$/, "").replace(/^(async\s+)?function\s*/, "ƒ "));
}

function quote(text: string, most: number): string {
  return text.length > most ? `${JSON.stringify(text.slice(0, most)).slice(0, -1)}…"` : JSON.stringify(text);
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

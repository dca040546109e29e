import { types } from "node:util";
import { dataProperty } from "./runtime";

const longestText = 60;

/** A value's kind in a word, such as "number", "Tensor" or "Array". */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function")
    return /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function";
  if (typeof value !== "object") return typeof value;
  if (types.isProxy(value)) return "Proxy";
  const name = dataProperty(dataProperty(value, "constructor"), "name");
  return typeof name === "string" && name !== "" ? name : "object";
}

/** A value in a few words, without running any of its code: "[2, 3] float32", "Array(10)", "'text'". */
export function preview(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return cut(nameOf(value));
  if (typeof value !== "object" || value === null) return String(value);
  if (types.isProxy(value)) return "";
  return previewObject(value);
}

function previewObject(value: object): string {
  const [shape, dtype] = [dataProperty(value, "shape"), dataProperty(value, "dtype")];
  if (isShape(shape) && typeof dtype === "string") return `[${shape.join(", ")}] ${dtype}`;
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? "element" : "elements"}`;
  if (types.isTypedArray(value)) return `${value.length} elements`;
  if (types.isMap(value) || types.isSet(value))
    return `${value.size} ${value.size === 1 ? "entry" : "entries"}`;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? "invalid" : value.toISOString();
  if (types.isRegExp(value)) return cut(String(RegExp.prototype.toString.call(value)));
  if (types.isNativeError(value)) return cut(String(dataProperty(value, "message")));
  if (types.isPromise(value)) return "";
  const names = Object.keys(value);
  return cut(`{ ${names.join(", ")} }`);
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => typeof size === "number");
}

function nameOf(value: object): string {
  const name = dataProperty(value, "name");
  return typeof name === "string" ? name : "";
}

function cut(text: string): string {
  const [line = ""] = text.split("\n");
  const isWhole = line.length === text.length && line.length <= longestText;
  return isWhole ? text : `${line.slice(0, longestText)}…`;
}

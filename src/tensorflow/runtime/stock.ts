import type { Attrs } from "./attributes";
import type { AttrValue } from "./messages";
import type { StockAttribute } from "./native";
import { opDefinition } from "./opdefs";

/** The attributes that the stock binding is given, as bare JavaScript values; the op's definition says of which kind each is. */
export function stockAttributes(op: string, attributes: readonly StockAttribute[]): Attrs {
  const definition = opDefinition(op);
  const attrs: Record<string, AttrValue> = {};
  for (const { name, value } of attributes) {
    const type = definition.attr.find((one) => one.name === name)?.type ?? "";
    attrs[name] = attributeOf(type, value, `${op}.${name}`);
  }
  return attrs;
}

function attributeOf(type: string, value: unknown, name: string): AttrValue {
  const numbers = (): number[] => (value as readonly number[]).map(Number);
  switch (type) {
    case "type":
      return { type: Number(value) };
    case "int":
      return { i: Number(value) };
    case "float":
      return { f: Number(value) };
    case "bool":
      return { b: Boolean(value) };
    case "string":
      return { s: Buffer.from(String(value)) };
    case "shape":
      return { shape: { dim: numbers().map((size) => ({ size })) } };
    case "list(int)":
      return { list: { i: numbers() } };
    case "list(type)":
      return { list: { type: numbers() } };
    case "list(float)":
      return { list: { f: numbers() } };
    default:
      throw new TypeError(`Cannot record attribute "${name}": expected a known kind, got "${type}"`);
  }
}

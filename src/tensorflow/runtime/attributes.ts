import { dataTypeNumber, type DataType } from "./datatype";
import { AttrValueMessage, type AttrValue, type ShapeMessage } from "./messages";

export type { AttrValue };

/** The attributes of an operation, by name, as AttrValue messages; made by `attr`. */
export type Attrs = Readonly<Record<string, AttrValue>>;

/** A tensor's shape for an attribute: known, with null for an open dimension, or of unknown rank. */
export type AttrShape = readonly (number | null)[] | "unknown";

const bytes = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? Buffer.from(text) : text;
const shapeMessage = (shape: AttrShape): ShapeMessage =>
  shape === "unknown" ? { unknown_rank: true } : { dim: shape.map((size) => ({ size: size ?? -1 })) };

/** Makes attributes of TensorFlow operations. */
export const attr = {
  type: (name: DataType): AttrValue => ({ type: dataTypeNumber(name) }),
  int: (i: number): AttrValue => ({ i }),
  float: (f: number): AttrValue => ({ f }),
  bool: (b: boolean): AttrValue => ({ b }),
  string: (s: string | Uint8Array): AttrValue => ({ s: bytes(s) }),
  shape: (shape: AttrShape): AttrValue => ({ shape: shapeMessage(shape) }),
  func: (name: string): AttrValue => ({ func: { name } }),
  types: (names: readonly DataType[]): AttrValue => ({ list: { type: names.map(dataTypeNumber) } }),
  shapes: (shapes: readonly AttrShape[]): AttrValue => ({ list: { shape: shapes.map(shapeMessage) } }),
  ints: (i: readonly number[]): AttrValue => ({ list: { i: [...i] } }),
  floats: (f: readonly number[]): AttrValue => ({ list: { f: [...f] } }),
  strings: (texts: readonly (string | Uint8Array)[]): AttrValue => ({ list: { s: texts.map(bytes) } }),
} as const;

const encoded = new Map<string, Uint8Array>(); // types and booleans, of which nearly all attributes are

/** An attribute as the bytes of its AttrValue message. */
export function encodeAttr(value: AttrValue): Uint8Array {
  const { type, b } = value;
  const key = type === undefined ? (b === undefined ? undefined : String(b)) : String(type);
  const known = key === undefined ? undefined : encoded.get(key);
  if (known !== undefined) return known;
  const message = AttrValueMessage.encode(AttrValueMessage.fromObject(value)).finish();
  if (key !== undefined) encoded.set(key, message);
  return message;
}

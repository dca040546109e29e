import { types } from "node:util";
import { displaySymbol } from "../method";
import { limits } from "./limits";
import { call, hasMethods, isCount, isText, listOf, member } from "./member";

/** The first rows of what is a table, and how many there are. */
export interface Rows {
  readonly count: number;
  /** @default the keys of all rows shown, in the order in which they appear */
  readonly columns?: readonly string[];
  readonly first: readonly object[];
  /** Of a map, those of its rows. */
  readonly keys?: readonly unknown[];
}

/** The rows of records in a list, set or map, and of the tables of packages; undefined of anything else. */
export function rowsOf(value: object): Rows | undefined {
  if (Array.isArray(value)) return ofList(value, value.length);
  if (types.isSet(value)) return ofList(firstOf(value.values()), value.size);
  if (types.isMap(value)) {
    const rows = ofList(firstOf(value.values()), value.size);
    return rows && { ...rows, keys: firstOf(value.keys()) };
  }
  return ofArquero(value) ?? ofArrow(value);
}

function ofList(list: readonly unknown[], count: number): Rows | undefined {
  const first = listOf(Array.from(list.slice(0, limits.rows)), isRecord); // holes are no records
  return first === undefined || first.length === 0 ? undefined : { count, first };
}

function firstOf(values: Iterable<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const value of values) {
    if (first.push(value) === limits.rows) break;
  }
  return first;
}

/** Whether a value is an object that only holds what stands in it, at least one thing, and is not drawn in a way of its own. */
function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && !(displaySymbol in value) && Object.keys(value).length > 0;
}

/** @see arquero 7, ColumnTable */
function ofArquero(value: object): Rows | undefined {
  if (!hasMethods(value, "numRows", "columnNames", "objects")) return undefined;
  const [count, columns] = [call(value, "numRows"), listOf(call(value, "columnNames"), isText)];
  const first = listOf(call(value, "objects", { limit: limits.rows }), isObject);
  if (!isCount(count) || columns === undefined || first === undefined) return undefined;
  return { count, columns, first };
}

/** @see apache-arrow 21, Table */
function ofArrow(value: object): Rows | undefined {
  if (!hasMethods(value, "get", "slice", "toArray")) return undefined;
  const [count, schema] = [member(value, "numRows"), member(value, "schema")];
  if (!isCount(count) || !isObject(schema)) return undefined;
  const columns = listOf(member(schema, "fields"), isObject)?.map((field) => String(member(field, "name")));
  if (columns === undefined) return undefined;
  const first = Array.from({ length: Math.min(count, limits.rows) }, (_, i) => {
    const row = call(value, "get", i);
    return Object.fromEntries(columns.map((name) => [name, isObject(row) ? member(row, name) : undefined]));
  });
  return { count, columns, first };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** JSON of files that may be damaged, or lie. */
import { reasonOf } from "../../tensorflow";
import { damaged } from "./bytefile";

/**
 * The object that a text in a file is.
 * @param offset  of the text in the file, in bytes
 * @throws {Error} that names the file and the offset, if it is none, or has a name twice, of which JSON.parse() keeps the last
 */
export function parseJson(path: string, text: string, offset: number): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw damaged(path, "JSON", offset, reasonOf(error));
  }
  if (!isRecord(parsed)) throw damaged(path, "a JSON object", offset, text.slice(0, 20));
  const repeated = repeatedName(text);
  if (repeated === undefined) return parsed;
  const place = offset + Buffer.byteLength(text.slice(0, repeated.index));
  throw damaged(path, "each name once", place, `"${repeated.name}" again`);
}

/** Whether a value is an object with names, not a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an integer from 0 on that a number can hold exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A name that stands twice in one object, and where the second begins, in letters. */
interface RepeatedName {
  readonly name: string;
  readonly index: number;
}

/** The first name that an object of a text in JSON has twice; undefined if there is none. */
function repeatedName(text: string): RepeatedName | undefined {
  const open: Set<string>[] = [];
  for (const { 0: token, 1: quoted, index } of text.matchAll(TOKENS)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (quoted !== undefined) {
      const name = String(JSON.parse(quoted)); // escapes may write one name in two ways
      const names = open.at(-1);
      if (names?.has(name) === true) return { name, index };
      names?.add(name);
    }
  }
  return undefined;
}

/** Names with their colons, other texts, and where objects begin and end. */
const TOKENS = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g;

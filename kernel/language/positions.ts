import { type Json } from "../protocol";
import { type Completion } from "../session/api";

/** The UTF-16 offset of a position that Jupyter gives in code points. */
export function toUtf16(code: string, position: number): number {
  let offset = 0;
  for (let left = position; left > 0 && offset < code.length; left--) offset += widthAt(code, offset);
  return offset;
}

/** The position in code points, as Jupyter has it, of a UTF-16 offset; within a surrogate pair, that before it. */
export function toCodePoints(code: string, offset: number): number {
  let position = 0;
  const end = Math.min(offset, code.length);
  for (let at = 0; at < end; position++) {
    at += widthAt(code, at);
    if (at > end) break;
  }
  return position;
}

function widthAt(code: string, offset: number): 1 | 2 {
  return (code.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}

/** IPython's names for kinds of things, which front ends have icons for. */
const jupyterTypes: Readonly<Record<string, string>> = {
  function: "function",
  "local function": "function",
  method: "function",
  construct: "function",
  constructor: "function",
  class: "class",
  "local class": "class",
  interface: "class",
  type: "class",
  enum: "class",
  module: "module",
  "external module name": "module",
  alias: "module",
  keyword: "keyword",
  "primitive type": "keyword",
  property: "property",
  getter: "property",
  setter: "property",
  accessor: "property",
  "enum member": "property",
  parameter: "param",
  "type parameter": "param",
  string: "statement",
  label: "statement",
  directory: "path",
  script: "path",
  path: "path",
  magic: "magic",
};

/** The content of a complete_reply but for its status; positions are in code points. */
export function toCompleteReply(code: string, { start, end, matches }: Completion): Json {
  const [cursor_start, cursor_end] = [toCodePoints(code, start), toCodePoints(code, end)];
  const types = matches.map(({ text, kind, signature = "" }) => ({
    text,
    type: jupyterTypes[kind] ?? "instance",
    start: cursor_start,
    end: cursor_end,
    signature,
  }));
  return {
    matches: matches.map(({ text }) => text),
    cursor_start,
    cursor_end,
    metadata: { _jupyter_types_experimental: types },
  };
}

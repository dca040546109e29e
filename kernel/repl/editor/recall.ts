import { bufferOf, type Buffer } from "./buffer";

/** A walk through older inputs that begin as the draft does. */
export interface Recall {
  /** What was typed before the walk. */
  readonly draft: Buffer;
  /** Which input of the history is shown; its length stands for the draft. */
  readonly index: number;
}

/** A search from the newest input back. */
export interface Search {
  readonly query: string;
  readonly draft: Buffer;
  /** Which input is shown; the history's length as long as none was found. */
  readonly index: number;
  readonly failed: boolean;
}

/** The next older or newer input; undefined if there is none. */
export function walk(
  history: readonly string[],
  buffer: Buffer,
  recall: Recall | undefined,
  by: -1 | 1,
): { readonly recall: Recall; readonly buffer: Buffer } | undefined {
  const { draft, index } = recall ?? { draft: buffer, index: history.length };
  const prefix = draft.text.slice(0, draft.cursor);
  for (let i = index + by; i >= 0 && i < history.length; i += by) {
    const input = history[i] ?? "";
    if (input.startsWith(prefix) && input !== buffer.text)
      return { recall: { draft, index: i }, buffer: bufferOf(input) };
  }
  if (by < 0 || index >= history.length) return undefined;
  return { recall: { draft, index: history.length }, buffer: draft };
}

/** Begins a search. */
export function startSearch(history: readonly string[], draft: Buffer): Search {
  return { query: "", draft, index: history.length, failed: false };
}

/** The search with another query, from the input that it shows on. */
export function searchFor(history: readonly string[], search: Search, query: string): Search {
  const from = query.startsWith(search.query)
    ? Math.min(search.index, history.length - 1)
    : history.length - 1;
  return find(history, { ...search, query }, from, -1);
}

/** The next older (-1) or newer (1) input that matches. */
export function searchNext(history: readonly string[], search: Search, by: -1 | 1): Search {
  return find(history, search, search.index + by, by);
}

/** What a search shows: its match, with the cursor where the query was found. */
export function foundBuffer(history: readonly string[], { query, draft, index }: Search): Buffer {
  const text = history[index];
  if (text === undefined) return draft;
  return { text, cursor: Math.max(0, text.toLowerCase().indexOf(query.toLowerCase())) };
}

function find(history: readonly string[], search: Search, from: number, by: -1 | 1): Search {
  const query = search.query.toLowerCase();
  const shown = history[search.index];
  for (let i = from; i >= 0 && i < history.length; i += by) {
    const input = history[i] ?? "";
    if (input.toLowerCase().includes(query) && (i === search.index || input !== shown))
      return { ...search, index: i, failed: false };
  }
  return { ...search, failed: search.query !== "" };
}

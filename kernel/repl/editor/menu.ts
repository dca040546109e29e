import { type Completion, type CompletionItem } from "../../session/api";
import { replace, type Buffer } from "./buffer";

/** Completions to choose from. */
export interface Menu {
  readonly items: readonly CompletionItem[];
  /** Which one stands in the text; -1 for none yet. */
  readonly selected: number;
  /** Where the completed word begins in the text. */
  readonly start: number;
  /** The text before anything was chosen. */
  readonly original: Buffer;
}

/** A buffer with completions: the one match or what all have in common put in, the choice as a menu. */
export function complete(
  buffer: Buffer,
  completion: Completion,
): { readonly buffer: Buffer; readonly menu?: Menu } {
  const { start, end } = completion;
  const typed = buffer.text.slice(start, buffer.cursor);
  const items = matching(completion.matches, typed);
  const [first] = items;
  if (first === undefined) return { buffer };
  const prefix = commonPrefix(items.map((item) => item.text));
  if (items.length === 1) return { buffer: replace(buffer, start, end, first.text) };
  const longer = prefix.length > typed.length && prefix.startsWith(typed);
  const completed = longer ? replace(buffer, start, end, prefix) : buffer;
  return { buffer: completed, menu: { items, selected: -1, start, original: completed } };
}

/** The menu with the next (1) or previous (-1) item chosen, and the buffer with it put in. */
export function choose(menu: Menu, by: -1 | 1): { readonly buffer: Buffer; readonly menu: Menu } {
  const { items, start, original } = menu;
  const from = menu.selected === -1 && by < 0 ? 0 : menu.selected;
  const selected = (from + by + items.length) % items.length;
  const text = items[selected]?.text ?? "";
  return { buffer: replace(original, start, original.cursor, text), menu: { ...menu, selected } };
}

/** What begins as typed; failing that, without regard to upper and lower case. */
function matching(matches: readonly CompletionItem[], typed: string): readonly CompletionItem[] {
  const exact = matches.filter((item) => item.text.startsWith(typed));
  if (exact.length > 0) return exact;
  return matches.filter((item) => item.text.toLowerCase().startsWith(typed.toLowerCase()));
}

function commonPrefix(texts: readonly string[]): string {
  let [prefix = ""] = texts;
  for (const text of texts) {
    while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  }
  return prefix;
}

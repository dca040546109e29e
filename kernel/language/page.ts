import { type Session } from "../session/api";
import { type Json } from "../protocol";

/** A payload of an execute_reply that front ends open as a page beside the notebook. */
export interface Page {
  readonly source: "page";
  readonly data: Json;
  readonly start: 0;
}

/**
 * What a cell like `Math.max?` asks for: documentation, with `??` all of it. No such cell is TypeScript.
 * @returns undefined for any other cell; no pages if nothing is known of the name
 */
export function pagesOf(session: Session, code: string): readonly Page[] | undefined {
  const [, name, marks = ""] = /^\s*([\w$.]*[\w$])\s*(\?\??)\s*$/.exec(code) ?? [];
  if (name === undefined) return undefined;
  const found = session.inspect(name, name.length, marks === "??" ? 1 : 0);
  return found === undefined ? [] : [{ source: "page", data: found.bundle, start: 0 }];
}

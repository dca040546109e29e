import { type Session } from "../session/api";
import { type Json } from "../protocol";
import { questionOf } from "./question";

/** A payload of an execute_reply that front ends open as a page beside the notebook. */
export interface Page {
  readonly source: "page";
  readonly data: Json;
  readonly start: 0;
}

/**
 * What a cell that is a question asks for: documentation, with `??` all of it.
 * @returns undefined for any other cell; no pages if nothing is known of the name
 */
export function pagesOf(session: Session, code: string): readonly Page[] | undefined {
  const question = questionOf(code);
  if (question === undefined) return undefined;
  const { name, detail } = question;
  const found = session.inspect(name, name.length, detail);
  return found === undefined ? [] : [{ source: "page", data: found.bundle, start: 0 }];
}

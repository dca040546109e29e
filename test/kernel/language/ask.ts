import { openSession, type OpenSession } from "../../../kernel/session/open";
import { type Completion } from "../../../kernel/session/api";

/** A session in which cells have run. */
export async function sessionAfter(...cells: readonly string[]): Promise<OpenSession> {
  const session = openSession();
  for (const [index, cell] of cells.entries()) {
    const outcome = await session.run(cell, index + 1);
    if (outcome.status === "error") throw new Error(outcome.traceback.join("\n"));
  }
  return session;
}

/** Parts a cell at the sign that stands for the cursor. */
export function atCursor(text: string): { readonly code: string; readonly position: number } {
  const position = text.indexOf("‸");
  if (position === -1) throw new Error(`Cannot find the cursor: expected a ‸ in ${JSON.stringify(text)}`);
  return { code: text.replace("‸", ""), position };
}

/** What the cell would be with each completion at the cursor. */
export function completed(session: OpenSession, text: string): string[] {
  const { code, position } = atCursor(text);
  const { start, end, matches } = session.complete(code, position);
  return matches.map((match) => code.slice(0, start) + match.text + code.slice(end));
}

/** The texts of the completions at the cursor. */
export function textsAt(session: OpenSession, text: string): string[] {
  return completionAt(session, text).matches.map((match) => match.text);
}

/** The completion at the cursor. */
export function completionAt(session: OpenSession, text: string): Completion {
  const { code, position } = atCursor(text);
  return session.complete(code, position);
}

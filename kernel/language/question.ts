/** A name whose documentation is wanted: its signature and comment (0), or all (1). */
export interface Question {
  readonly name: string;
  readonly detail: 0 | 1;
}

/**
 * The name or magic that a cell like `name?` or `%time?` asks about (`name??` or `?name` likewise), and how much is wanted;
 * undefined for any other cell. No such cell is TypeScript.
 */
export function questionOf(code: string): Question | undefined {
  const [, before = "", name, after = ""] =
    /^\s*(\?{0,2})((?:[\p{L}_$]|%{1,2}(?=\p{L}))[\p{L}\p{N}_$.]*)(\?{0,2})\s*$/u.exec(code) ?? [];
  if (name === undefined || before === after) return undefined; // neither, or both: no question
  return { name, detail: before.length + after.length > 1 ? 1 : 0 };
}

import ts from "typescript";

/** A piece of a line that is written in one colour. */
export interface Piece {
  readonly text: string;
  /** The SGR code, e.g. "32"; "" for the terminal's own colour. */
  readonly style: string;
}

const { TokenClass } = ts;

const styles: ReadonlyMap<ts.TokenClass, string> = new Map([
  [TokenClass.Keyword, "35"],
  [TokenClass.Comment, "90"],
  [TokenClass.NumberLiteral, "33"],
  [TokenClass.BigIntLiteral, "33"],
  [TokenClass.StringLiteral, "32"],
  [TokenClass.RegExpLiteral, "31"],
]);

const constants = new Set(["true", "false", "null", "undefined", "NaN", "Infinity", "this"]);

const classifier = ts.createClassifier();

/** Each line of a code in its colours, by TypeScript's own classifier. Magic lines (%…) have one colour. */
export function highlight(code: string): readonly (readonly Piece[])[] {
  let state = ts.EndOfLineState.None;
  return code.split("\n").map((line) => {
    if (state === ts.EndOfLineState.None && /^\s*%/.test(line)) return [{ text: line, style: "36" }];
    const { entries, finalLexState } = classifier.getClassificationsForLine(line, state, true);
    state = finalLexState;
    return pieces(line, entries);
  });
}

function pieces(line: string, entries: readonly ts.ClassificationInfo[]): readonly Piece[] {
  const result: Piece[] = [];
  let at = 0;
  for (const [i, { length, classification }] of entries.entries()) {
    const text = line.slice(at, at + length);
    at += length;
    result.push({
      text,
      style: styleOf(text, classification, line.slice(at), entries[i - 1]?.classification),
    });
  }
  if (at < line.length) result.push({ text: line.slice(at), style: "" });
  return result;
}

function styleOf(text: string, kind: ts.TokenClass, rest: string, before: ts.TokenClass | undefined): string {
  const member = before === TokenClass.Punctuation && kind !== TokenClass.Identifier;
  if (constants.has(text) && !member) return "33";
  if (kind === TokenClass.Identifier && /^\s*\(/.test(rest)) return "34";
  if (kind === TokenClass.Identifier && /^\p{Lu}/u.test(text)) return "36";
  return styles.get(kind) ?? "";
}

import ts from "typescript";
import { parseMagics } from "../magics/parse";
import { type Completeness } from "../session/api";
import { expandCommands, findCommand, type Command } from "./commands";

/** TypeScript's number for a string literal that does not end on its line. */
const unterminatedString = 1002;

/** Makes a module of a cell, in which `await` is a keyword. */
const prefix = "export {};\n";

/**
 * Whether a cell can run as it is or goes on in the next line.
 *
 * It goes on where the parser misses something at its very end; an error before that makes it invalid. Empty lines at the
 * end say nothing: JupyterLab adds two when it cuts selected lines into statements.
 */
export function isComplete(code: string): Completeness {
  const parsed = parseMagics(code, (line) => expandCommands(line, find).commands.length > 0);
  if (parsed.magics.some((magic) => magic.body !== undefined)) {
    return /\n[^\S\n]*$/.test(code) && /\n.*\S/.test(code)
      ? { status: "complete" }
      : { status: "incomplete", indent: "" };
  }
  const takesRest = parsed.magics.at(-1)?.name.startsWith("%%") === true;
  if (takesRest && parsed.code.trim() === "") return { status: "incomplete", indent: "" };
  const text = prefix + expandCommands(parsed.code, find).code.trimEnd();
  const file = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
  const [first] = file.parseDiagnostics;
  if (first === undefined) {
    const isBegun = isEmptyList(file.statements.at(-1)) && !text.endsWith(";");
    return isBegun ? { status: "incomplete", indent: lineIndent(text, text.length) } : { status: "complete" };
  }
  const endsInString = first.code === unterminatedString && !text.endsWith("\\"); // a string ends with its line
  if (first.start < text.length || endsInString) return { status: "invalid" };
  return { status: "incomplete", indent: indentAfter(parsed.code.trimEnd()) };
}

/** The first command from a position on, by what the parser finds fault with: here nobody knows which names there are. */
function find(code: string, from: number): Command | undefined {
  const file = ts.createSourceFile("cell.ts", prefix + code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const found = findCommand(ts, file, { from: from + prefix.length, isKnown: () => true });
  return found && { ...found, start: found.start - prefix.length, end: found.end - prefix.length };
}

/** Whether a statement is `const`, `let` or `var` alone, which is no error to the parser. */
function isEmptyList(statement: ts.Statement | undefined): boolean {
  return (
    statement !== undefined &&
    ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.length === 0
  );
}

/** The indentation of the line after the last one: two more if a bracket of it is open, those of the first such line. */
function indentAfter(code: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, true, ts.LanguageVariant.Standard, code);
  const open: number[] = [];
  let last: ts.SyntaxKind = ts.SyntaxKind.Unknown;
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (scanner.isUnterminated()) return ""; // of a text or comment, whose spaces count
    last = kind;
    if (isOpening(kind)) open.push(scanner.getTokenPos());
    else if (isClosing(kind)) open.pop();
  }
  const innermost = open.at(-1);
  if (innermost === undefined) {
    const indent = lineIndent(code, code.length);
    return continues(last) ? `${indent}${unitOf(indent)}` : indent;
  }
  const indent = lineIndent(code, innermost);
  return `${indent}${unitOf(indent)}`;
}

function isOpening(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.OpenBraceToken ||
    kind === ts.SyntaxKind.OpenBracketToken ||
    kind === ts.SyntaxKind.OpenParenToken
  );
}

function isClosing(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.CloseBraceToken ||
    kind === ts.SyntaxKind.CloseBracketToken ||
    kind === ts.SyntaxKind.CloseParenToken
  );
}

/** Whether a line that ends in this token has its other half in the next. */
function continues(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.EqualsToken || kind === ts.SyntaxKind.EqualsGreaterThanToken;
}

function lineIndent(code: string, position: number): string {
  const start = code.lastIndexOf("\n", position - 1) + 1;
  return /^[ \t]*/.exec(code.slice(start))?.[0] ?? "";
}

function unitOf(indent: string): string {
  return indent.startsWith("\t") ? "\t" : "  ";
}

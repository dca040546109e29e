import type * as typescript from "typescript";
import { type SourceContext } from "../session/program";

/** A line of TypeScript that is for the shell, from its `!` on; with a `\` at its end it goes on in the next. */
export interface Command {
  readonly start: number;
  readonly end: number;
  /** What TypeScript sees in its place. */
  readonly replacement: string;
}

/** Whether a name stands for a value at a place. */
export type IsKnown = (name: string, at: typescript.Node) => boolean;

/** A cell without its commands. */
export interface Expanded {
  readonly code: string;
  /** Where in the original they were, and by how much the code has grown there. */
  readonly commands: readonly { readonly start: number; readonly end: number; readonly growth: number }[];
}

/** Functions that cells see, but no user: they run what stands behind a `!`, and give what it prints. */
export const shellNames = { run: "__shell__", lines: "__lines__" } as const;

/** Where a command may stand: first on its line, or behind the `=` of a variable. */
const candidates = /^([^\S\n]*(?:[^\n!=]*=[^\S\n]*)?)(!{1,2}(?![!=]))((?:[^\n]*\\\n)*[^\n]*)/gm;

/** Replaces the commands of a cell. @param find  the first command from a position on */
export function expandCommands(
  code: string,
  find: (code: string, from: number) => Command | undefined,
): Expanded {
  const commands: Expanded["commands"][number][] = [];
  let [expanded, from, moved] = [code, 0, 0];
  while (expanded.slice(from).search(candidates) !== -1) {
    const command = find(expanded, from);
    if (command === undefined) break;
    const { start, end, replacement } = command;
    expanded = expanded.slice(0, start) + replacement + expanded.slice(end);
    from = start + replacement.length;
    const growth = from - end;
    commands.push({ start: start - moved, end: end - moved, growth });
    moved += growth;
  }
  return { code: expanded, commands };
}

/**
 * The first command of a file: a statement that begins with `!`, or a variable's value that does, and that is not TypeScript, by
 * its syntax or because nothing has its first name.
 * @param isKnown  whether a name stands for a value there
 */
export function findCommand(
  ts: typeof typescript,
  file: typescript.SourceFile,
  { from, isKnown }: { readonly from: number; readonly isKnown: IsKnown },
): Command | undefined {
  const text = file.text.slice(from);
  for (const match of text.matchAll(candidates)) {
    const [whole, before = "", marks = "", line = ""] = match;
    const lineStart = from + match.index;
    const [start, end] = [lineStart + before.length, lineStart + whole.length];
    const token = ts.findPrecedingToken(start + 1, file);
    if (token?.kind !== ts.SyntaxKind.ExclamationToken || token.end !== start + 1) continue;
    const expression = outermost(ts, token.parent, file);
    const isStatement = ts.isExpressionStatement(expression.parent);
    const statement = statementOf(ts, expression);
    if (statement?.getStart(file) !== lineStart + before.length - before.trimStart().length) continue;
    if (!isBroken(file, start, end) && !isUnknown(ts, expression, isKnown)) continue;
    const name = marks === "!" && isStatement ? shellNames.run : shellNames.lines;
    const known = (inner: string): boolean => isKnown(inner, expression);
    return { start, end, replacement: `await ${name}(\`${templateOf(line.trim(), known)}\`);` };
  }
  return undefined;
}

/** The largest expression that begins with a node. */
function outermost(
  ts: typeof typescript,
  node: typescript.Node,
  file: typescript.SourceFile,
): typescript.Node {
  let expression = node;
  while (ts.isExpression(expression.parent) && expression.parent.getStart(file) === node.getStart(file))
    expression = expression.parent;
  return expression;
}

/** The statement that an expression is, or whose only value it is. */
function statementOf(ts: typeof typescript, expression: typescript.Node): typescript.Node | undefined {
  const { parent } = expression;
  if (ts.isExpressionStatement(parent)) return parent;
  if (ts.isVariableDeclaration(parent)) return parent.parent.parent;
  const isAssigned =
    ts.isBinaryExpression(parent) &&
    parent.right === expression &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return isAssigned && ts.isExpressionStatement(parent.parent) ? parent.parent : undefined;
}

/** Whether the parser finds fault with a part of the file. */
function isBroken({ parseDiagnostics }: typescript.SourceFile, start: number, end: number): boolean {
  return parseDiagnostics.some((diagnostic) => diagnostic.start >= start && diagnostic.start < end);
}

/** Whether an expression begins with a name that stands for nothing, or with a path, which it takes for a pattern. */
function isUnknown(ts: typeof typescript, expression: typescript.Node, isKnown: IsKnown): boolean {
  let node: typescript.Node | undefined = expression;
  while (node !== undefined && !ts.isIdentifier(node)) {
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) return true;
    if (ts.isFunctionLike(node)) return false;
    node = ts.isPrefixUnaryExpression(node) ? node.operand : ts.forEachChild(node, (child) => child);
  }
  return node !== undefined && !isKnown(node.text, expression);
}

/** A command as a template: `${name}`, `${name.of[it]}` are TypeScript's if there is such a name, all else the shell's. */
function templateOf(command: string, isKnown: (name: string) => boolean): string {
  const parts = command.split(/(\$\{[^{}]*\})/);
  return parts
    .map((part, index) => {
      const [, name] = /^\$\{\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:[.[(]|\?\.|\s*\}$)/u.exec(part) ?? [];
      if (index % 2 === 1 && name !== undefined && isKnown(name)) return part;
      return part.replace(/[\\`]|\$(?=\{)/g, "\\$&");
    })
    .join("");
}

/** Whether a name stands for something where a cell runs; the types of browsers know many that do not. */
export function isValue({ ts, program, checker }: SourceContext, name: string, at: typescript.Node): boolean {
  if (name in globalThis) return true;
  const symbol = checker.getSymbolsInScope(at, ts.SymbolFlags.Value).find((each) => each.name === name);
  const files = symbol?.declarations?.map((declaration) => declaration.getSourceFile()) ?? [];
  return files.some((file) => !program.isSourceFileDefaultLibrary(file));
}

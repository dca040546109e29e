import ts from "typescript";
import { type Alias } from "./aliases";
import { isOfItsOwn } from "./rewriting";

/** A cell as TypeScript is given it: line for line and column for column as the original, but for `shift`. */
export interface Prepared {
  readonly code: string;
  /** How many characters come before the original. */
  readonly shift: number;
  /** Whether it is read as .tsx is, and not as .ts. */
  readonly isJsx: boolean;
  /** Whether it awaits at its top level. */
  readonly isAsync: boolean;
  /** Its `declare global` and `declare module`, which hold for all cells and stand no longer in it. */
  readonly augmentations: readonly string[];
  /** Its `export { of as name }`, which stand no longer in it. */
  readonly aliases: readonly Alias[];
}

/** Takes out of a cell what is for modules only: everything a cell declares is exported anyway. */
export function prepare(code: string): Prepared {
  if (isObjectLiteral(code)) return { ...prepare(`(${code}\n)`), shift: 1 };
  const file = parse(`export {};\n${code}`);
  const offset = file.text.length - code.length;
  const augmentations: string[] = [];
  const aliases: Alias[] = [];
  let prepared = code;
  const replace = (from: number, to: number, text = ""): void => {
    const old = prepared.slice(from - offset, to - offset);
    const blank = text + old.slice(text.length).replace(/[^\r\n]/g, " ");
    prepared = prepared.slice(0, from - offset) + blank + prepared.slice(to - offset);
  };
  for (const statement of file.statements.slice(1)) {
    const start = statement.getStart(file);
    if (isAugmentation(statement)) {
      augmentations.push(statement.getText(file));
      replace(start, statement.end);
    } else if (ts.isExportAssignment(statement) && statement.isExportEquals !== true) {
      replace(start, statement.expression.getStart(file));
    } else if (ts.isExportDeclaration(statement)) {
      if (statement.moduleSpecifier === undefined) {
        aliases.push(...aliasesOf(statement, offset));
        replace(start, statement.end);
      } else if (statement.exportClause !== undefined) {
        replace(start, start + "export".length, "import");
        for (const [from, to] of defaultsOf(statement.exportClause)) replace(from, to);
      }
    } else if (isAnonymous(statement)) {
      const body = ts.getModifiers(statement)?.find(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
      if (body !== undefined) replace(start, body.end, "true &&"); // has it be an expression, and changes nothing
    } else if (ts.canHaveModifiers(statement)) {
      for (const modifier of ts.getModifiers(statement) ?? []) {
        const isExport =
          modifier.kind === ts.SyntaxKind.ExportKeyword || modifier.kind === ts.SyntaxKind.DefaultKeyword;
        if (isExport) replace(modifier.getStart(file), modifier.end);
      }
    }
  }
  const isJsx = file.languageVariant === ts.LanguageVariant.JSX;
  return { code: prepared, shift: 0, isJsx, isAsync: file.statements.some(awaits), augmentations, aliases };
}

/** The other names that an `export { … }` gives. */
function aliasesOf({ exportClause, isTypeOnly }: ts.ExportDeclaration, offset: number): Alias[] {
  if (isTypeOnly || exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.flatMap(({ name, propertyName }) =>
    propertyName === undefined || !ts.isIdentifier(name) || name.text === "default"
      ? []
      : [{ name: name.text, of: propertyName.text, start: propertyName.getStart() - offset }],
  );
}

/** Where an `export { … } from` gives the default, of which cells have none. */
function defaultsOf(clause: ts.NamedExportBindings): (readonly [number, number])[] {
  if (!ts.isNamedExports(clause)) return [];
  return clause.elements.flatMap((element, index) => {
    if (element.name.text !== "default") return [];
    const next = clause.elements[index + 1];
    const from = next === undefined && index > 0 ? element.pos - 1 : element.getStart(); // with a comma
    return [[from, next?.getStart() ?? element.end] as const];
  });
}

/** Whether a statement declares a function or class without a name, as one may that is exported as default. */
function isAnonymous(statement: ts.Statement): statement is ts.FunctionDeclaration | ts.ClassDeclaration {
  return (
    (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name === undefined
  );
}

/** Whether a cell is meant as an object, though by its grammar it is a block, as `{ a: 1 }` is. */
function isObjectLiteral(code: string): boolean {
  if (!/^\s*\{[^]*\}\s*$/.test(code)) return false;
  const { parseDiagnostics, statements } = parse(`(${code}\n)`);
  const [only, more] = statements;
  if (parseDiagnostics.length > 0 || more !== undefined || only === undefined) return false;
  if (!ts.isExpressionStatement(only) || !ts.isParenthesizedExpression(only.expression)) return false;
  const literal = only.expression.expression;
  return ts.isObjectLiteralExpression(literal) && literal.properties.length > 0;
}

/** Reads a cell as .ts is read, or where that has more errors, as .tsx: `<T>x` means one thing here and another there. */
function parse(text: string): ts.SourceFile {
  const plain = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.Latest, true);
  if (plain.parseDiagnostics.length === 0) return plain;
  const jsx = ts.createSourceFile("cell.tsx", text, ts.ScriptTarget.Latest, true);
  return jsx.parseDiagnostics.length < plain.parseDiagnostics.length ? jsx : plain;
}

function isAugmentation(statement: ts.Statement): boolean {
  if (!ts.isModuleDeclaration(statement)) return false;
  return ts.isStringLiteral(statement.name) || (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
}

/** Whether variables are declared by `await using`. */
function isAwaitUsing({ flags }: ts.VariableDeclarationList): boolean {
  return (flags & ts.NodeFlags.AwaitUsing) === Number(ts.NodeFlags.AwaitUsing); // bits of `const` and of `using`
}

/** Whether a node awaits, functions within it aside. */
export function awaits(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return true;
  if (ts.isVariableDeclarationList(node) && isAwaitUsing(node)) return true;
  if (isOfItsOwn(node)) return false;
  if (ts.isPropertyDeclaration(node)) return awaits(node.name); // its value is of its own
  return ts.forEachChild(node, awaits) ?? false;
}

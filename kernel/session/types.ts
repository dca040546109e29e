import ts from "typescript";

/** Objects of so many properties that have no name are written as `any`: of a module's namespace it takes half a second. */
const mostProperties = 100;

/** A type as later cells can write it: with the names that the file knows, and `import("…")` for others. */
export function textOfType(checker: ts.TypeChecker, type: ts.Type, file: ts.SourceFile): string {
  const symbol = type.aliasSymbol ?? type.getSymbol();
  const isNamed = symbol !== undefined && !symbol.name.startsWith("__");
  if (!isNamed && checker.getPropertiesOfType(type).length > mostProperties) return "any";
  const { NoTruncation, UseFullyQualifiedType } = ts.TypeFormatFlags;
  return checker.typeToString(type, file, NoTruncation | UseFullyQualifiedType);
}

/** The type of an expression's value, of a literal that of all its kind, as later cells can write it. */
export function textOfValue(checker: ts.TypeChecker, expression: ts.Expression, file: ts.SourceFile): string {
  const type = checker.getTypeAtLocation(expression);
  return textOfType(checker, checker.getBaseTypeOfLiteralType(type), file);
}

/** The declarations of what `var` declares in a cell's blocks and loops, which TypeScript leaves out of a .d.ts file. */
export function declareNested(checker: ts.TypeChecker, cell: ts.SourceFile): string {
  const lines: string[] = [];
  cell.locals?.forEach((symbol) => {
    if (!(symbol.flags & ts.SymbolFlags.FunctionScopedVariable)) return;
    if (symbol.declarations?.some(isOutermost) !== false) return;
    const type = checker.getTypeOfSymbolAtLocation(symbol, cell);
    lines.push(`declare var ${symbol.name}: ${textOfType(checker, type, cell)};\n`);
  });
  return lines.join("");
}

/** Whether a variable is declared by a statement of the cell itself; what is no variable counts as that. */
function isOutermost(declaration: ts.Declaration): boolean {
  let node: ts.Node = declaration;
  while (!ts.isVariableDeclarationList(node)) {
    if (ts.isSourceFile(node)) return true;
    node = node.parent;
  }
  return ts.isVariableStatement(node.parent) && ts.isSourceFile(node.parent.parent);
}

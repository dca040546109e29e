import ts from "typescript";
import { textOfType } from "./types";

/** `export { of as name }` of a cell. */
export interface Alias {
  readonly name: string;
  readonly of: string;
  /** Where it stands in the cell. */
  readonly start: number;
}

/** What a cell calls by other names and does not know. */
export function diagnoseAliases(
  checker: ts.TypeChecker,
  cell: ts.SourceFile,
  aliases: readonly Alias[],
  offset: number,
): readonly ts.Diagnostic[] {
  const unknown = aliases.filter(({ of }) => symbolOf(checker, cell, of) === undefined);
  return unknown.map(({ of, start }) => ({
    category: ts.DiagnosticCategory.Error,
    code: 2304,
    file: cell,
    start: start + offset,
    length: of.length,
    messageText: `Cannot find name '${of}'.`,
  }));
}

/**
 * Has later cells know what a cell declares by its other names; gives what they are told of their types.
 */
export function bindAliases(
  checker: ts.TypeChecker,
  cell: ts.SourceFile,
  { aliases, bindings }: { readonly aliases: readonly Alias[]; readonly bindings: Map<string, string> },
): string {
  const lines = aliases.map(({ name, of }) => {
    const symbol = symbolOf(checker, cell, of);
    if (symbol === undefined) return "";
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const isType = (target.flags & ts.SymbolFlags.Type) !== 0;
    const type = isType ? `declare type ${name} = ${of};\n` : "";
    if ((target.flags & ts.SymbolFlags.Value) === 0) return type;
    bindings.set(name, bindings.get(of) ?? `__scope__[${JSON.stringify(of)}]`);
    const text = isType
      ? `typeof ${of}`
      : textOfType(checker, checker.getTypeOfSymbolAtLocation(target, cell), cell);
    return `declare const ${name}: ${text};\n${type}`;
  });
  return lines.join("");
}

function symbolOf(checker: ts.TypeChecker, cell: ts.SourceFile, name: string): ts.Symbol | undefined {
  return checker.resolveName(name, cell, ts.SymbolFlags.Value | ts.SymbolFlags.Type, false);
}

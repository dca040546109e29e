import type ts from "typescript";
import { type SourceContext } from "../session/program";
import { symbolAt } from "./quickinfo";

/** The files whose comments have been read. */
const read = new WeakSet<ts.SourceFile>();

/**
 * Reads the comments of the library files that declare a symbol. The program leaves them out, since they are most of the text
 * and cost a quarter of the time until the first cell runs.
 */
export function readComments(context: SourceContext, node: ts.Node): void {
  const { ts, checker } = context;
  const symbol = symbolAt(context, node);
  const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const type = checker.getTypeAtLocation(node);
  const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
  const declarations = [
    ...(target?.declarations ?? []),
    ...(type.getSymbol()?.declarations ?? []),
    ...signatures.flatMap((signature) => signature.getDeclaration() ?? []),
  ];
  for (const file of new Set(declarations.map((declaration) => declaration.getSourceFile())))
    if (file.jsDocParsingMode === ts.JSDocParsingMode.ParseNone && !read.has(file)) {
      read.add(file);
      const whole = ts.createSourceFile(file.fileName, file.text, file.languageVersion, true);
      takeComments(context, file, whole);
    }
}

/** Gives the nodes of a file the comments that those of the same text have. */
function takeComments(context: SourceContext, node: ts.Node, whole: ts.Node): void {
  const { ts } = context;
  if (whole.jsDoc !== undefined) {
    node.jsDoc = whole.jsDoc;
    for (const comment of whole.jsDoc) ts.setParent(comment, node);
  }
  const others: ts.Node[] = [];
  ts.forEachChild(whole, (child) => void others.push(child));
  let at = 0;
  ts.forEachChild(node, (child) => {
    const other = others[at++];
    if (other !== undefined) takeComments(context, child, other);
  });
}

import type * as ts from "typescript";
import { type SourceContext } from "../session/program";

/** What TypeScript says of a name. */
export interface QuickInfo {
  readonly kind: ts.ScriptElementKind | undefined;
  readonly displayParts: readonly ts.SymbolDisplayPart[];
  readonly documentation: readonly ts.SymbolDisplayPart[] | undefined;
  readonly tags: readonly ts.JSDocTagInfo[] | undefined;
}

/**
 * What TypeScript's language service says of a name in an editor. The service answers about files of its own program only,
 * which cells are not: so this asks the checker as `getQuickInfoAtPosition` of TypeScript 6.0.3's services does.
 */
export function quickInfo(context: SourceContext, node: ts.Node): QuickInfo | undefined {
  const { ts, checker, sourceFile } = context;
  const symbol = checker.getSymbolAtLocation(node);
  const around = ts.getContainerNode(node);
  if (symbol !== undefined && !checker.isUnknownSymbol(symbol)) {
    const { symbolKind, ...said } = ts.SymbolDisplay.getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker,
      symbol,
      sourceFile,
      around,
      node,
    );
    return { kind: symbolKind, ...said };
  }
  const type = checker.getTypeAtLocation(node);
  return {
    kind: undefined,
    displayParts: ts.typeToDisplayParts(checker, type, around),
    documentation: type.getSymbol()?.getDocumentationComment(checker),
    tags: type.getSymbol()?.getJsDocTags(checker),
  };
}

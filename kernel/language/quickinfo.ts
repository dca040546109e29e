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
  const symbol = symbolAt(context, node);
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

/** What a name stands for. */
export function symbolAt(context: SourceContext, node: ts.Node): ts.Symbol | undefined {
  return optionOf(context, node) ?? context.checker.getSymbolAtLocation(node);
}

/** Of a name in an object literal the property that is expected there, e.g. of a function's options. */
function optionOf({ ts, checker }: SourceContext, node: ts.Node): ts.Symbol | undefined {
  const { parent } = node;
  const isName = ts.isIdentifier(node) && ts.isObjectLiteralElement(parent) && parent.name === node;
  if (!isName || !ts.isObjectLiteralExpression(parent.parent)) return undefined;
  return checker.getContextualType(parent.parent)?.getNonNullableType().getProperty(node.text);
}

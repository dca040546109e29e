import type * as ts from "typescript";

/** Parts of TypeScript's language service that it has but does not declare. */
declare module "typescript" {
  interface TypeChecker {
    isUnknownSymbol(symbol: ts.Symbol): boolean;
  }
  function findPrecedingToken(position: number, file: ts.SourceFile): ts.Node | undefined;
  /** What a node stands in, e.g. its function or class. */
  function getContainerNode(node: ts.Node): ts.Declaration | undefined;
  function typeToDisplayParts(
    checker: ts.TypeChecker,
    type: ts.Type,
    around?: ts.Node,
  ): ts.SymbolDisplayPart[];
  namespace SymbolDisplay {
    function getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker: ts.TypeChecker,
      symbol: ts.Symbol,
      file: ts.SourceFile,
      around: ts.Node | undefined,
      at: ts.Node,
    ): {
      readonly symbolKind: ts.ScriptElementKind;
      readonly displayParts: ts.SymbolDisplayPart[];
      readonly documentation: ts.SymbolDisplayPart[];
      readonly tags: ts.JSDocTagInfo[] | undefined;
    };
  }
  namespace Completions {
    function getCompletionsAtPosition(
      host: ts.LanguageServiceHost,
      program: ts.Program,
      log: (message: string) => void,
      sourceFile: ts.SourceFile,
      position: number,
      preferences: ts.UserPreferences,
      triggerCharacter: undefined,
      completionKind: ts.CompletionTriggerKind,
      cancellationToken: ts.CancellationToken,
      formatContext: undefined,
      includeSymbol: boolean,
    ): ts.CompletionInfo | undefined;
  }
  namespace SignatureHelp {
    function getSignatureHelpItems(
      program: ts.Program,
      sourceFile: ts.SourceFile,
      position: number,
      triggerReason: undefined,
      cancellationToken: ts.CancellationToken,
    ): ts.SignatureHelpItems | undefined;
  }
}

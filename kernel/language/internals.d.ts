import type * as ts from "@tslab/typescript-for-tslab";

/** Parts of TypeScript's language service that it has but does not declare. */
declare module "@tslab/typescript-for-tslab" {
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

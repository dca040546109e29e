import type * as ts from "@tslab/typescript-for-tslab";

/** Parts of TypeScript that it has but does not declare. */
declare module "@tslab/typescript-for-tslab" {
  interface SourceFile {
    /** What the file declares, once it is bound. */
    locals?: Map<ts.__String, ts.Symbol>;
    parent: ts.Node;
    path: ts.Path;
    resolvedPath: ts.Path;
    originalFileName: string;
    /** What each module specifier stands for; set by the program that has the file. */
    resolvedModules?: unknown;
    /** The specifiers of its imports; set by the program that has the file. */
    imports?: readonly ts.StringLiteralLike[];
    moduleAugmentations?: readonly ts.StringLiteral[];
    ambientModuleNames?: readonly string[];
    parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  }
  interface CompilerOptions {
    noImplicitUseStrict?: boolean;
  }
  interface Program {
    emit(
      file: ts.SourceFile,
      write: ts.WriteFileCallback,
      cancellation: undefined,
      onlyDeclarations: boolean,
      transformers: ts.CustomTransformers,
      forceDeclarations: boolean,
    ): ts.EmitResult;
  }
  function bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  function toPath(name: string, base: string | undefined, canonical: (name: string) => string): ts.Path;
}

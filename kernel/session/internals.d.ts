import type * as ts from "typescript";

/** Parts of TypeScript that it has but does not declare. */
declare module "typescript" {
  interface Node {
    /** The comments that document it. */
    jsDoc?: readonly ts.JSDoc[];
  }
  interface SourceFile {
    jsDocParsingMode?: ts.JSDocParsingMode;
    /** What the file declares, once it is bound. */
    locals?: Map<ts.__String, ts.Symbol>;
    parent: ts.Node;
    path: ts.Path;
    resolvedPath: ts.Path;
    originalFileName: string;
    /** The specifiers of its imports; set by the program that has the file. */
    imports?: readonly ts.StringLiteralLike[];
    moduleAugmentations?: readonly ts.StringLiteral[];
    ambientModuleNames?: readonly string[];
    languageVariant: ts.LanguageVariant;
    parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  }
  interface Identifier {
    /** What an import stands for that TypeScript has made itself, for JSX. */
    emitNode?: { readonly generatedImportReference?: ts.ImportSpecifier };
  }
  interface TypeChecker {
    resolveName(
      name: string,
      at: ts.Node,
      meaning: ts.SymbolFlags,
      noGlobals: boolean,
    ): ts.Symbol | undefined;
  }
  interface Program {
    /** What a module's specifier stands for in a file. */
    getResolvedModule: (file: ts.SourceFile, name: string, mode: ts.ResolutionMode) => unknown;
    getResolvedModuleFromModuleSpecifier: (specifier: ts.StringLiteralLike, file?: ts.SourceFile) => unknown;
    emit(
      file: ts.SourceFile,
      write: ts.WriteFileCallback,
      cancellation: undefined,
      onlyDeclarations: boolean,
      transformers: ts.CustomTransformers,
      forceDeclarations: boolean,
    ): ts.EmitResult;
  }
  function setParent(node: ts.Node, parent: ts.Node): ts.Node;
  function getJSXImplicitImportBase(options: ts.CompilerOptions, file: ts.SourceFile): string | undefined;
  function getJSXRuntimeImport(base: string, options: ts.CompilerOptions): string | undefined;
  function bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  function toPath(name: string, base: string | undefined, canonical: (name: string) => string): ts.Path;
}

import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { keptFile } from "../start/kept";
import { modifiedOf } from "./files";

/** After so many cells the program is made anew, since its type checker remembers them all. */
const cellsPerProgram = 100;

/**
 * The TypeScript program of everything but the cells: the standard library, Node's types, and what cells import. Cells
 * are checked by its type checker without becoming part of it, which keeps all it has worked out about the libraries.
 */
export class BaseProgram {
  readonly options: ts.CompilerOptions;
  readonly #system: ts.System;
  readonly #rootName: string;
  readonly #host: ts.CompilerHost;
  readonly #language: ts.ScriptTarget;
  readonly #files = new Map<
    string,
    { readonly file: ts.SourceFile | undefined; readonly modified: number }
  >();
  /** Files that are checked by the program without being part of it. */
  readonly #guests = new WeakSet<ts.SourceFile>();
  #checked = new WeakSet<ts.SourceFile>();
  #imports: ReadonlySet<string> = new Set();
  readonly #augmentations = new Set<string>();
  #exists = new Map<string, boolean>();
  #program: ts.Program | undefined;
  #stale = true;
  #cells = 0;

  /** @param before  one whose imports and augmentations this one is to have */
  constructor(options: ts.CompilerOptions, system: ts.System, cwd: string, before?: BaseProgram) {
    this.options = options;
    this.#system = system;
    this.#language = options.target ?? ts.ScriptTarget.ES2022;
    this.#rootName = join(cwd, "__imports__.ts");
    this.#host = this.#createHost(cwd);
    if (before === undefined) return;
    this.#imports = before.#imports;
    for (const statement of before.#augmentations) this.#augmentations.add(statement);
  }

  /** The program, made anew if something has changed that it rests on. */
  get program(): ts.Program {
    if (this.#program !== undefined && !this.#stale && this.#cells < cellsPerProgram) return this.#program;
    this.#exists = new Map();
    this.#program = ts.createProgram([this.#rootName], this.options, this.#host, this.#program);
    this.#exists = new Map();
    this.#resolveForGuests(this.#program);
    [this.#stale, this.#cells] = [false, 0];
    return this.#program;
  }

  /** The file whose imports are all that cells have imported so far. */
  get root(): ts.SourceFile | undefined {
    return this.program.getSourceFile(this.#rootName);
  }

  /** Parses and binds a file that is not part of the program. */
  parse(name: string, text: string): ts.SourceFile {
    const file = ts.createSourceFile(name, text, this.#language);
    this.#cells++;
    const imports = [...this.#jsxRuntime(file), ...specifiersOf(file)];
    // A file that awaits at its top level is parsed twice, and some of TypeScript asks the first.
    for (const made of new Set([file, ts.getOriginalNode(file, ts.isSourceFile)])) {
      made.path = made.resolvedPath = ts.toPath(name, undefined, (canonical) => canonical);
      made.originalFileName = name;
      made.imports = imports;
      made.moduleAugmentations = [];
      made.ambientModuleNames = [];
      this.#guests.add(made);
    }
    this.#addImports(imports, requiredBy(file));
    ts.bindSourceFile(file, this.options);
    return file;
  }

  /** The specifiers of what cells have imported. */
  get imports(): ReadonlySet<string> {
    return this.#imports;
  }

  set imports(imports: ReadonlySet<string>) {
    if (imports.size !== this.#imports.size) this.#stale = true; // they are only ever added to, or put back
    this.#imports = imports;
  }

  /** Adds a `declare global` or `declare module`, which holds for all that follows. */
  augment(statement: string): void {
    if (this.#augmentations.has(statement)) return;
    this.#augmentations.add(statement);
    this.#stale = true;
  }

  /** The file that TypeScript takes for a module's specifier, undefined if it finds none. */
  resolve(specifier: string, from: string): ts.ResolvedModuleFull | undefined {
    return ts.resolveModuleName(specifier, from, this.options, this.#host).resolvedModule;
  }

  /** The program's files that the user may be editing, and that were not found to be free of errors. */
  uncheckedFiles(): ts.SourceFile[] {
    const files = this.program.getSourceFiles();
    return files.filter(
      (file) => isLocal(file.fileName) && file.fileName !== this.#rootName && !this.#checked.has(file),
    );
  }

  /** Says that a file has no errors. */
  markChecked(file: ts.SourceFile): void {
    this.#checked.add(file);
  }

  /** Looks whether local files have changed since they were read; gives those that have. */
  refresh(): string[] {
    const changed: string[] = [];
    for (const [name, { file, modified }] of this.#files) {
      if (!isLocal(name)) continue;
      const now = modifiedOf(name);
      if (now === modified && (now !== 0 || this.#system.readFile(name) === file?.text)) continue;
      this.#files.delete(name);
      changed.push(name);
    }
    if (changed.length > 0) {
      this.#stale = true;
      this.#checked = new WeakSet(); // others may rest on them
    }
    return changed;
  }

  /** Has the program made anew, whose checker may have been left in between. */
  renew(): void {
    this.#stale = true;
  }

  /** Forgets what cells have imported and augmented. */
  reset(): void {
    this.#imports = new Set();
    this.#augmentations.clear();
    this.#stale = true;
  }

  /** What a file with JSX imports without saying so, by `jsx: "react-jsx"`: it comes first, as TypeScript puts it. */
  #jsxRuntime(file: ts.SourceFile): ts.StringLiteral[] {
    if (file.languageVariant !== ts.LanguageVariant.JSX) return [];
    const base = ts.getJSXImplicitImportBase(this.options, file);
    const runtime = base === undefined ? undefined : ts.getJSXRuntimeImport(base, this.options);
    if (runtime === undefined) return [];
    const specifier = ts.factory.createStringLiteral(runtime);
    const statement = ts.factory.createImportDeclaration(undefined, undefined, specifier);
    ts.setParent(specifier, statement);
    ts.setParent(statement, file);
    return [specifier];
  }

  /** What a guest imports is what the root file imports: the program knows its own files only. */
  #resolveForGuests(program: ts.Program): void {
    const { getResolvedModule, getResolvedModuleFromModuleSpecifier } = program;
    const root = program.getSourceFile(this.#rootName);
    const known = (file: ts.SourceFile): ts.SourceFile =>
      root !== undefined && this.#guests.has(file) ? root : file;
    program.getResolvedModule = (file, name, mode) => getResolvedModule(known(file), name, mode);
    program.getResolvedModuleFromModuleSpecifier = (specifier, file = specifier.getSourceFile()) =>
      getResolvedModuleFromModuleSpecifier(specifier, known(file));
  }

  #addImports(imports: readonly ts.StringLiteralLike[], required: ReadonlySet<string>): void {
    for (const { text } of imports) {
      const key = required.has(text) ? `${requiredMark}${text}` : text;
      if (this.#imports.has(key) || isBuiltin(text)) continue;
      if (this.resolve(text, this.#rootName) === undefined) continue; // perhaps it comes later
      this.imports = new Set([...this.#imports, text, key]);
    }
  }

  #createHost(cwd: string): ts.CompilerHost {
    const system = this.#system;
    const library = dirname(ts.sys.getExecutingFilePath());
    return {
      fileExists: (name) => {
        const known = this.#exists.get(name);
        if (known !== undefined) return known;
        const exists = system.fileExists(name);
        this.#exists.set(name, exists);
        return exists;
      },
      readFile: (name) => system.readFile(name),
      directoryExists: (name) => system.directoryExists(name),
      getDirectories: (name) => system.getDirectories(name),
      realpath: (name) => system.realpath?.(name) ?? name,
      getSourceFile: (name) => this.#getFile(name),
      getDefaultLibFileName: (options) => join(library, ts.getDefaultLibFileName(options)),
      getDefaultLibLocation: () => library,
      getCurrentDirectory: () => cwd,
      getCanonicalFileName: (name) => name,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      writeFile: () => undefined,
    };
  }

  /** Parses a file, of libraries without the comments: see kernel/language/jsdoc.ts. */
  #readFile(name: string): ts.SourceFile | undefined {
    const text = this.#system.readFile(name);
    if (text === undefined) return undefined;
    const { ParseAll, ParseNone } = ts.JSDocParsingMode;
    const jsDocParsingMode = name.endsWith(".d.ts") ? ParseNone : ParseAll;
    return ts.createSourceFile(name, text, { languageVersion: this.#language, jsDocParsingMode });
  }

  #getFile(name: string): ts.SourceFile | undefined {
    if (name === this.#rootName) {
      const imports = [...this.#imports].map((specifier, index) =>
        specifier.startsWith(requiredMark)
          ? `import __required${index} = require(${JSON.stringify(specifier.slice(requiredMark.length))});\n`
          : `import ${JSON.stringify(specifier)};\n`,
      );
      const text = `export {};\n${imports.join("")}${[...this.#augmentations].join("\n")}`;
      return ts.createSourceFile(name, text, this.#language);
    }
    const known = this.#files.get(name);
    if (known !== undefined) return known.file;
    const modified = isLocal(name) ? modifiedOf(name) : 0;
    const file = keptFile(ts, name, this.#language) ?? this.#readFile(name);
    this.#files.set(name, { file, modified });
    return file;
  }
}

/** Whether a file is one that the user may be editing. */
export function isLocal(name: string): boolean {
  return !name.includes("/node_modules/") && !name.endsWith(".d.ts");
}

/** What stands among the imports before those of `import x = require()`, which may be resolved otherwise. */
const requiredMark = "=";

/** The specifiers that a file has in `import x = require()`. */
function requiredBy(file: ts.SourceFile): Set<string> {
  const specifiers = file.statements.flatMap((statement) => {
    if (!ts.isImportEqualsDeclaration(statement)) return [];
    const reference = statement.moduleReference;
    const named = ts.isExternalModuleReference(reference) ? reference.expression : undefined;
    return named !== undefined && ts.isStringLiteral(named) ? [named.text] : [];
  });
  return new Set(specifiers);
}

/** The specifiers of all modules a file names: in imports, in `import()` and in types. */
function specifiersOf(file: ts.SourceFile): ts.StringLiteralLike[] {
  const specifiers: ts.StringLiteralLike[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) specifiers.push(node);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return specifiers;
}

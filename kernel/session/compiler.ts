import { extname, join } from "node:path";
import ts from "typescript";
import { type Alias, diagnoseAliases } from "./aliases";
import { BaseProgram, isLocal } from "./base";
import { type Configuration, hasChanged, readConfiguration } from "./options";
import { prepare } from "./prepare";
import { CellFiles, cellPrefix, diagnose, type CellFile, type SourceContext } from "./program";
import { cellTransformer, type Plan, requireEquals, returnLast } from "./transform";
import { mappingsOf, translate, type Translation } from "./translate";

/** A cell that may run. */
export interface Compiled {
  readonly javascript: string;
  /** The mappings of `javascript`'s source map; lines are those of the cell's code, one later. */
  readonly mappings: string;
  /** How many columns the code's first line has in them before its first. */
  readonly shift: number;
  /** For each variable of the cell, the expression that reads it. */
  readonly bindings: ReadonlyMap<string, string>;
  /** What the cell declares, as the text of a .d.ts file. */
  readonly declarations: string;
  /** The type of its last expression, if it has one. */
  readonly type: string | undefined;
  readonly isAsync: boolean;
  /** The modules that the cell imports when it starts. */
  readonly imports: readonly string[];
}

/** One error of a cell or of a local module that it imports. */
export interface Problem {
  readonly message: string;
  readonly code: number;
  /** The module's file; undefined for the cell itself. */
  readonly file: string | undefined;
  /** From 0. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The line's text. */
  readonly source: string;
}

/** Turns cells into JavaScript, over a program that keeps what it has worked out. */
export class Compiler {
  readonly #cwd: string;
  /** The modules that stand in cells (`@module`), by their paths. */
  readonly #modules = new Map<string, string>();
  readonly #system: ts.System;
  #configuration: Configuration;
  #base: BaseProgram;
  #files: CellFiles;

  constructor(cwd: string) {
    this.#cwd = cwd;
    this.#system = {
      ...ts.sys,
      fileExists: (path) => this.#modules.has(path) || ts.sys.fileExists(path),
      readFile: (path) => {
        const text = this.#modules.get(path);
        return text === undefined ? ts.sys.readFile(path) : text + moduleSuffix;
      },
    };
    this.#configuration = readConfiguration(cwd);
    this.#base = new BaseProgram(this.#configuration.options, this.#system, cwd);
    this.#files = new CellFiles(this.#base, cwd);
  }

  get base(): BaseProgram {
    return this.#base;
  }

  get files(): CellFiles {
    return this.#files;
  }

  /** Checks a cell and makes JavaScript of it; gives what is wrong with it if anything is. */
  compile(code: string, declarations: string): Compiled | readonly Problem[] {
    this.#refresh();
    const wrong = this.#configuration.diagnostics;
    if (wrong.length > 0) return wrong.map((diagnostic) => this.#problemOf(diagnostic));
    const prepared = prepare(code);
    const { aliases, shift, isAsync } = prepared;
    const { imports } = this.#base;
    for (const augmentation of prepared.augmentations) this.#base.augment(augmentation);
    const cell = this.#files.create(prepared, declarations);
    const offset = cellPrefix.length + shift;
    const checker = this.#base.program.getTypeChecker();
    const found = [...this.#check(cell.file), ...diagnoseAliases(checker, cell.file, aliases, offset)];
    if (found.length === 0) return { ...this.#emit(cell, aliases), shift, isAsync };
    this.#base.imports = imports; // so that a broken module does not stand in the way of other cells
    return found.map((diagnostic) => this.#problemOf(diagnostic, { file: cell.file, code, offset }));
  }

  /** Takes a module that stands in a cell (`@module`); gives what is wrong with it. It counts all the same. */
  addModule(name: string, code: string, isJsx: boolean): readonly Problem[] {
    const path = join(this.#cwd, `${name}.${isJsx ? "tsx" : "ts"}`);
    this.#modules.set(path, code);
    this.#refresh();
    const file = this.#base.program.getSourceFile(path) ?? this.#base.parse(path, code + moduleSuffix);
    return this.#check(file).map((diagnostic) => this.#problemOf(diagnostic, { file, code, offset: 0 }));
  }

  /** See {@link Sources}. */
  resolve(specifier: string, from: string): string | undefined {
    const path = this.#base.resolve(specifier, from)?.resolvedFileName;
    const isCode = path !== undefined && /\.([cm]?[jt]s|[jt]sx|json)$/.test(path);
    return isCode && isLocal(path) ? path : undefined;
  }

  /** See {@link Sources}. */
  read(path: string): string | undefined {
    return this.#modules.get(path) ?? ts.sys.readFile(path);
  }

  /** See {@link Sources}. */
  translate(path: string, text: string): Translation {
    return translate(path, text, this.#base.options);
  }

  withSource<T>(code: string, declarations: string, use: (context: SourceContext) => T): T {
    return this.#files.withSource(prepare(code), declarations, use);
  }

  /** Takes in what has changed: tsconfig.json, whose options begin a new program, and local files. */
  #refresh(): void {
    if (hasChanged(this.#configuration)) {
      this.#configuration = readConfiguration(this.#cwd);
      const { options } = this.#configuration;
      this.#base = new BaseProgram(options, this.#system, this.#cwd, this.#base);
      this.#files = this.#files.within(this.#base);
    }
    this.#base.refresh();
  }

  /** The errors of a file, and of the local files that were not found to be free of them. */
  #check(file: ts.SourceFile): readonly ts.Diagnostic[] {
    const { program } = this.#base;
    return [...new Set([file, ...this.#base.uncheckedFiles()])].flatMap((one) => {
      const found = diagnose(program, one).filter(({ code }) => !this.#configuration.tolerated.has(code));
      if (found.length === 0) this.#base.markChecked(one);
      return found;
    });
  }

  #emit({ file, outer }: CellFile, aliases: readonly Alias[]): Omit<Compiled, "shift" | "isAsync"> {
    const { program } = this.#base;
    const plan: Plan = { bindings: new Map(), imports: [], aliases, declarations: "", type: undefined };
    const texts = new Map<string, string>();
    const take = (name: string, text: string): unknown => texts.set(extname(name), text);
    const before = [returnLast, requireEquals];
    const after = [cellTransformer(program.getTypeChecker(), file, outer, plan)];
    program.emit(file, take, undefined, false, { before, after }, true);
    const { bindings, type, imports } = plan;
    return {
      javascript: (texts.get(".js") ?? "").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
      mappings: mappingsOf(texts.get(".map") ?? "{}"),
      bindings,
      declarations: (texts.get(".ts") ?? "") + plan.declarations,
      type,
      imports,
    };
  }

  #problemOf(diagnostic: ts.Diagnostic, cell?: Typed): Problem {
    const { file, start = 0, length = 0, messageText, code } = diagnostic;
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return { message, code, file: "", line: 0, column: 0, length: 0, source: "" };
    const isCell = file === cell?.file;
    const text = isCell ? cell.code : (this.#modules.get(file.fileName) ?? file.text);
    const at = Math.min(Math.max(start - (isCell ? cell.offset : 0), 0), text.length);
    const before = text.slice(0, at).split("\n");
    const line = before.length - 1;
    return {
      message,
      code,
      file: isCell ? undefined : file.fileName,
      line,
      column: before[line]?.length ?? 0,
      length,
      source: text.split("\n")[line] ?? "",
    };
  }
}

/** What a module that stands in a cell ends with, so that it is a module whatever it exports. */
const moduleSuffix = "\nexport {};";

/** What a cell is, as a file and as the user knows it. */
interface Typed {
  readonly file: ts.SourceFile;
  readonly code: string;
  /** Where the code begins in the file. */
  readonly offset: number;
}

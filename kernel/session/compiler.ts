import { join } from "node:path";
import ts from "typescript";
import { type Converter } from "tslab/dist/converter";
import { type CodeMetadata } from "tslab/dist/metadata";
import { type Alias, diagnoseAliases } from "./aliases";
import { BaseProgram, isLocal } from "./base";
import { type Builder, withStand, type Stand, type Watch, type WatchHost } from "./interpose";
import { type Configuration, hasChanged, readConfiguration } from "./options";
import { prepare } from "./prepare";
import { CellFiles, cellPrefix, diagnose, type CellFile, type SourceContext } from "./program";
import { cellTransformer, type Plan, requireEquals, returnLast } from "./transform";
import { mappingsOf, translate, type Translation } from "./translate";
import { createConverter } from "./tslab";

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

/** Turns cells into JavaScript: tslab's converter over a program that keeps what it has worked out. */
export class Compiler implements Stand {
  readonly cwd: string;
  readonly #converter: Converter;
  #configuration: Configuration | undefined;
  #system: ts.System = ts.sys;
  #base: BaseProgram | undefined;
  #files: CellFiles | undefined;
  #cell: CellFile | undefined;
  #empty: ts.SourceFile | undefined;
  /** Of the cell that is compiled: its code, the text that tslab makes of it, and what stands before it. */
  #code = "";
  /** How many characters the file has before the code, beside {@link cellPrefix}. */
  #shift = 0;
  /** The file of the cell if it is a module. */
  #module: string | undefined;
  #text = cellPrefix;
  #isJsx = false;
  #aliases: readonly Alias[] = [];
  #declarations = "";
  #problems: readonly Problem[] = [];
  #emitted: { map: string; plan: Plan } = { map: "", plan: emptyPlan() };

  constructor(cwd: string) {
    this.cwd = cwd;
    this.#converter = withStand(this, () => createConverter({ isJS: false }));
  }

  get base(): BaseProgram {
    if (this.#base === undefined)
      throw new Error("Cannot compile a cell: expected tslab to watch it, it does not");
    return this.#base;
  }

  get files(): CellFiles {
    return (this.#files ??= new CellFiles(this.base, this.cwd));
  }

  /** Checks a cell and makes JavaScript of it; gives what is wrong with it if anything is. */
  compile(code: string, declarations: string): Compiled | readonly Problem[] {
    this.#refreshConfiguration();
    const wrong = this.#configuration?.diagnostics ?? [];
    if (wrong.length > 0) return wrong.map((diagnostic) => this.#problemOf(diagnostic));
    const prepared = prepare(code);
    this.#code = code;
    [this.#shift, this.#isJsx, this.#aliases] = [prepared.shift, prepared.isJsx, prepared.aliases];
    this.#module = undefined;
    const imports = this.base.imports;
    for (const augmentation of prepared.augmentations) this.base.augment(augmentation);
    this.#declarations = declarations;
    this.#problems = [];
    const result = withStand(this, () => this.#converter.convert("", prepared.code));
    if (this.#problems.length > 0) {
      this.base.imports = imports; // so that a broken module does not stand in the way of other cells
      return this.#problems;
    }
    const { map, plan } = this.#emitted;
    return {
      javascript: (result.output ?? "").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
      mappings: mappingsOf(map),
      shift: prepared.shift,
      bindings: plan.bindings,
      declarations: (result.declOutput ?? "") + plan.declarations,
      type: plan.type,
      isAsync: prepared.isAsync,
      imports: plan.imports,
    };
  }

  /** Takes a module that stands in a cell (`@module`); gives what is wrong with it. It counts all the same. */
  addModule(name: string, content: string, meta: CodeMetadata): readonly Problem[] {
    this.#problems = [];
    this.#code = content;
    this.#shift = 0;
    this.#module = join(this.cwd, `${name}.${meta.jsx === true ? "tsx" : "ts"}`);
    withStand(this, () => this.#converter.addModule(name, content, meta));
    return this.#problems;
  }

  /** See {@link Sources}. */
  resolve(specifier: string, from: string): string | undefined {
    const path = this.base.resolve(specifier, from)?.resolvedFileName;
    const isCode = path !== undefined && /\.([cm]?[jt]s|[jt]sx|json)$/.test(path);
    return isCode && isLocal(path) ? path : undefined;
  }

  /** See {@link Sources}. */
  read(path: string): string | undefined {
    const text = this.base.read(path);
    return text?.startsWith(cellPrefix) ? text.slice(cellPrefix.length) : text; // tslab's, before those of cells
  }

  /** See {@link Sources}. */
  translate(path: string, text: string): Translation {
    return translate(path, text, this.base.options);
  }

  withSource<T>(code: string, declarations: string, use: (context: SourceContext) => T): T {
    return this.files.withSource(prepare(code), declarations, use);
  }

  close(): void {
    this.#converter.close();
  }

  /** Called by tslab's converter in place of TypeScript's; updates come by way of its own timer. */
  watch(host: WatchHost): Watch {
    const { system } = host;
    this.#system = system;
    this.#refreshConfiguration();
    const cellName = join(this.cwd, "__tslab__.ts");
    let isPending = false;
    const update = (): void => {
      isPending = false;
      this.base.refresh();
      this.#text = system.readFile(cellName) ?? cellPrefix;
      this.#cell = undefined;
      host.afterProgramCreate?.(this.#createBuilder(cellName));
    };
    const schedule = (): void => {
      if (isPending) return;
      isPending = true;
      system.setTimeout?.(update, 0);
    };
    system.watchFile?.(cellName, schedule);
    system.watchFile?.(join(this.cwd, "__prev__.d.ts"), schedule);
    host.afterProgramCreate?.(this.#createBuilder(cellName));
    return { updateRootFileNames: schedule, close: () => undefined };
  }

  /** Called by tslab's converter for the errors of a cell. */
  diagnose(files: readonly ts.SourceFile[]): readonly ts.Diagnostic[] {
    const cell = this.#getCell();
    const [declared] = cell.outer;
    if (declared !== undefined) cell.file.parent = declared; // tslab has set it to its own, which is empty
    const { program } = this.base;
    const given = files.map((file) => (file.fileName === cell.file.fileName ? cell.file : file));
    const found = [...new Set([...given, ...this.base.uncheckedFiles()])].flatMap((file) => {
      const diagnostics = diagnose(program, file).filter(
        ({ code }) => !this.#configuration?.tolerated.has(code),
      );
      if (diagnostics.length === 0) this.base.markChecked(file);
      return diagnostics;
    });
    const aliases = this.#module === undefined ? this.#aliases : [];
    const offset = cellPrefix.length + this.#shift;
    found.push(...diagnoseAliases(program.getTypeChecker(), cell.file, aliases, offset));
    this.#problems = found.map((diagnostic) => this.#problemOf(diagnostic));
    return found;
  }

  /** Begins anew with the options of tsconfig.json if that has changed; what cells have imported stays. */
  #refreshConfiguration(): void {
    if (this.#configuration !== undefined && !hasChanged(this.#configuration)) return;
    this.#configuration = readConfiguration(this.cwd);
    const { options } = this.#configuration;
    this.#base = new BaseProgram(options, this.#system, this.cwd, this.#base);
    this.#files = this.#files?.within(this.#base);
  }

  #getCell(): CellFile {
    return (this.#cell ??= this.files.create(this.#text, this.#declarations, this.#isJsx));
  }

  #createBuilder(cellName: string): Builder {
    const declarationsName = join(this.cwd, "__prev__.d.ts");
    return {
      getProgram: () => this.base.program,
      getSourceFile: (name) => {
        if (name === declarationsName) return (this.#empty ??= createEmpty(name));
        if (name === cellName || name === this.#cell?.file.fileName)
          return withPlainNames(this.#getCell().file);
        const known = this.base.program.getSourceFile(name);
        return (
          known ?? (name === this.#module ? this.base.parse(name, this.base.read(name) ?? "") : undefined)
        );
      },
      getAllDependencies: () => [cellName], // those of modules are not tslab's business: see modules.ts
      emit: (_file, write, _cancellation, _only, { afterDeclarations = [] }) =>
        this.#emit(write, afterDeclarations),
    };
  }

  #emit(write: ts.WriteFileCallback, afterDeclarations: ts.CustomTransformers["afterDeclarations"]): void {
    const { file, outer } = this.#getCell();
    const { program } = this.base;
    const plan = emptyPlan(this.#aliases);
    const before = [returnLast, requireEquals];
    const after = [cellTransformer(program.getTypeChecker(), file, outer, plan)];
    this.#emitted = { map: "", plan };
    const take = (name: string, text: string): void => {
      if (name.endsWith(".map")) this.#emitted = { map: text, plan };
      else write(`outDir/__tslab__${name.endsWith(".d.ts") ? ".d.ts" : ".js"}`, text, false);
    };
    program.emit(
      file,
      take,
      undefined,
      false,
      { before, after, afterDeclarations: afterDeclarations ?? [] },
      true,
    );
  }

  #problemOf({ file, start = 0, length = 0, messageText, code }: ts.Diagnostic): Problem {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return { message, code, file: "", line: 0, column: 0, length: 0, source: "" };
    const isCell = file === this.#cell?.file || file.fileName === this.#module;
    const offset = isCell ? cellPrefix.length + this.#shift : 0;
    const text = isCell ? this.#code : file.text;
    const at = Math.min(Math.max(start - offset, 0), text.length);
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

function emptyPlan(aliases: readonly Alias[] = []): Plan {
  return { bindings: new Map(), imports: [], aliases, declarations: "", type: undefined };
}

/** A bound file that declares nothing: tslab is not to merge the declarations of cells, see declarations.ts. */
function createEmpty(name: string): ts.SourceFile {
  const file = ts.createSourceFile(name, "", ts.ScriptTarget.ES2022);
  ts.bindSourceFile(file, {});
  return file;
}

/** A file as tslab reads it: it takes the names of what is declared as they are kept, which is not as they are spelt. */
function withPlainNames(file: ts.SourceFile): ts.SourceFile {
  const names = [...(file.locals?.keys() ?? [])];
  if (!names.some((name) => name.toString().startsWith("___"))) return file;
  const locals = new Map(names.map((name) => [ts.unescapeLeadingUnderscores(name), file.locals?.get(name)]));
  return new Proxy(file, {
    get: (target, key): unknown => (key === "locals" ? locals : Reflect.get(target, key)),
  });
}

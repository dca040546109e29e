import { join } from "node:path";
import ts from "typescript";
import { type BaseProgram } from "./base";
import { type Prepared } from "./prepare";

/** What a language service needs to answer about a position of a cell. */
export interface SourceContext {
  readonly ts: typeof ts;
  /** Knows the libraries and modules; `sourceFile` is not among its files, but its checker answers about it. */
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** The cell, below what earlier cells declare. */
  readonly sourceFile: ts.SourceFile;
  /** Where the cell's code begins in the file: add it to a position of the code. */
  readonly offset: number;
}

/** What comes before a cell's code in its file, so that it is a module. */
export const cellPrefix = `export {};${ts.sys.newLine}`;

/** A cell's file within what is declared around it. */
export interface CellFile {
  readonly file: ts.SourceFile;
  /** The files of what earlier cells and the kernel declare, innermost first. */
  readonly outer: readonly ts.SourceFile[];
}

/** Makes files of cells, each within the declarations of the cells before. */
export class CellFiles {
  readonly #base: BaseProgram;
  readonly #cwd: string;
  #count = 0;
  #globals: Outer = { text: "" };
  #declared: Outer = { text: "" };

  constructor(base: BaseProgram, cwd: string) {
    this.#base = base;
    this.#cwd = cwd;
  }

  /** The same files of another program. */
  within(base: BaseProgram): CellFiles {
    const files = new CellFiles(base, this.#cwd);
    files.#count = this.#count;
    files.setGlobals(this.#globals.text);
    return files;
  }

  /** Declarations of the kernel's own globals. */
  setGlobals(text: string): void {
    this.#globals = { text };
  }

  /** The file of a cell, which exports all that the cell declares, so that its .d.ts file has it. */
  create({ code, isJsx }: Prepared, declarations: string): CellFile {
    const text = cellPrefix + code;
    const names = declaredIn(text, isJsx);
    const whole = names.length === 0 ? text : `${text}\nexport {${names.join(", ")}}`;
    return this.#within(declarations, whole, isJsx);
  }

  /** Calls a function on a cell's code, without any effect on the cells to come. */
  withSource<T>(
    { code, shift, isJsx }: Prepared,
    declarations: string,
    use: (context: SourceContext) => T,
  ): T {
    const { file } = this.#within(declarations, cellPrefix + code, isJsx);
    const { program } = this.#base;
    const checker = program.getTypeChecker();
    return use({ ts, program, checker, sourceFile: file, offset: cellPrefix.length + shift });
  }

  #within(declarations: string, text: string, isJsx: boolean): CellFile {
    const name = join(this.#cwd, `__cell${this.#count++}__.${isJsx ? "tsx" : "ts"}`); // the checker keeps errors by file name
    const file = this.#base.parse(name, text);
    if (this.#declared.text !== declarations) this.#declared = { text: declarations };
    const globals = this.#outer(this.#globals, "__globals__.d.ts");
    const declared = this.#outer(this.#declared, "__prev__.d.ts");
    file.parent = declared;
    declared.parent = globals;
    return { file, outer: [declared, globals] };
  }

  #outer(outer: Outer, name: string): ts.SourceFile {
    const { root } = this.#base;
    if (outer.file === undefined || outer.root !== root) {
      outer.file = this.#base.parse(join(this.#cwd, name), cellPrefix + outer.text);
      outer.root = this.#base.root;
    }
    return outer.file;
  }
}

/** All names that the text of a cell declares, those of `var` in its blocks too. */
function declaredIn(text: string, isJsx: boolean): string[] {
  const file = ts.createSourceFile(`cell.${isJsx ? "tsx" : "ts"}`, text, ts.ScriptTarget.Latest);
  ts.bindSourceFile(file, {});
  return [...(file.locals?.keys() ?? [])].map(ts.unescapeLeadingUnderscores);
}

/** A file around cells; made anew with the program, to whose checker its symbols belong. */
interface Outer {
  readonly text: string;
  file?: ts.SourceFile;
  root?: ts.SourceFile | undefined;
}

/** All errors of a file: of its syntax if there are any, else of its types. */
export function diagnose(program: ts.Program, file: ts.SourceFile): readonly ts.Diagnostic[] {
  const syntax = program.getSyntacticDiagnostics(file);
  return syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file);
}

import { version } from "typescript";
import { currentCell, type Cell } from "../cell";
import { type CellName, type Failure } from "./api";
import { race } from "./awaiting";
import { describeLeft } from "./classes";
import { type Compiled, Compiler, type Problem } from "./compiler";
import { Declarations } from "./declarations";
import { describeCrash, describeProblems, describeThrown, labelOf } from "./errors";
import { Modules } from "./modules";
import { type SourceContext } from "./program";
import { Runner, type Runnable } from "./runner";
import { type Scope } from "./scope";
import { type Scripts } from "./scripts";
import { offerWorkers } from "./workers";
import { CellExecutor } from "./tslab";

/** What the engine shares with the session. */
export interface EngineOptions {
  readonly cwd: string;
  readonly scope: Scope;
  readonly scripts: Scripts;
}

/**
 * Compiles cells, with all that needs TypeScript, which takes its time to load: so this module is loaded when the first
 * cell needs it.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #compiler: Compiler;
  readonly #modules: Modules;
  readonly #runner: Runner;
  readonly #executor: CellExecutor<Runnable | Failure>;
  #declarations = Declarations.none;
  /** The cells whose declarations depend on how far they have come: the last one, and those that await. */
  #unsettled: readonly Unsettled[] = [];
  /** What was declared of the kernel's own values, and the declarations that it is among. */
  #recalled: { readonly text: string; readonly within: Declarations } | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#compiler = new Compiler(options.cwd);
    this.#modules = new Modules(options.cwd, this.#compiler, options.scripts, (path, classes) => {
      const message = describeLeft(path, classes, options.scope.variables);
      if (message !== undefined) console.warn(message);
    });
    offerWorkers(this.#compiler, options.cwd);
    this.#runner = new Runner(options.cwd, options.scope, this.#modules, options.scripts);
    this.#executor = new CellExecutor(options.cwd);
  }

  /** Compiles a cell; gives what runs it, what is wrong with it, or nothing if there is nothing to run. */
  compile(code: string, cell: CellName, typed: string): Runnable | Failure | undefined {
    return this.#executor.execute(code, {
      convert: (text) => this.#convert(text, cell, typed),
      addModule: (name, text, isJsx) => this.#addModule(name, text, isJsx, cell),
    });
  }

  /** See {@link SessionCore}. */
  withSource<T>(code: string, use: (context: SourceContext) => T): T {
    return this.#compiler.withSource(code, this.#settled().text, use);
  }

  /** The names that cells have declared, of values and of types. */
  get names(): Set<string> {
    return this.#settled().names;
  }

  /** Declares the kernel's own globals. */
  define(declarations: string): void {
    this.#compiler.files.setGlobals(declarations);
  }

  /** See {@link Session}. */
  recall(types: Readonly<Record<string, string>>): void {
    const { scope } = this.#options;
    const own = Object.entries(types).filter(([name]) => !scope.isDeclared(name));
    const text = own.map(([name, type]) => `declare const ${name}: ${type};`).join("\n");
    const settled = this.#settled();
    if (settled === this.#recalled?.within && text === this.#recalled.text) return;
    this.#declarations = settled.with(text);
    this.#recalled = { text, within: this.#declarations };
    this.#unsettled = this.#awaiting();
  }

  /** Makes the program that the first cell needs. */
  warm(): void {
    this.withSource("[1].map((x) => x)", ({ program, sourceFile }) =>
      program.getSemanticDiagnostics(sourceFile),
    );
  }

  /** Forgets local modules, so that the next import runs them anew. */
  reload(): void {
    this.#modules.reset();
  }

  reset(): void {
    this.#declarations = Declarations.none;
    this.#unsettled = [];
    this.#recalled = undefined;
    this.#compiler.base.reset();
    this.#modules.reset();
  }

  #convert(code: string, cell: CellName, typed: string): Runnable | Failure {
    const declarations = this.#settled();
    const compiled = this.#attempt(cell, () => this.#compiler.compile(code, declarations.text));
    if ("status" in compiled) return compiled;
    if ("length" in compiled) return describeProblems(compiled.map(asTyped(typed)), labelOf(cell));
    const runnable = this.#prepare(typed, compiled, cell);
    if ("status" in runnable) return runnable;
    const names = [...compiled.bindings.keys()];
    const { declarations: text } = compiled;
    const begun: Unsettled = { names, text, runsFor: currentCell(), state: "compiled" };
    this.#declarations = declarations;
    this.#unsettled = [...this.#awaiting(names), begun];
    return { ...runnable, run: () => follow(begun, runnable.run) };
  }

  /** JavaScript may find wrong what TypeScript has let pass. */
  #prepare(typed: string, compiled: Compiled, cell: CellName): Runnable | Failure {
    try {
      return this.#runner.prepare(typed, compiled, cell);
    } catch (error) {
      return describeThrown(error, this.#options.scripts);
    }
  }

  #addModule(name: string, code: string, isJsx: boolean, cell: CellName): Failure | undefined {
    const problems = this.#attempt(cell, () => this.#compiler.addModule(name, code, isJsx));
    if ("status" in problems) return problems;
    if (problems.length === 0) return undefined;
    return describeProblems(problems, labelOf(cell), "the module has errors");
  }

  /** What the compiler makes of a cell, or how it fails at it. */
  #attempt<T>(cell: CellName, compile: () => T): T | Failure {
    try {
      return compile();
    } catch (error) {
      this.#compiler.base.renew();
      return describeCrash(error, labelOf(cell), version);
    }
  }

  /** The declarations that hold: those of cells as far as they have come. */
  #settled(): Declarations {
    let declarations = this.#declarations;
    for (const { names, text, only, state } of this.#unsettled)
      if (state !== "compiled")
        declarations = declarations.with(text, this.#options.scope.unset(names), only);
    return declarations;
  }

  /** The cells that are to run or await, with the names that they will set; not those which a new cell declares. */
  #awaiting(declared: readonly string[] = []): Unsettled[] {
    const left = this.#unsettled.filter((cell) => !isOver(cell));
    for (const cell of left) {
      const unset = cell.state === "compiled" ? new Set(cell.names) : this.#options.scope.unset(cell.names);
      cell.names = cell.names.filter((name) => unset.has(name) && !declared.includes(name));
      if (cell.state === "running") cell.only = new Set(cell.names);
    }
    return left.filter(({ names, state }) => state === "compiled" || names.length > 0);
  }
}

/** A cell whose declarations are not all known to hold. */
interface Unsettled {
  readonly text: string;
  readonly runsFor: Cell | undefined;
  /** Its variables. */
  names: readonly string[];
  /** The names that are meant of its declarations; all if it is not given. */
  only?: ReadonlySet<string>;
  state: "compiled" | "running" | "ended";
}

/** Whether a cell has ended, or was interrupted before it began. */
function isOver({ state, runsFor }: Unsettled): boolean {
  return state === "ended" || (state === "compiled" && runsFor?.interruption.signal.aborted !== false);
}

/** Runs a cell; it has ended, too, when an interrupt has. Who runs cells without a kernel runs one after the other. */
async function follow(cell: Unsettled, run: () => Promise<unknown>): Promise<unknown> {
  cell.state = currentCell() === undefined ? "ended" : "running";
  try {
    return await race(run());
  } finally {
    cell.state = "ended";
  }
}

/** A cell's problems by its lines as the user knows them, magics included. */
function asTyped(typed: string): (problem: Problem) => Problem {
  const lines = typed.split("\n");
  return (problem) =>
    problem.file === undefined ? { ...problem, source: lines[problem.line] ?? problem.source } : problem;
}

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cellPath } from "../debug/path";
import { type CellName } from "./api";
import { each, race } from "./awaiting";
import { type Compiled } from "./compiler";
import { labelOf } from "./errors";
import { evaluate, type Evaluated } from "./evaluate";
import { defaultOf, namespaceOf } from "./interop";
import { type Modules } from "./modules";
import { type Accessors, type Scope } from "./scope";
import { type Script as MappedScript, type Scripts } from "./scripts";

/** A cell's script when it has been made ready to run. */
export interface Runnable {
  /** Runs the cell; gives its last expression's value in an array, or nothing. */
  run(): Promise<unknown>;
  /** The value's type. */
  readonly type: string | undefined;
  readonly url: string;
  readonly script: MappedScript;
}

/** What a cell's script is given as `__cell__`. */
interface Given {
  bind(accessors: Accessors): void;
  module(specifier: string): unknown;
  default(specifier: string): unknown;
  namespace(specifier: string): unknown;
  import(specifier: unknown): Promise<unknown>;
  require(specifier: string): unknown;
  readonly race: typeof race;
  readonly each: typeof each;
  readonly meta: object;
}

const parameters = ["__cell__", "__scope__", "exports", "require", "module", "__filename", "__dirname"];

/** Runs cells' scripts over a scope. */
export class Runner {
  readonly #cwd: string;
  readonly #filename: string;
  readonly #scope: Scope;
  readonly #modules: Modules;
  readonly #scripts: Scripts;
  readonly #given: Given;

  constructor(cwd: string, scope: Scope, modules: Modules, scripts: Scripts) {
    this.#cwd = cwd;
    this.#filename = join(cwd, "__cell__.ts");
    this.#scope = scope;
    this.#modules = modules;
    this.#scripts = scripts;
    const { href } = pathToFileURL(this.#filename);
    const resolve = (specifier: string): string => modules.resolve(specifier);
    this.#given = {
      bind: (accessors) => scope.bind(accessors),
      module: (specifier) => modules.load(specifier),
      default: (specifier) => defaultOf(modules.load(specifier)),
      namespace: (specifier) => namespaceOf(modules.load(specifier)),
      import: (specifier) => modules.import(specifier),
      require: modules.require,
      race,
      each,
      meta: { url: href, filename: this.#filename, dirname: cwd, resolve },
    };
  }

  /**
   * Makes a cell's script ready.
   * @param typed  the cell as the user typed it, line for line what was compiled
   */
  prepare(typed: string, compiled: Compiled, cell: CellName): Runnable {
    const url = cellPath(typed);
    const mapping = { mappings: compiled.mappings, scriptOffset: 1, sourceOffset: 1, shift: compiled.shift };
    const script = this.#scripts.add(url, typed, labelOf(cell), mapping);
    const source = wrap(compiled, url);
    const body = evaluate(source, url);
    return { url, script, type: compiled.type, run: () => this.#run(body, compiled) };
  }

  async #run(body: Evaluated, { imports }: Compiled): Promise<unknown> {
    const importing = this.#modules.prepare(imports);
    if (importing !== undefined) await importing;
    const { variables } = this.#scope;
    const module = { exports: variables };
    return body(this.#given, variables, variables, this.#modules.require, module, this.#filename, this.#cwd);
  }
}

/** A script that gives a function that runs the cell; one line comes before the cell's. */
function wrap({ javascript, bindings, isAsync }: Compiled, url: string): string {
  const accessors = [...bindings].map(([name, expression]) => {
    const set = name === expression ? `, set ${name}($${name}) { ${name} = $${name}; }` : "";
    return `get ${name}() { return ${expression}; }${set}`;
  });
  const bind = accessors.length === 0 ? "" : `__cell__.bind({ ${accessors.join(", ")} });`;
  // The block lets a cell declare names that are parameters, such as `require`.
  const head = `(${isAsync ? "async " : ""}function (${parameters.join(", ")}) { "use strict"; { ${bind}`;
  return `${head}\n${javascript}\n}})\n//# sourceURL=${url}`;
}

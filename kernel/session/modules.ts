import { statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, join } from "node:path";
import { compileFunction, constants, Script } from "node:vm";
import { asModule, namespaceOf } from "./interop";
import { type Scripts } from "./scripts";

/** How modules of the user's are found and made JavaScript of. */
export interface Sources {
  /** The local file for a specifier, undefined if it is a package, a builtin, or not found. */
  resolve(specifier: string, from: string): string | undefined;
  /** The text of a local file, undefined if there is none. */
  read(path: string): string | undefined;
  /** The text of a local file as CommonJS, with the mappings of its source map. */
  transpile(path: string, text: string): { readonly javascript: string; readonly mappings: string };
}

type Load = (specifier: string) => unknown;

interface Loaded {
  readonly exports: object;
  readonly modified: number;
  readonly text: string;
}

/** Errors that say that a module must be imported, since it cannot be required. */
const esmOnly = new Set(["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);

/**
 * Loads what cells import: packages, whether CommonJS or ES modules, Node's own modules, JSON, and local files in
 * TypeScript, which are loaded anew when they have changed. All see the new module then, for its exports are put into
 * the same object.
 */
export class Modules {
  readonly #sources: Sources;
  readonly #scripts: Scripts;
  readonly #path: string;
  readonly #require: NodeJS.Require;
  readonly #import: (specifier: string) => Promise<unknown>;
  readonly #local = new Map<string, Loaded>();
  readonly #imported = new Map<string, unknown>();

  constructor(cwd: string, sources: Sources, scripts: Scripts) {
    this.#sources = sources;
    this.#scripts = scripts;
    this.#path = join(cwd, "__cell__.js");
    this.#require = createRequire(this.#path);
    const script = new Script("(specifier) => import(specifier)", {
      filename: this.#path,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    this.#import = script.runInThisContext();
  }

  /** What `require` is in a cell. */
  get require(): NodeJS.Require {
    return this.#requireFrom(this.#path);
  }

  /** A module as CommonJS has it. One that was imported by {@link prepare} is given as that. */
  load(specifier: string): unknown {
    return this.#load(specifier, this.#path, this.#require);
  }

  /** Loads modules ahead: those that cannot be required are imported, which the promise waits for. */
  prepare(specifiers: readonly string[]): Promise<unknown> | undefined {
    const importing = specifiers.filter((specifier) => {
      try {
        this.load(specifier);
        return false;
      } catch (error) {
        return isEsmOnly(error); // any other is thrown again where the cell imports it
      }
    });
    if (importing.length === 0) return undefined;
    return Promise.all(
      importing.map(async (specifier) => {
        this.#imported.set(specifier, asModule(await this.#import(specifier)));
      }),
    );
  }

  /** What `import()` is in a cell. */
  async import(specifier: string): Promise<unknown> {
    const path = this.#sources.resolve(specifier, this.#path);
    if (path === undefined) return this.#import(specifier);
    return namespaceOf(this.#loadFile(path));
  }

  /** Loads those local files anew that have changed. */
  refresh(): void {
    for (const [path, loaded] of [...this.#local]) {
      const modified = modifiedOf(path);
      if (modified === loaded.modified && (modified !== 0 || this.#sources.read(path) === loaded.text)) continue;
      this.#run(path, loaded.exports);
    }
  }

  /** Forgets local modules, so that they are loaded anew. */
  reset(): void {
    this.#local.clear();
    this.#imported.clear();
  }

  #requireFrom(path: string): NodeJS.Require {
    const require = createRequire(path);
    return new Proxy(require, {
      apply: (_target, _this, [specifier]: [string]) => this.#load(specifier, path, require),
    });
  }

  #load(specifier: string, from: string, require: Load): unknown {
    const imported = this.#imported.get(specifier);
    if (imported !== undefined) return imported;
    if (isBuiltin(specifier)) return require(specifier);
    if (specifier === "tslab") return this.#own("tslab");
    const path = this.#sources.resolve(specifier, from);
    return path === undefined ? require(specifier) : this.#loadFile(path);
  }

  /** A module of the kernel's own packages, if the user's folder has none of that name. */
  #own(specifier: string): unknown {
    return createRequire(__filename)(specifier);
  }

  #loadFile(path: string): object {
    return this.#local.get(path)?.exports ?? this.#run(path, {});
  }

  #run(path: string, exports: object): object {
    const text = this.#sources.read(path) ?? "";
    this.#local.set(path, { exports, modified: modifiedOf(path), text }); // before it runs: it may import itself
    const module = { exports };
    try {
      if (extname(path) === ".json") module.exports = JSON.parse(text);
      else this.#evaluate(path, text, module);
    } catch (error) {
      this.#local.delete(path);
      throw error;
    }
    if (module.exports === exports) return exports;
    this.#local.set(path, { exports: module.exports, modified: modifiedOf(path), text });
    return module.exports;
  }

  #evaluate(path: string, text: string, module: { exports: object }): void {
    const { javascript, mappings } = this.#sources.transpile(path, text);
    this.#scripts.add(path, text, undefined, { mappings, scriptOffset: 0, sourceOffset: 0 });
    const body = compileFunction(javascript, ["exports", "require", "module", "__filename", "__dirname"], {
      filename: path,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    for (const name of Object.keys(module.exports)) Reflect.deleteProperty(module.exports, name);
    body.call(module.exports, module.exports, this.#requireFrom(path), module, path, dirname(path));
  }
}

function modifiedOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isEsmOnly(error: unknown): boolean {
  return error instanceof Error && "code" in error && esmOnly.has(String(error.code));
}

import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { createImport } from "./evaluate";
import { asModule, namespaceOf } from "./interop";
import { LocalModules, type Texts } from "./local";
import { type Scripts } from "./scripts";

/** How modules of the user's are found and made JavaScript of. */
export interface Sources extends Texts {
  /** The local file for a specifier, undefined if it is a package, a builtin, or not found. */
  resolve(specifier: string, from: string): string | undefined;
}

/** Errors that say that a module must be imported, since it cannot be required. */
const esmOnly = new Set(["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);

/**
 * Loads what cells import: packages, whether CommonJS or ES modules, Node's own modules, JSON, and local files in
 * TypeScript; see {@link LocalModules}.
 */
export class Modules {
  readonly #sources: Sources;
  readonly #path: string;
  readonly #require: NodeJS.Require;
  readonly #import: (specifier: string) => Promise<unknown>;
  readonly #local: LocalModules;
  readonly #failed = new Map<string, { readonly error: unknown }>();
  readonly #imported = new Map<string, unknown>();

  constructor(cwd: string, sources: Sources, scripts: Scripts) {
    this.#sources = sources;
    this.#local = new LocalModules(sources, scripts, (path) => this.#requireFrom(path));
    this.#path = join(cwd, "__cell__.js");
    this.#require = createRequire(this.#path);
    this.#import = createImport(this.#path);
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
        if (isEsmOnly(error)) return true;
        this.#failed.set(specifier, { error }); // thrown where the cell imports it
        return false;
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
    if (path !== undefined) return namespaceOf(this.#local.load(path));
    return specifier === "tslab" ? namespaceOf(this.#own(specifier)) : await this.#import(specifier);
  }

  /** Loads those local files anew that have changed. */
  refresh(): void {
    this.#local.refresh();
  }

  /** Forgets local modules, so that they are loaded anew. */
  reset(): void {
    this.#local.reset();
    this.#failed.clear();
    this.#imported.clear();
  }

  #requireFrom(path: string): NodeJS.Require {
    const require = createRequire(path);
    return new Proxy(require, {
      apply: (_target, _this, [specifier]: [string]) => this.#load(specifier, path, require),
    });
  }

  #load(specifier: string, from: string, load: (specifier: string) => unknown): unknown {
    const failed = this.#failed.get(specifier);
    this.#failed.delete(specifier);
    if (failed !== undefined) throw failed.error;
    const imported = this.#imported.get(specifier);
    if (imported !== undefined) return imported;
    if (isBuiltin(specifier)) return load(specifier);
    if (specifier === "tslab") return this.#own("tslab");
    const path = this.#sources.resolve(specifier, from);
    return path === undefined ? load(specifier) : this.#local.load(path);
  }

  /** A module of the kernel's own packages, if the user's folder has none of that name. */
  #own(specifier: string): unknown {
    return createRequire(__filename)(specifier);
  }
}

function isEsmOnly(error: unknown): boolean {
  return error instanceof Error && "code" in error && esmOnly.has(String(error.code));
}

import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { codeOf } from "../errorcode";
import { createImport } from "./evaluate";
import { asModule, isObject, namespaceOf } from "./interop";
import { LocalModules, type Texts } from "./local";
import { lentPackages, loadOwn } from "./own";
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
  /** For errors that say that a module must be imported: which. */
  readonly #needed = new WeakMap<object, string>();
  readonly #imported = new Map<string, unknown>();
  /** The kernel's own packages, if the user's folder has none of that name; "tslab" always. */
  readonly #own: ReadonlySet<string>;

  constructor(cwd: string, sources: Sources, scripts: Scripts) {
    this.#sources = sources;
    this.#local = new LocalModules(sources, scripts, (path) => this.#requireFrom(path));
    this.#path = join(cwd, "__cell__.js");
    this.#require = createRequire(this.#path);
    this.#import = createImport(this.#path);
    this.#own = new Set(["tslab", ...lentPackages(cwd).keys()]);
  }

  /** What `require` is in a cell. */
  get require(): NodeJS.Require {
    return this.#requireFrom(this.#path);
  }

  /** A module as CommonJS has it. One that was imported by {@link prepare} is given as that. */
  load(specifier: string): unknown {
    return this.#load(specifier, this.#path, this.#require);
  }

  /**
   * Loads modules ahead, and those local ones anew that have changed. Where a module that cannot be required is among
   * them or among what they need, it is imported, which the promise waits for.
   */
  prepare(specifiers: readonly string[]): Promise<void> | undefined {
    const missing = this.#attempt(specifiers);
    return missing.size === 0 ? undefined : this.#importAll(specifiers, missing);
  }

  /** What `import()` is in a cell. */
  async import(specifier: string): Promise<unknown> {
    if (this.#own.has(specifier)) return namespaceOf(loadOwn(specifier));
    if (this.#sources.resolve(specifier, this.#path) === undefined) return this.#import(specifier);
    await this.prepare([specifier]);
    return namespaceOf(this.load(specifier));
  }

  /** Forgets local modules, so that they are loaded anew. */
  reset(): void {
    this.#local.reset();
    this.#failed.clear();
    this.#imported.clear();
  }

  async #importAll(specifiers: readonly string[], missing: ReadonlySet<string>): Promise<void> {
    const importing = [...missing].map(async (specifier) => {
      this.#imported.set(specifier, asModule(await this.#import(specifier)));
    });
    await Promise.all(importing);
    const more = this.#attempt(specifiers);
    if (more.size > 0) await this.#importAll(specifiers, more);
  }

  /** Loads modules; gives those that must be imported first. Other errors are thrown where the cell imports them. */
  #attempt(specifiers: readonly string[]): Set<string> {
    const missing = new Set<string>();
    const attempt = (work: () => unknown, fail: (error: unknown) => void): void => {
      try {
        work();
      } catch (error) {
        const needed = isObject(error) ? this.#needed.get(error) : undefined;
        if (needed === undefined) fail(error);
        else missing.add(needed);
      }
    };
    const rethrow = (error: unknown): never => {
      throw error;
    };
    attempt(() => this.#local.refresh(), rethrow);
    for (const specifier of specifiers) {
      attempt(
        () => this.load(specifier),
        (error) => this.#failed.set(specifier, { error }),
      );
    }
    return missing;
  }

  /** What Node's `require` gives; an error of it is remembered if it says that the module must be imported. */
  #required(specifier: string, load: (specifier: string) => unknown): unknown {
    try {
      return load(specifier);
    } catch (error) {
      if (isEsmOnly(error) && !this.#imported.has(specifier)) this.#needed.set(error, specifier);
      throw error;
    }
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
    if (this.#own.has(specifier)) return loadOwn(specifier);
    const path = this.#sources.resolve(specifier, from);
    return path === undefined ? this.#required(specifier, load) : this.#local.load(path);
  }
}

function isEsmOnly(error: unknown): error is Error {
  return esmOnly.has(codeOf(error) ?? "");
}

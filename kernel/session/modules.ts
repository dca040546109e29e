import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { namespaceOf } from "./interop";
import { LocalModules } from "./local";
import { Packages } from "./packages";
import { type Others, type Sources } from "./preparation";
import { importTarget } from "./resolution";
import { type Scripts } from "./scripts";
import { begin, finish, finishNow, type Work } from "./work";

/**
 * Loads what cells import: packages, whether CommonJS or ES modules, Node's own modules, JSON, and local files in
 * TypeScript; see {@link LocalModules}.
 */
export class Modules {
  readonly #sources: Sources;
  readonly #path: string;
  readonly #packages: Packages;
  readonly #local: LocalModules;
  readonly #failed = new Map<string, { readonly error: unknown }>();

  /** @param left  told of the classes of a file that was loaded anew whose instances remain what they were */
  constructor(cwd: string, sources: Sources, scripts: Scripts, left: Others["left"]) {
    this.#sources = sources;
    this.#path = join(cwd, "__cell__.ts");
    this.#packages = new Packages(cwd);
    const others: Others = {
      requireFrom: (path) => this.#requireFrom(path),
      importPackage: (specifier, from, now) => this.#packages.import(specifier, from, now),
      import: (specifier, from) => finish(this.#dynamic(specifier, from)),
      resolve: (specifier, from) => this.#resolve(specifier, from),
      left,
    };
    this.#local = new LocalModules({ sources, scripts, others });
  }

  /** What `require` is in a cell. */
  get require(): NodeJS.Require {
    return this.#requireFrom(this.#path);
  }

  /** A module that a cell imports, once it was made ready by {@link prepare}. */
  load(specifier: string): unknown {
    const failed = this.#failed.get(specifier);
    this.#failed.delete(specifier);
    if (failed !== undefined) throw failed.error;
    return finishNow(this.#import(specifier, this.#path, true));
  }

  /**
   * Loads what a cell imports, and those local modules anew that have changed. Gives a promise if there is something to wait for:
   * ES modules of packages, and what awaits at its top level.
   */
  prepare(specifiers: readonly string[]): Promise<void> | undefined {
    this.#local.abandon();
    return begin(this.#prepare(specifiers));
  }

  /** What `import()` is in a cell. */
  import(specifier: unknown): Promise<unknown> {
    return finish(this.#refreshed(specifier));
  }

  /** What `import.meta.resolve()` is in a cell. */
  resolve(specifier: string): string {
    return this.#resolve(specifier, this.#path);
  }

  /** Forgets local modules, so that they are loaded anew. */
  reset(): void {
    this.#local.reset();
    this.#packages.reset();
    this.#failed.clear();
  }

  *#prepare(specifiers: readonly string[]): Work<void> {
    yield* this.#local.refresh();
    for (const specifier of specifiers) {
      try {
        yield* this.#import(specifier, this.#path, false);
      } catch (error) {
        this.#failed.set(specifier, { error }); // thrown where the cell imports it
        return;
      }
    }
  }

  *#refreshed(specifier: unknown): Work<unknown> {
    yield* this.#local.refresh();
    return yield* this.#dynamic(specifier, this.#path);
  }

  *#dynamic(specifier: unknown, from: string): Work<unknown> {
    return namespaceOf(yield* this.#import(String(specifier), from, false));
  }

  *#import(specifier: string, from: string, now: boolean): Work<unknown> {
    const path = this.#find(specifier, from);
    if (path === undefined) return yield* this.#packages.import(specifier, from, now);
    return yield* this.#local.load(path, from, now);
  }

  #find(specifier: string, from: string): string | undefined {
    if (isBuiltin(specifier) || this.#packages.owns(specifier)) return undefined;
    return this.#sources.resolve(specifier.startsWith("file:") ? pathOf(specifier) : specifier, from);
  }

  #requireFrom(from: string): NodeJS.Require {
    const load = (specifier: string): unknown => {
      const path = this.#find(specifier, from);
      if (path !== undefined) return finishNow(this.#local.load(path, from, true));
      return this.#packages.require(specifier, from);
    };
    return new Proxy(createRequire(from), {
      apply: (_target, _this, [specifier]: [string]) => load(specifier),
    });
  }

  #resolve(specifier: string, from: string): string {
    if (isBuiltin(specifier)) return specifier.startsWith("node:") ? specifier : `node:${specifier}`;
    const path = this.#find(specifier, from);
    if (path !== undefined) return pathToFileURL(path).href;
    if (/^(?:\.{0,2}\/|[a-z]+:)/.test(specifier)) return new URL(specifier, pathToFileURL(from)).href;
    const target = importTarget(specifier, from)?.path ?? createRequire(from).resolve(specifier);
    return pathToFileURL(target).href;
  }
}

/** The path of a file's URL, whatever is asked of it behind a question mark. */
function pathOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return fileURLToPath(`${protocol}//${host}${pathname}`);
}

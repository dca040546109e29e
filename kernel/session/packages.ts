import { createRequire, isBuiltin } from "node:module";
import { dirname, extname } from "node:path";
import { codeOf } from "../errorcode";
import { race } from "./awaiting";
import { createImport } from "./evaluate";
import { lentPackages, loadOwn } from "./own";
import { importTarget } from "./resolution";
import { type Work } from "./work";

/** Errors that say that a module must be imported, since it cannot be required. */
const esmOnly = new Set([
  "ERR_REQUIRE_ESM",
  "ERR_REQUIRE_ASYNC_MODULE",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
  "ERR_UNSUPPORTED_ESM_URL_SCHEME",
]);

/** Files of other kinds are read as JavaScript by Node's `require`, which makes no sense of them. */
const loadable = new Set(["", ".js", ".cjs", ".mjs", ".json", ".node", ".wasm"]);

/** Loads what is not a local file: packages, whether CommonJS or ES modules, and Node's own modules. */
export class Packages {
  /** The packages that are the kernel's own. */
  readonly #own: ReadonlySet<string>;
  readonly #imported = new Map<string, unknown>();
  readonly #imports = new Map<string, (specifier: string) => Promise<unknown>>();

  constructor(cwd: string) {
    this.#own = new Set(lentPackages(cwd).keys());
  }

  /** Whether a specifier is of a package of the kernel's own. */
  owns(specifier: string): boolean {
    return this.#own.has(specifier);
  }

  /** A module as Node's `require` gives it to a file. */
  require(specifier: string, from: string): unknown {
    if (this.#own.has(specifier)) return loadOwn(specifier);
    const load = createRequire(from);
    if (!isBuiltin(specifier)) expectCode(specifier, load);
    return load(specifier);
  }

  /**
   * A module as Node's `import` finds it for a file, which is once for all who import it: the namespace of an ES module, the
   * exports of a CommonJS one.
   * @param now  whether it must be there at once: what awaits at its top level is refused
   */
  *import(specifier: string, from: string, now: boolean): Work<unknown> {
    if (isBuiltin(specifier) || this.#own.has(specifier)) return this.require(specifier, from);
    const key = `${dirname(from)}\0${specifier}`;
    const known = this.#imported.get(key);
    if (known !== undefined) return known;
    const module = yield* this.#load(specifier, from, now);
    this.#imported.set(key, module);
    return module;
  }

  /** Forgets which modules were imported, so that they are looked for anew; Node itself keeps them. */
  reset(): void {
    this.#imported.clear();
  }

  *#load(specifier: string, from: string, now: boolean): Work<unknown> {
    const target = importTarget(specifier, from);
    if ((target === undefined || target.isModule) && !now) return yield race(this.#import(specifier, from));
    try {
      return this.require(target?.path ?? specifier, from);
    } catch (error) {
      if (now || !esmOnly.has(codeOf(error) ?? "")) throw error;
    }
    return yield race(this.#import(specifier, from));
  }

  #import(specifier: string, from: string): Promise<unknown> {
    const folder = dirname(from);
    let load = this.#imports.get(folder);
    if (load === undefined) this.#imports.set(folder, (load = createImport(from)));
    return load(specifier);
  }
}

function expectCode(specifier: string, load: NodeJS.Require): void {
  const path = load.resolve(specifier);
  const extension = extname(path);
  if (loadable.has(extension) || extension in load.extensions) return; // some packages add to those
  throw new TypeError(`Cannot import ${path}: expected JavaScript, TypeScript or JSON, got ${extension}`);
}

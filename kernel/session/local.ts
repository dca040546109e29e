import { dirname, extname } from "node:path";
import { compileModule } from "./evaluate";
import { modifiedOf } from "./files";
import { isObject } from "./interop";
import { type Scripts } from "./scripts";

/** The text of local modules and the JavaScript that is made of it. */
export interface Texts {
  /** The text of a local file, undefined if there is none. */
  read(path: string): string | undefined;
  /** The text of a local file as CommonJS, with the mappings of its source map. */
  transpile(path: string, text: string): { readonly javascript: string; readonly mappings: string };
}

/** A local file as a module. */
interface Loaded {
  /** What all who import it hold, also after it was loaded anew. */
  exports: unknown;
  modified: number;
  text: string;
  /** The local modules that it has loaded. */
  readonly needs: Set<string>;
  /** Whether it, or a module it needs, has changed since it was loaded. */
  isStale: boolean;
}

/**
 * Modules of local files, in TypeScript, JavaScript and JSON. A file that has changed is loaded anew, and so are the
 * modules that need it; what importers hold of it is the same object, with new properties.
 */
export class LocalModules {
  readonly #texts: Texts;
  readonly #scripts: Scripts;
  readonly #requireFrom: (path: string) => NodeJS.Require;
  readonly #loaded = new Map<string, Loaded>();
  /** The modules that are being loaded, innermost last. */
  readonly #loading: string[] = [];

  constructor(texts: Texts, scripts: Scripts, requireFrom: (path: string) => NodeJS.Require) {
    this.#texts = texts;
    this.#scripts = scripts;
    this.#requireFrom = requireFrom;
  }

  /** The exports of a file, which is run if it has not been. */
  load(path: string): unknown {
    const importer = this.#loaded.get(this.#loading.at(-1) ?? "");
    importer?.needs.add(path);
    const loaded = this.#loaded.get(path);
    if (loaded === undefined) return this.#run(path, undefined);
    return loaded.isStale ? this.#run(path, loaded) : loaded.exports;
  }

  /** Loads those files anew that have changed. An error in one is thrown, each time until it is mended. */
  refresh(): void {
    for (const path of this.#loading.splice(0)) this.#loaded.delete(path); // an interrupt ended their loading
    for (const [path, loaded] of this.#loaded) if (this.#hasChanged(path, loaded)) this.#markStale(path);
    for (const [path, loaded] of [...this.#loaded]) if (loaded.isStale) this.load(path);
  }

  /** Forgets all modules. */
  reset(): void {
    this.#loaded.clear();
  }

  #hasChanged(path: string, { modified, text }: Loaded): boolean {
    const now = modifiedOf(path);
    return now !== modified || (now === 0 && this.#texts.read(path) !== text);
  }

  #markStale(path: string): void {
    const loaded = this.#loaded.get(path);
    if (loaded === undefined || loaded.isStale) return;
    loaded.isStale = true;
    for (const [importer, { needs }] of this.#loaded) if (needs.has(path)) this.#markStale(importer);
  }

  /** @param before  the module as it was loaded before */
  #run(path: string, before: Loaded | undefined): unknown {
    const text = this.#texts.read(path) ?? "";
    const module: { exports: unknown } = { exports: {} };
    const loaded: Loaded = before ?? {
      exports: module.exports,
      modified: 0,
      text,
      needs: new Set(),
      isStale: false,
    };
    const isData = extname(path) === ".json";
    loaded.isStale = false; // before it runs: it may import itself
    loaded.needs.clear();
    this.#loaded.set(path, loaded);
    this.#loading.push(path);
    try {
      if (isData) module.exports = JSON.parse(text);
      else this.#evaluate(path, text, module);
    } catch (error) {
      if (before === undefined) this.#loaded.delete(path);
      loaded.isStale = true;
      throw error;
    } finally {
      this.#loading.pop();
    }
    [loaded.text, loaded.modified] = [text, modifiedOf(path)];
    if (before === undefined || !replaceProperties(loaded.exports, module.exports, isData))
      loaded.exports = module.exports;
    return loaded.exports;
  }

  #evaluate(path: string, text: string, module: { exports: unknown }): void {
    const { javascript, mappings } = this.#texts.transpile(path, text);
    this.#scripts.add(path, text, undefined, { mappings, scriptOffset: 0, sourceOffset: 0 });
    const body = compileModule(javascript, path);
    body(module.exports, this.#requireFrom(path), module, path, dirname(path));
  }
}

/**
 * Makes one object have the properties of another, as they are at any time, or of data, as they are; false if they are
 * not both objects.
 */
function replaceProperties(target: unknown, source: unknown, isData: boolean): boolean {
  if (
    !isObject(target) ||
    !isObject(source) ||
    typeof source === "function" ||
    typeof target === "function"
  ) {
    return false;
  }
  if (Array.isArray(target) !== Array.isArray(source)) return false;
  for (const name of Object.keys(target)) if (!(name in source)) Reflect.deleteProperty(target, name);
  for (const name of Object.keys(source)) {
    const get = (): unknown => Reflect.get(source, name);
    const property = isData ? { value: get(), writable: true } : { get };
    // What can't be defined anew is a getter already, of what the module exports of another.
    Reflect.defineProperty(target, name, { ...property, enumerable: true, configurable: true });
  }
  if (Array.isArray(target) && Array.isArray(source)) target.length = source.length;
  return true;
}

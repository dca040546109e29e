import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { codeFolder } from "./codefolder";
import { hashOf } from "./hash";

/** A package's module that takes long to compile, as V8 kept it from an earlier process. */
export class CodeCache {
  readonly #folder: string;
  /** The script that is worth keeping, and its file. */
  #fresh: { readonly script: Script; readonly file: string } | undefined;

  constructor(folder = codeFolder) {
    this.#folder = folder;
  }

  /**
   * Loads a CommonJS module into Node's own cache of modules, from where `require` takes it.
   * @param path  the module's file
   * @returns whether V8 took what an earlier process has kept of it
   */
  load(path: string): boolean {
    if (require.cache[path] !== undefined) return false;
    const { mtimeMs, size } = statSync(path);
    const state = [cachedDataVersionTag(), size, Math.floor(mtimeMs)];
    const place = hashOf([path]);
    const file = join(this.#folder, [basename(path, ".js"), place, ...state].join("-"));
    const cachedData = readIfThere(file);
    const source = Module.wrap(readFileSync(path, "utf8"));
    const script = new Script(source, { filename: path, ...(cachedData !== undefined && { cachedData }) });
    const isCached = cachedData !== undefined && script.cachedDataRejected !== true;
    if (!isCached) this.#fresh = { script, file };
    run(script, path);
    return isCached;
  }

  /** Keeps what V8 has compiled by now, unless that came from an earlier process or can't be written. */
  keep(): void {
    if (this.#fresh === undefined) return;
    const { script, file } = this.#fresh;
    this.#fresh = undefined;
    const draft = `${file}.${process.pid}`;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(draft, script.createCachedData());
      renameSync(draft, file); // whole or not at all
    } catch {
      // A project that can't be written to starts slower, that is all.
    }
  }
}

function run(script: Script, path: string): void {
  const loaded = new Module(path);
  loaded.filename = path;
  require.cache[path] = loaded;
  try {
    const body: unknown = script.runInThisContext();
    if (typeof body !== "function") throw new TypeError(`Cannot load ${path}: expected a function of it`);
    Reflect.apply(body, loaded.exports, [loaded.exports, createRequire(path), loaded, path, dirname(path)]);
    loaded.loaded = true;
  } catch (error) {
    delete require.cache[path];
    throw error;
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

import { modifiedOf } from "./files";
import { isInterrupted, race } from "./awaiting";
import { namespaceOf } from "./interop";
import { createLoaded, createLoading, isBehind, type Loaded, type Loading, type Walk } from "./loaded";
import { type Means, prepareModule } from "./preparation";
import { type Registration } from "./system";
import { type Work } from "./work";

/**
 * Modules of local files, in TypeScript, JavaScript and JSON. ES modules run once what they import has run; those that import one
 * another see each other's functions before. A file that has changed is loaded anew, and so are the modules that need it; what
 * importers hold of it is the same object, with new properties.
 */
export class LocalModules {
  readonly #means: Means;
  readonly #loaded = new Map<string, Loaded>();

  constructor(means: Means) {
    this.#means = means;
  }

  /**
   * The exports of a file, which is run if it has not been.
   * @param from  the file that loads it
   * @param now   whether it must be there at once: what awaits at its top level is refused
   */
  *load(path: string, from: string, now: boolean): Work<unknown> {
    const importer = this.#loaded.get(from);
    importer?.needs.add(path);
    const walk: Walk = { parent: importer?.loading?.walk, waitsFor: undefined, isBusy: true };
    const work = this.#load(path, walk, now);
    let step = work.next();
    while (step.done !== true) {
      walk.isBusy = false;
      let value: unknown;
      try {
        value = yield step.value;
      } catch (error) {
        walk.isBusy = true;
        step = work.throw(error);
        continue;
      }
      walk.isBusy = true;
      step = work.next(value);
    }
    return step.value;
  }

  /** Loads those files anew that have changed. An error in one is thrown, each time until it is mended. */
  *refresh(): Work<void> {
    for (const loaded of this.#loaded.values()) if (this.#hasChanged(loaded)) this.#markStale(loaded);
    for (const [path, { isStale }] of [...this.#loaded]) if (isStale) yield* this.load(path, "", false);
  }

  /** Forgets the modules whose loading an interrupt has ended; called while none is loaded. */
  abandon(): void {
    const error = new Error("Cannot load a module: expected it to run to its end, it was interrupted");
    for (const loaded of [...this.#loaded.values()]) {
      if (loaded.loading?.walk.isBusy !== true) continue;
      this.#drop(loaded, error);
      this.#loaded.delete(loaded.path);
    }
  }

  /** Forgets all modules. */
  reset(): void {
    this.#loaded.clear();
  }

  *#load(path: string, walk: Walk, now: boolean): Work<unknown> {
    try {
      const loaded = this.#link(path, walk);
      if (now) this.#expectNoneWaits(loaded, new Set());
      yield* this.#run(loaded, walk, now);
      return loaded.exports;
    } finally {
      walk.isBusy = false;
    }
  }

  #hasChanged({ path, modified, text, loading }: Loaded): boolean {
    if (loading !== undefined) return false;
    const last = modifiedOf(path);
    return last !== modified || (last === 0 && this.#means.sources.read(path) !== text);
  }

  #markStale(loaded: Loaded): void {
    if (loaded.isStale || loaded.loading !== undefined) return;
    loaded.isStale = true;
    for (const importer of this.#loaded.values())
      if (importer.needs.has(loaded.path)) this.#markStale(importer);
  }

  /** Makes a module and those that it imports ready to run. */
  #link(path: string, walk: Walk): Loaded {
    const loaded = this.#loaded.get(path) ?? createLoaded(path);
    if (!loaded.isStale) return loaded;
    this.#loaded.set(path, loaded);
    loaded.isStale = false;
    for (const needed of loaded.needs) this.#loaded.get(needed)?.setters.delete(path);
    loaded.needs.clear();
    try {
      const text = this.#means.sources.read(path) ?? "";
      [loaded.text, loaded.modified] = [text, modifiedOf(path)];
      const prepared = prepareModule(loaded, this.#means);
      loaded.loading = createLoading(walk, prepared);
      if (prepared.imports !== undefined) this.#linkImports(loaded, loaded.loading, prepared.imports);
    } catch (error) {
      this.#drop(loaded, error);
      throw error;
    }
    return loaded;
  }

  #linkImports(loaded: Loaded, { dependencies, walk }: Loading, { specifiers, setters }: Registration): void {
    for (const [index, specifier] of specifiers.entries()) {
      const take = setters[index] ?? (() => undefined);
      const path = this.#means.sources.resolve(specifier, loaded.path);
      const local = path === undefined ? undefined : this.#link(path, walk);
      dependencies.push({ specifier, take, local });
      if (local === undefined) continue;
      loaded.needs.add(local.path);
      local.setters.set(loaded.path, [...(local.setters.get(loaded.path) ?? []), take]);
      if (local.isModule) take(local.exports);
    }
  }

  /** Runs what a module imports, in order, and then the module, unless that has been done or is being done. */
  *#run(loaded: Loaded, walk: Walk, now: boolean): Work<void> {
    const { loading } = loaded;
    if (loading === undefined) return;
    if (loading.isRunning) {
      if (now || isBehind(loading.walk, walk)) return; // they import one another
      walk.waitsFor = loading.walk;
      yield race(loading.ended);
      walk.waitsFor = undefined;
      return;
    }
    [loading.walk, loading.isRunning] = [walk, true];
    try {
      for (const { specifier, take, local } of loading.dependencies) {
        if (local !== undefined) yield* this.#run(local, walk, now);
        const module =
          local?.exports ?? (yield* this.#means.others.importPackage(specifier, loaded.path, now));
        take(namespaceOf(module));
      }
      const ended = loading.run();
      if (ended instanceof Promise) yield race(ended);
      loading.settle();
    } catch (error) {
      this.#drop(loaded, error);
      throw error;
    }
    [loaded.loading, loaded.hasRun] = [undefined, true];
    loading.end();
  }

  /** Has a module loaded anew, before the next cell if it has run before, or when it is asked for next. */
  #drop(loaded: Loaded, error: unknown): void {
    const { loading } = loaded;
    [loaded.loading, loaded.isStale] = [undefined, true];
    const isForgotten = !loaded.hasRun || isInterrupted(); // or no cell would run any more where a module never ends
    if (isForgotten && this.#loaded.get(loaded.path) === loaded) this.#loaded.delete(loaded.path);
    loading?.end({ error });
  }

  #expectNoneWaits({ path, loading }: Loaded, seen: Set<string>): void {
    if (loading === undefined || loading.isRunning || seen.has(path)) return;
    seen.add(path);
    if (loading.isAsync) {
      const error = new Error(
        `Cannot require ${path}: expected none that awaits at its top level; import it`,
      );
      throw Object.assign(error, { code: "ERR_REQUIRE_ASYNC_MODULE" });
    }
    for (const { local } of loading.dependencies) if (local !== undefined) this.#expectNoneWaits(local, seen);
  }
}

import { type Classes } from "./classes";
import { type Registration, type Setter } from "./system";

/** What loads modules, one and what it needs: it goes on, or waits for a module that awaits. */
export interface Walk {
  /** The walk that runs the module that began this one. */
  readonly parent: Walk | undefined;
  /** The walk that runs the module that this one waits for. */
  waitsFor: Walk | undefined;
  /** Whether code of its modules is running; if nothing runs any more, an interrupt has ended it. */
  isBusy: boolean;
}

/** Whether a walk cannot go on before another has. */
export function isBehind(walk: Walk, other: Walk): boolean {
  for (let each: Walk | undefined = other; each !== undefined; each = each.parent)
    for (let next: Walk | undefined = walk; next !== undefined; next = next.waitsFor)
      if (next === each) return true;
  return false;
}

/** What a module imports. */
export interface Dependency {
  readonly specifier: string;
  readonly take: Setter;
  /** The module, if it is of a local file. */
  readonly local: Loaded | undefined;
}

/** How a module runs. */
export interface Prepared {
  readonly isAsync: boolean;
  /** Runs it; gives a promise if it awaits. */
  run(): unknown;
  /** Takes what it exports, once it has run. */
  settle(): void;
  /** What an ES module imports. */
  readonly imports?: Registration;
}

/** A module that has yet to run. */
export interface Loading extends Prepared {
  readonly dependencies: Dependency[];
  /** What runs it, or will. */
  walk: Walk;
  isRunning: boolean;
  /** Settled when it has run. */
  readonly ended: Promise<void>;
  end(failed?: { readonly error: unknown }): void;
}

/** A module that is ready to run. */
export function createLoading(walk: Walk, prepared: Prepared): Loading {
  let end: Loading["end"] = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (failed) => (failed === undefined ? resolve() : reject(failed.error)); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- whatever the module has thrown
  });
  ended.catch(() => undefined); // told where the module is imported
  return { ...prepared, dependencies: [], walk, isRunning: false, ended, end };
}

/** A local file as a module. */
export interface Loaded {
  readonly path: string;
  /** What all who import it hold, also after it was loaded anew. */
  exports: unknown;
  /** Whether that is the namespace of an ES module. */
  isModule: boolean;
  modified: number;
  text: string;
  /** The local modules that it has loaded. */
  readonly needs: Set<string>;
  /** Whether it, or a module it needs, has changed since it was loaded. */
  isStale: boolean;
  /** Whether it has ever run to its end. */
  hasRun: boolean;
  loading: Loading | undefined;
  /** Who is told when what it exports changes, by the importer's path. */
  readonly setters: Map<string, Setter[]>;
  classes: Classes;
  /** The names that the code exports that holds. */
  exported: ReadonlySet<string>;
}

/** A module of which nothing is known yet. */
export function createLoaded(path: string): Loaded {
  return {
    path,
    exports: {},
    isModule: false,
    modified: 0,
    text: "",
    needs: new Set(),
    isStale: true,
    hasRun: false,
    loading: undefined,
    setters: new Map(),
    classes: new Map(),
    exported: new Set(),
  };
}

import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { guard } from "../interrupt/guard";
import { each, race } from "./awaiting";
import { type Class, type Classes, classesOf, renewClasses } from "./classes";
import { compileModule, type Evaluated } from "./evaluate";
import { createNamespace, isObject } from "./interop";
import { type Loaded, type Prepared } from "./loaded";
import { replaceProperties } from "./properties";
import { type Scripts } from "./scripts";
import { type Put, register } from "./system";
import { parseData, TextError } from "./texterror";
import { type Translation } from "./translate";
import { type Work } from "./work";

/** How local modules are found, read, and made JavaScript of. */
export interface Sources {
  /** The local file for a specifier, undefined if it is a package, a builtin, or not found. */
  resolve(specifier: string, from: string): string | undefined;
  /** The text of a local file, undefined if there is none. */
  read(path: string): string | undefined;
  translate(path: string, text: string): Translation;
}

/** What a local module has of the modules around it. */
export interface Others {
  /** The `require` of a file. */
  requireFrom(path: string): NodeJS.Require;
  /** What is no local file, as a file imports it; `now` if it must be there at once. */
  importPackage(specifier: string, from: string, now: boolean): Work<unknown>;
  /** The `import()` of a file. */
  import(specifier: unknown, from: string): Promise<unknown>;
  /** The `import.meta.resolve()` of a file. */
  resolve(specifier: string, from: string): string;
  /** Told of the classes of a file that was loaded anew whose instances remain what they were. */
  left(path: string, classes: readonly Class[]): void;
}

/** What local modules are made of. */
export interface Means {
  readonly sources: Sources;
  readonly scripts: Scripts;
  readonly others: Others;
}

const fileParameters = ["__filename", "__dirname", "__module__"] as const;

/** Makes a module ready to run whose text was read. */
export function prepareModule(loaded: Loaded, { sources, scripts, others }: Means): Prepared {
  const { path, text } = loaded;
  const add = (mappings: string): unknown =>
    scripts.add(path, text, undefined, { mappings, scriptOffset: 0, sourceOffset: 0 });
  add(""); // for errors that say that it can't be read
  if (extname(path) === ".json") return prepareData(loaded);
  const { isModule, isAsync, ...translation } = guard.run(() => sources.translate(path, text));
  add(translation.mappings);
  const parameters = [
    ...(isModule ? ["System", "require"] : ["exports", "require", "module"]),
    ...fileParameters,
  ];
  const script = compileScript(translation.javascript, parameters, path, scripts);
  let classes: Classes = new Map();
  const given = {
    race,
    each,
    import: (specifier: unknown) => others.import(specifier, path),
    meta: metaOf(path, others),
    classes: (declared: object, withPrivate: readonly string[]) => {
      classes = classesOf(declared, withPrivate);
    },
  };
  const require = others.requireFrom(path);
  const ofFile = [path, dirname(path), given];
  const prepared = isModule
    ? prepareEs(loaded, isAsync, given, (system) => script(system, require, ...ofFile))
    : prepareCommon(loaded, (module) => void script(module.exports, require, module, ...ofFile));
  const settle = (): void => {
    prepared.settle();
    const left = renewClasses(loaded.classes, classes);
    loaded.classes = classes;
    if (left.length > 0) others.left(path, left);
  };
  return { ...prepared, settle };
}

function metaOf(path: string, others: Others): object {
  const resolve = (specifier: string): string => others.resolve(specifier, path);
  return { url: pathToFileURL(path).href, filename: path, dirname: dirname(path), resolve };
}

function prepareEs(
  loaded: Loaded,
  isAsync: boolean,
  context: object,
  evaluate: (system: object) => unknown,
): Prepared {
  const namespace = loaded.isModule && isObject(loaded.exports) ? loaded.exports : createNamespace();
  [loaded.exports, loaded.isModule] = [namespace, true];
  const exported = new Set<string>();
  const put: Put = (name, value) => {
    if (loaded.exported !== exported) return value; // code that has been replaced since
    const entries: [string, unknown][] = typeof name === "string" ? [[name, value]] : Object.entries(name);
    const changed = entries.filter(([key, now]) => {
      exported.add(key);
      return !(key in namespace) || !Object.is(Reflect.get(namespace, key), now);
    });
    for (const [key, now] of changed) Reflect.set(namespace, key, now);
    if (changed.length > 0)
      for (const takers of loaded.setters.values()) for (const take of takers) take(namespace);
    return value;
  };
  loaded.exported = exported;
  const imports = register(evaluate, put, context);
  const settle = (): void => {
    for (const name of Object.keys(namespace))
      if (!exported.has(name)) Reflect.deleteProperty(namespace, name);
  };
  return { isAsync, run: () => imports.execute(), settle, imports };
}

function prepareCommon(loaded: Loaded, run: (module: { exports: unknown }) => void): Prepared {
  const module: { exports: unknown } = { exports: {} };
  if (!loaded.hasRun) [loaded.exports, loaded.isModule] = [module.exports, false]; // for those that it requires
  return {
    isAsync: false,
    run: () => run(module),
    settle: () => replaceExports(loaded, module.exports, false),
  };
}

function prepareData(loaded: Loaded): Prepared {
  const run = (): void => replaceExports(loaded, parseData(loaded.path, loaded.text), true);
  return { isAsync: false, run, settle: () => undefined };
}

function replaceExports(loaded: Loaded, exports: unknown, isData: boolean): void {
  const isSame = loaded.hasRun && !loaded.isModule && replaceProperties(loaded.exports, exports, isData);
  if (!isSame) loaded.exports = exports;
  loaded.isModule = false;
}

/** Makes a function of a script; an error that only V8 finds is told by its place in the text. */
function compileScript(
  javascript: string,
  parameters: readonly string[],
  path: string,
  scripts: Scripts,
): Evaluated {
  try {
    return compileModule(javascript, parameters, path);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const line = Number(/^.*:(\d+)$/m.exec(error.stack ?? "")?.[1] ?? 1);
    const place = scripts.place(path, line, Number.POSITIVE_INFINITY);
    throw new TextError(error.message, path, place?.line ?? line, 1);
  }
}

import { compileFunction, constants, Script, type ScriptOptions } from "node:vm";

/** A function of a script. */
export type Evaluated = (...given: readonly unknown[]) => unknown;

/**
 * Evaluates a script that is a function.
 *
 * @param filename  what stacks call it
 */
export function evaluate(
  source: string,
  filename: string,
  options: Pick<ScriptOptions, "importModuleDynamically"> = {},
): Evaluated {
  const value: unknown = new Script(source, { filename, ...options }).runInThisContext();
  if (!isFunction(value))
    throw new TypeError(`Cannot run ${filename}: expected a function, got ${typeof value}`);
  return value;
}

/** Makes a function of a CommonJS module's text. */
export function compileModule(source: string, filename: string): Evaluated {
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const value: unknown = compileFunction(source, parameters, { filename });
  if (!isFunction(value))
    throw new TypeError(`Cannot run ${filename}: expected a function, got ${typeof value}`);
  return value;
}

function isFunction(value: unknown): value is Evaluated {
  return typeof value === "function";
}

/** A function that imports as a file of this name would. */
export function createImport(filename: string): (specifier: string) => Promise<unknown> {
  const importModule = evaluate("(specifier) => import(specifier)", filename, {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return (specifier) => {
    const { emitWarning } = process;
    process.emitWarning = () => undefined; // that the default loader is an experimental option of scripts
    try {
      return Promise.resolve(importModule(specifier));
    } finally {
      process.emitWarning = emitWarning;
    }
  };
}

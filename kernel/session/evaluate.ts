import { compileFunction, constants, Script } from "node:vm";

/** A function of a script. */
export type Evaluated = (...given: readonly unknown[]) => unknown;

/**
 * Evaluates a script that is a function, and that says with a sourceURL what stacks call it.
 *
 * By indirect eval: Node keeps 1.6 KB for ever of each `vm.Script`, and a function of `vm.compileFunction` has no start at
 * which the debugger could bind its breakpoints.
 */
export function evaluate(source: string, filename: string): Evaluated {
  const value: unknown = globalThis.eval(source);
  if (!isFunction(value))
    throw new TypeError(`Cannot run ${filename}: expected a function, got ${typeof value}`);
  return value;
}

/** Makes a function of a module's text. */
export function compileModule(source: string, parameters: readonly string[], filename: string): Evaluated {
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
  const script = new Script("(specifier) => import(specifier)", {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const importModule: unknown = script.runInThisContext();
  if (!isFunction(importModule)) throw new TypeError(`Cannot import for ${filename}: expected a function`);
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

/** Takes a module that another one imports: at once, and again whenever what it exports changes. */
export type Setter = (module: unknown) => void;

/** Exports a value under a name, or several. */
export type Put = (name: string | Readonly<Record<string, unknown>>, value?: unknown) => unknown;

/** An ES module whose functions are there, and that has not run. */
export interface Registration {
  /** What it imports, in order. */
  readonly specifiers: readonly string[];
  /** Who takes each of those. */
  readonly setters: readonly Setter[];
  /** Runs the module; gives a promise if it awaits at its top level. */
  readonly execute: () => unknown;
}

type Declare = (put: Put, context: object) => Omit<Registration, "specifiers">;

/**
 * Makes ready an ES module that TypeScript has written for System.
 *
 * @see https://github.com/systemjs/systemjs/blob/main/docs/system-register.md
 * @param evaluate  runs the script with what stands there as `System`
 * @param context   has the module's `import` and `meta`
 */
export function register(evaluate: (system: object) => unknown, put: Put, context: object): Registration {
  const registered: Registration[] = [];
  const system = {
    register: (specifiers: readonly string[], declare: Declare): void => {
      const { setters, execute } = declare(put, context);
      registered.push({ specifiers, setters, execute: () => Reflect.apply(execute, undefined, []) });
    },
  };
  evaluate(system);
  const [registration] = registered;
  if (registration === undefined)
    throw new TypeError("Cannot load a module: expected it to be written for System, it is not");
  return registration;
}

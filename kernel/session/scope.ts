/** How a cell's code reads and writes one of its variables. */
export type Accessors = Readonly<Record<string, PropertyDescriptor>>;

/** A variable of a cell, and until the cell has given it a value, what stood under its name before. */
class Binding {
  #before: Binding | undefined;
  #ready = false;
  readonly #get: () => unknown;

  constructor(get: () => unknown, before: Binding | undefined) {
    this.#get = get;
    this.#before = before?.settled();
  }

  /** Whether the cell has come as far as to give it a value. */
  get isReady(): boolean {
    this.read();
    return this.#ready;
  }

  get hasBefore(): boolean {
    return this.#before !== undefined;
  }

  read(): unknown {
    if (this.#ready) return this.#get();
    try {
      const value = this.#get();
      this.#ready = true;
      this.#before = undefined;
      return value;
    } catch {
      return this.#before?.read();
    }
  }

  settled(): Binding | undefined {
    return this.isReady ? this : this.#before;
  }
}

/**
 * The variables of all cells, by name. Each is the cell's own variable, so that what a function of the cell changes is
 * seen here, and what a later cell changes is seen by the function. A variable that its cell never came to set, since
 * it failed or was interrupted before, keeps the value it had; if it had none, it is undefined.
 */
export class Scope {
  /** The variables as properties. */
  readonly variables: Record<string, unknown>;
  readonly #bindings = new Map<string, Binding>();
  #latest: Binding[] = [];
  readonly #globals = new Map<string, PropertyDescriptor>();

  constructor() {
    this.variables = {};
    Object.setPrototypeOf(this.variables, null);
  }

  /** Adds a cell's variables at its start. */
  bind(accessors: Accessors): void {
    this.#latest = [];
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(accessors))) {
      if (get === undefined) continue;
      const before = this.#bindings.get(name) ?? this.#plain(name);
      const binding = new Binding(get, before);
      this.#bindings.set(name, binding);
      this.#latest.push(binding);
      Object.defineProperty(this.variables, name, {
        get: () => binding.read(),
        set: set ?? (() => refuse(name)),
        enumerable: true,
        configurable: true,
      });
    }
  }

  /**
   * Lets go of what stood before under the names of the cell that has just come to its end, and so has set them all: reading one
   * that is not set throws, where a debugger may stop.
   */
  settle(): void {
    for (const binding of this.#latest) binding.read();
    this.#latest = [];
  }

  /** Those of the names whose cell has not set them, but that had a value before. */
  unset(names: Iterable<string>): Set<string> {
    const unset = new Set<string>();
    for (const name of names) {
      const binding = this.#bindings.get(name);
      if (binding !== undefined && !binding.isReady && binding.hasBefore) unset.add(name);
    }
    return unset;
  }

  /** Whether a cell has declared a name and given it a value. */
  isDeclared(name: string): boolean {
    return this.#bindings.get(name)?.isReady ?? false;
  }

  /** Adds values that every cell sees, also after {@link reset}. */
  define(globals: Readonly<Record<string, unknown>>): void {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globals))) {
      this.#globals.set(name, property);
      this.#bindings.delete(name);
      this.#set(name, property);
    }
  }

  /** Forgets all variables but those of {@link define}. */
  reset(): void {
    for (const name of Object.keys(this.variables)) delete this.variables[name];
    this.#bindings.clear();
    this.#latest = [];
    for (const [name, property] of this.#globals) this.#set(name, property);
  }

  #set(name: string, property: PropertyDescriptor): void {
    Object.defineProperty(this.variables, name, { ...property, enumerable: false, configurable: true });
  }

  /** What stands under a name that no cell has declared, such as a global of {@link define}. */
  #plain(name: string): Binding | undefined {
    const property = Object.getOwnPropertyDescriptor(this.variables, name);
    if (property === undefined) return undefined;
    const value: unknown = property.value;
    return new Binding(property.get ?? ((): unknown => value), undefined);
  }
}

function refuse(name: string): never {
  throw new TypeError(`Assignment to constant variable ${name}`);
}

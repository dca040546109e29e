/** How ES imports see CommonJS modules, as TypeScript's `esModuleInterop` has it. */

/** Whether a value has properties of its own. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is what an import of a whole module gives. */
export function isModule(value: unknown): value is object {
  return isEsModule(value) || isNamespace(value);
}

function isEsModule(value: unknown): value is object {
  return isObject(value) && "__esModule" in value && value.__esModule === true;
}

/** What `import name from` takes the property `default` of. */
export function defaultOf(module: unknown): unknown {
  return isModule(module) ? module : { default: module };
}

/** What `import * as name from` and `import()` give. */
export function namespaceOf(module: unknown): unknown {
  if (isModule(module)) return module;
  const namespace = {};
  Object.setPrototypeOf(namespace, null);
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
  const define = (name: string, enumerable: boolean): void => {
    if (name === "default" || name in namespace) return;
    Object.defineProperty(namespace, name, {
      get: (): unknown => Reflect.get(Object(module), name),
      enumerable,
    });
  };
  if (isObject(module)) for (const name of Object.getOwnPropertyNames(module)) define(name, true);
  for (const name of inherited(module)) define(name, false);
  return Object.defineProperty(namespace, "default", { value: module, enumerable: true });
}

/** What an object has of its classes. */
function inherited(value: unknown): string[] {
  const names: string[] = [];
  let prototype: unknown = isObject(value) ? Object.getPrototypeOf(value) : undefined;
  while (isObject(prototype) && prototype !== Object.prototype && prototype !== Function.prototype) {
    names.push(...Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor"));
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
}

/** The object that stands for a local ES module: what it exports are its properties. */
export function createNamespace(): object {
  const namespace = {};
  Object.setPrototypeOf(namespace, null);
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
  return Object.defineProperty(namespace, "__esModule", { value: true }); // for CommonJS modules that require it
}

function isNamespace(value: unknown): value is object {
  return isObject(value) && Object.prototype.toString.call(value) === "[object Module]";
}

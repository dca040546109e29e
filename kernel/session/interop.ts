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
  return isEsModule(module) ? module : { default: module };
}

/** What `import * as name from` and `import()` give. */
export function namespaceOf(module: unknown): unknown {
  if (isModule(module)) return module;
  const namespace = {};
  Object.setPrototypeOf(namespace, null);
  Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
  if (isObject(module)) {
    for (const name of Object.getOwnPropertyNames(module)) {
      if (name === "default") continue;
      Object.defineProperty(namespace, name, {
        get: (): unknown => Reflect.get(module, name),
        enumerable: true,
      });
    }
  }
  return Object.defineProperty(namespace, "default", { value: module, enumerable: true });
}

/** A namespace of `import()` as `require` would give it: marked, so that its default is found. */
export function asModule(namespace: unknown): unknown {
  if (!isObject(namespace)) return namespace;
  const module = {};
  for (const name of Object.keys(namespace)) {
    Object.defineProperty(module, name, {
      get: (): unknown => Reflect.get(namespace, name),
      enumerable: true,
    });
  }
  return Object.defineProperty(module, "__esModule", { value: true });
}

function isNamespace(value: unknown): value is object {
  return isObject(value) && Object.prototype.toString.call(value) === "[object Module]";
}

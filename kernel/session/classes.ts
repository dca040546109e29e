import { basename } from "node:path";
import { isObject } from "./interop";

/** A class, whatever it is made with. */
export type Class = (abstract new (...given: never) => unknown) & { readonly prototype: object };

const isInstance = Function.prototype[Symbol.hasInstance];

/** The classes of a module, by name. */
export type Classes = ReadonlyMap<string, Class>;

/** Classes of which instances have something that only the code of that very class can reach. */
const closed = new WeakSet<object>();

/** Notes the classes of a module that was run. */
export function classesOf(declared: object, withPrivate: readonly string[]): Classes {
  const classes = new Map<string, Class>();
  for (const [name, value] of Object.entries(declared)) {
    if (!isClass(value)) continue;
    classes.set(name, value);
    if (withPrivate.includes(name)) closed.add(value);
  }
  return classes;
}

/**
 * Has the instances of a module's classes get the methods of those that stand for them since it was run anew, as IPython's
 * autoreload does; `instanceof` holds for both.
 *
 * @returns the classes whose instances stay what they were, since methods of another could not reach what is private in them
 */
export function renewClasses(before: Classes, after: Classes): readonly Class[] {
  const left: Class[] = [];
  for (const [name, old] of before) {
    const renewed = after.get(name);
    if (renewed === undefined || renewed === old) continue;
    if (ancestorsOf(old).some((ancestor) => closed.has(ancestor) && !ancestorsOf(renewed).includes(ancestor)))
      left.push(old);
    else renew(old, renewed);
  }
  return left;
}

/** Says which variables are of classes that {@link renewClasses} has left; undefined if none is. */
export function describeLeft(
  path: string,
  classes: readonly Class[],
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const names = Object.keys(variables).filter((name) => {
    const value = variables[name];
    return isObject(value) && classes.some((left) => Reflect.apply(isInstance, left, [value]));
  });
  if (names.length === 0) return undefined;
  const of = classes.map(({ name }) => name).join(", ");
  return `${basename(path)} was loaded anew, but these are of its class as it was before, since it has private members (${of}): ${names.join(", ")}`;
}

function renew(old: Class, renewed: Class): void {
  for (const object of [old, old.prototype])
    for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key); // what may not be deleted stays
  Object.setPrototypeOf(old.prototype, renewed.prototype);
  Object.setPrototypeOf(old, renewed);
  Object.defineProperty(old, Symbol.hasInstance, {
    // Also asked of classes that extend the old one, for themselves.
    value: function (this: unknown, instance: unknown): boolean {
      return this === old ? instance instanceof renewed : Reflect.apply(isInstance, this, [instance]);
    },
    configurable: true,
  });
}

/** A class and those that it extends. */
function ancestorsOf(value: object): object[] {
  const ancestors: object[] = [];
  for (
    let each: unknown = value;
    isObject(each) && each !== Function.prototype;
    each = Object.getPrototypeOf(each)
  )
    ancestors.push(each);
  return ancestors;
}

function isClass(value: unknown): value is Class {
  return typeof value === "function" && isObject(value.prototype);
}

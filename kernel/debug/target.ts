import { inspect, types } from "node:util";
import { expectBundle } from "../output/bundle";
import { drawingOf } from "../output/drawings";
import { displayMethod } from "../output/method";
import { isJson, type Json } from "../protocol";
import { isObject } from "../session/interop";
import { writeJson } from "../wire/json";

/** Where the debugger's thread finds this thread's {@link DebugTarget}: at this symbol of `globalThis`. */
export const targetSymbol = "slimlab.debugger";

/** What the debugger's thread needs of the thread that runs cells; it reaches it through the inspector. */
export interface DebugTarget {
  /** The variables of the cells run so far, by name. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** The value as a MIME bundle, made at once: nothing may be awaited while a cell is paused. */
  render(value: unknown): Json;
  /** Makes a value a variable that later cells see. */
  assign(name: string, value: unknown): void;
}

/** Lets debuggers see the cells' variables; called once, on the thread that runs cells. */
export function exposeTarget(target: {
  /** Looked up anew each time, since a session's reset may replace it. */
  readonly scope: () => Readonly<Record<string, unknown>>;
  /** Tells the compiler of a variable that no cell has declared. */
  readonly declare: (name: string) => void;
}): void {
  const exposed: DebugTarget = {
    get scope() {
      return target.scope();
    },
    render: renderValue,
    assign: (name, value) => {
      const scope = target.scope();
      const isNew = !Object.hasOwn(scope, name);
      if (isNew || !setVariable(scope, name, value)) {
        Object.defineProperty(scope, name, { value, writable: true, enumerable: true, configurable: true });
      }
      if (isNew) target.declare(name);
    },
  };
  Object.defineProperty(globalThis, Symbol.for(targetSymbol), { value: exposed, configurable: true });
}

/** Gives a cell's variable another value; false if it is a constant. */
function setVariable(scope: object, name: string, value: unknown): boolean {
  try {
    return Reflect.set(scope, name, value);
  } catch {
    return false;
  }
}

const context = { publish: nothing, publishOnce: nothing, update: nothing };

function nothing(): void {
  // a variable looked at in the debugger adds no outputs to its cell
}

/** As text, and as a cell shows it if that needs no waiting; a value that cannot be shown says why. */
function renderValue(value: unknown): Json {
  const text = typeof value === "string" ? value : inspect(value);
  try {
    const method = displayMethod(value);
    const shown: unknown = method === undefined ? drawingOf(value) : Reflect.apply(method, value, [context]);
    if (!isObject(shown) || types.isPromise(shown)) return { "text/plain": text };
    return { "text/plain": text, ...toPlain(shown) };
  } catch (error) {
    return { "text/plain": `${text}\n(its display failed: ${String(error)})` };
  }
}

/** What of a bundle can go through JSON, as a cell's output has it. */
function toPlain(bundle: object): Json {
  const plain: unknown = JSON.parse(writeJson(expectBundle(bundle).data));
  return isJson(plain) ? plain : {};
}

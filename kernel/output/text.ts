import { inspect, types } from "node:util";
import { isModule } from "../session/interop";

/** A value as text, as Node writes it; of a module what it exports, each on a line or two instead of in full. */
export function textOf(value: unknown): string {
  if (types.isProxy(value) || !isModule(value)) return inspect(value); // which looks behind proxies
  const exported = Object.keys(value).map((name) => [name, exportOf(value, name)] as const);
  return inspect(Object.fromEntries(exported), { depth: 0 });
}

/** What a module exports under a name; modules have getters, of which one may fail. */
function exportOf(module: object, name: string): unknown {
  try {
    return Reflect.get(module, name);
  } catch (error) {
    return error;
  }
}

/** Has Node 22 and later keep what it compiles in this thread for the next kernel; for Node 20 the session keeps TypeScript. */
import module from "node:module";
import { codeFolder } from "../session/codefolder";

call("enableCompileCache", codeFolder);

/** Writes what is new at once: a thread that is ended with its process does not. */
export function writeCompiled(): void {
  call("flushCompileCache");
}

function call(name: string, ...given: readonly string[]): void {
  const method: unknown = Reflect.get(module, name);
  if (typeof method === "function") Reflect.apply(method, module, given);
}

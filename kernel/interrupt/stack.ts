import { join } from "node:path";

const kernelFolder = join(__dirname, "..", "/");

/**
 * Whether code that is neither Node's nor the kernel's own has called what calls this. Where `Error` is frozen nobody can
 * look, and it is taken to have.
 */
export function runsUserCode(): boolean {
  return callSites()?.some(isUsers) ?? true;
}

/** All calls that have not returned, and what awaits them. */
function callSites(): readonly NodeJS.CallSite[] | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error;
  let sites: readonly NodeJS.CallSite[] | undefined;
  set({
    stackTraceLimit: Infinity,
    prepareStackTrace: (_: Error, all: NodeJS.CallSite[]) => void (sites = all),
  });
  void new Error().stack; // which calls that
  set({ stackTraceLimit, prepareStackTrace });
  return sites;
}

function set(properties: object): void {
  for (const [name, value] of Object.entries(properties)) Reflect.set(Error, name, value);
}

function isUsers(site: NodeJS.CallSite): boolean {
  if (site.getLineNumber() === null || site.isAsync()) return false; // V8's own, and what awaits
  const name = site.getScriptNameOrSourceURL() ?? ""; // what `eval()` and the like have made has none
  return !name.startsWith("node:") && !name.includes(kernelFolder);
}

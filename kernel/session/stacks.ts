import { type Scripts } from "./scripts";

/** All sessions' scripts, which stacks are mapped by; there is but one way to make stacks in a process. */
const known = new Set<Scripts>();

type Prepare = typeof Error.prepareStackTrace;

let before: Prepare;

/**
 * Makes stacks name cells and the lines of local TypeScript files, wherever they are shown: the user's console.log too.
 */
export function mapStacks(scripts: Scripts): void {
  if (Error.prepareStackTrace !== prepareStack) {
    before = Error.prepareStackTrace;
    Error.prepareStackTrace = prepareStack;
  }
  known.add(scripts);
}

/** Ends {@link mapStacks}. */
export function unmapStacks(scripts: Scripts): void {
  known.delete(scripts);
  if (known.size === 0 && Error.prepareStackTrace === prepareStack) Error.prepareStackTrace = before;
}

function prepareStack(error: Error, sites: NodeJS.CallSite[]): string {
  const frames = sites.map(frameOf);
  const outermost = frames.map(({ isUsers }) => isUsers).lastIndexOf(true);
  const lines = frames
    .slice(0, outermost + 1 || frames.length) // below the cell there are only the kernel and Node
    .map(({ text }) => `\n    at ${text}`);
  return `${titleOf(error)}${lines.join("")}`;
}

function titleOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

function frameOf(site: NodeJS.CallSite): { readonly text: string; readonly isUsers: boolean } {
  const text = String(site); // eslint-disable-line @typescript-eslint/no-base-to-string -- V8 writes it as a frame
  const url = site.getScriptNameOrSourceURL();
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (typeof url !== "string" || line === null || column === null) return { text, isUsers: false };
  for (const scripts of known) {
    const place = scripts.place(url, line, column);
    if (place === undefined) continue;
    const { label } = place;
    const shown =
      label === undefined
        ? `${url}:${place.line}:${place.column}`
        : `${label}, line ${place.line}, column ${place.column}`;
    return { text: text.replace(`${url}:${line}:${column}`, shown), isUsers: true };
  }
  return { text, isUsers: false };
}

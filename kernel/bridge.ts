import { inspect } from "node:util";

/** What a value shows, by MIME type; a front end picks the richest type it can draw. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** Where bundles go: a notebook's output, or a terminal. */
export interface Screen {
  /** Shows a bundle as a new output; `displayId` lets `refresh` replace it later. */
  show(bundle: MimeBundle, displayId?: string): void;
  /** Replaces what the output `displayId` shows, also when its cell has ended long ago. */
  refresh(bundle: MimeBundle, displayId: string): void;
  /** Shows a bundle unless the notebook already holds the output that was shown under this key. */
  showOnce(key: string, bundle: () => MimeBundle): void;
}

/** What a display method is given: the output it stands for, and the one just before. */
export interface DisplayContext {
  /** Shows another bundle, as an output of its own before this one. */
  publish(bundle: MimeBundle): void;
  /** The same, but once per notebook for each key: for scripts that several outputs share. */
  publishOnce(key: string, bundle: () => MimeBundle): void;
  /** Replaces this value's output, now or in a later cell. */
  update(bundle: MimeBundle): void;
}

const displaySymbol = Symbol.for("Jupyter.display");
let displays = 0;

/** Tells whether a value says itself how it is shown: it has a method at Symbol.for("Jupyter.display"). */
export function isDisplayable(value: unknown): boolean {
  return displayMethod(value) !== undefined;
}

/**
 * Shows a value: as the MIME bundle its display method gives, else as text.
 * Synchronous unless the method is, so that output stays in the order of the calls.
 * @throws {TypeError} if the method gives no bundle
 */
export function display(value: unknown, screen: Screen): void | Promise<void> {
  const method = displayMethod(value);
  if (method === undefined) {
    return screen.show({ "text/plain": typeof value === "string" ? value : inspect(value) });
  }
  const displayId = `slimlab-${process.pid}-${Date.now().toString(36)}-${++displays}`;
  const context: DisplayContext = {
    publish: (bundle) => screen.show(bundle),
    publishOnce: (key, bundle) => screen.showOnce(key, bundle),
    update: (bundle) => screen.refresh(expectBundle(bundle), displayId),
  };
  const shown: unknown = Reflect.apply(method, value, [context]);
  if (shown instanceof Promise) {
    return shown.then((bundle: unknown) => screen.show(expectBundle(bundle), displayId));
  }
  screen.show(expectBundle(shown), displayId);
}

function displayMethod(value: unknown): ((context: DisplayContext) => unknown) | undefined {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  const method: unknown = Reflect.get(value, displaySymbol);
  return isFunction(method) ? method : undefined;
}

function isFunction(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === "function";
}

function expectBundle(bundle: unknown): MimeBundle {
  if (isRecord(bundle) && Object.keys(bundle).every((type) => type.includes("/"))) return bundle;
  throw new TypeError(
    `Cannot display value: expected a MIME bundle from its Symbol.for("Jupyter.display") method, got ${inspect(bundle, { depth: 0 })}`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

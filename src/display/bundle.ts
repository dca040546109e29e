/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a value shows, by MIME type; a front end draws the richest type it can. Binary types are base64. */
export interface MimeBundle {
  /** What a terminal shows. */
  readonly "text/plain": string;
  readonly [mimeType: string]: Json;
}

/** What a kernel gives a display method: the output it stands for, and the place before it. */
export interface DisplayContext {
  /** Shows another bundle, as an output of its own before this one. */
  publish(bundle: MimeBundle): void;
  /** The same, but once per notebook for each key: for scripts that several outputs share. */
  publishOnce(key: string, bundle: () => MimeBundle): void;
  /** Replaces this value's output, now or in a later cell. */
  update(bundle: MimeBundle): void;
}

/** The key of the method by which a value says how notebooks show it. Not exported: tslab cannot complete `value.` then. */
const displayMethod: unique symbol = Symbol.for("Jupyter.display");

/** A value that shows itself as the last expression of a notebook's cell, and through `display(value)`. */
export interface Displayable {
  /** @param context  absent where nothing but the bundle can be shown */
  [displayMethod](context?: DisplayContext): MimeBundle;
}

/** The value, with the method by which kernels show it: at Symbol.for("Jupyter.display"), where it is not in the way of those who compare values. */
export function displayable<T extends object>(
  value: T,
  show: (context?: DisplayContext) => MimeBundle,
): T & Displayable {
  const shown = Object.assign(value, { [displayMethod]: show });
  return Object.defineProperty(shown, displayMethod, { enumerable: false });
}

/** What a value shows, given a kernel's context or none. */
export function bundleOf(value: Displayable, context?: DisplayContext): MimeBundle {
  return value[displayMethod](context);
}

/** The HTML of a bundle; "" if it has none. */
export function htmlOf({ "text/html": html }: MimeBundle): string {
  return typeof html === "string" ? html : "";
}

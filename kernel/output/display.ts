import { inspect, types } from "node:util";
import type { Json } from "../protocol";
import { isObject } from "../session/interop";
import { expectBundle, type MimeBundle } from "./bundle";
import { drawingOf } from "./drawings";
import { displayMethod } from "./method";
import { textOf } from "./text";

/** A value's picture of itself. */
export interface Picture {
  readonly data: MimeBundle;
  /** By MIME type, e.g. the width at which to draw a PNG. */
  readonly metadata: Json;
  /** By which the output is replaced later. */
  readonly displayId: string;
  /** Whether the value may replace its output: its display method takes the context. */
  readonly live: boolean;
}

/** Where pictures go: a notebook's outputs, or a terminal. */
export interface Screen {
  /** Shows a picture as a new output. */
  show(picture: Picture): void;
  /** Replaces what the outputs `displayId` show, also when their cell has ended long ago. */
  refresh(data: MimeBundle, metadata: Json, displayId: string): void;
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

/** How display() shows a value. */
export interface DisplayOptions {
  /** By which a later display() with `update` replaces the output. @default one of its own */
  readonly displayId?: string;
  /** Replaces the outputs with this displayId instead of adding one. @default false */
  readonly update?: boolean;
  /** For front ends, by MIME type. */
  readonly metadata?: Json;
  /** Whether the value is itself a MIME bundle. @default false */
  readonly raw?: boolean;
}

let displays = 0;

/**
 * Shows a value: as the MIME bundle its method at Symbol.for("Jupyter.display") gives, else drawn as what it is, and as text;
 * a string as it is.
 * Synchronous unless the method is, so that output stays in the order of the calls.
 * @throws {TypeError} if the method gives no bundle
 */
export function display(value: unknown, screen: Screen, options: DisplayOptions = {}): void | Promise<void> {
  const { update = false, metadata = {} } = options;
  if (update && options.displayId === undefined)
    throw new TypeError("Cannot update display: expected the displayId of what is to be replaced, got none");
  const put = (picture: Picture): void => {
    const all = { ...picture.metadata, ...metadata };
    if (update) screen.refresh(picture.data, all, picture.displayId);
    else screen.show({ ...picture, metadata: all });
  };
  const displayId = options.displayId ?? newDisplayId();
  if (options.raw === true) return put({ ...expectBundle(value), displayId, live: false });
  const picture =
    typeof value === "string"
      ? { data: { "text/plain": value }, metadata: {}, displayId, live: false }
      : draw(value, screen, displayId);
  return picture instanceof Promise ? picture.then(put) : put(picture);
}

/** A value's picture, not shown yet: for the value of a cell. */
export function pictureOf(value: unknown, screen: Screen): Picture | Promise<Picture> {
  return draw(value, screen, newDisplayId());
}

function draw(value: unknown, screen: Screen, displayId: string): Picture | Promise<Picture> {
  const method = displayMethod(value);
  if (method === undefined) {
    const show = (drawing: MimeBundle | undefined): Picture => ({
      data: { ...drawing, "text/plain": textOf(value) },
      metadata: {},
      displayId,
      live: false,
    });
    const drawing = drawingOf(value);
    return drawing instanceof Promise ? drawing.then(show) : show(drawing);
  }
  const live = method.length > 0; // it is given a way to replace its output
  const context: DisplayContext = {
    publish: (bundle) => screen.show({ ...expectBundle(bundle), displayId: newDisplayId(), live: false }),
    publishOnce: (key, bundle) => screen.showOnce(key, () => expectBundle(bundle()).data),
    update: (bundle) => {
      const { data, metadata } = expectBundle(bundle);
      screen.refresh(data, metadata, displayId);
    },
  };
  const picture = (bundle: unknown): Picture => {
    const { data, metadata } = expectBundle(bundle);
    return { data: withText(data, value), metadata, displayId, live };
  };
  const shown: unknown = Reflect.apply(method, value, [context]);
  return types.isPromise(shown) ? shown.then(picture) : picture(shown);
}

/** With the text of a value that writes itself, for terminals, where its bundle has none. */
function withText(data: MimeBundle, value: unknown): MimeBundle {
  const writesItself = isObject(value) && typeof Reflect.get(value, inspect.custom) === "function";
  return "text/plain" in data || !writesItself ? data : { ...data, "text/plain": textOf(value) };
}

function newDisplayId(): string {
  return `slimlab-${process.pid}-${Date.now().toString(36)}-${++displays}`;
}

import { inspect } from "node:util";
import { bundleOf, displayable, type Displayable, type MimeBundle } from "../display/bundle";
import { frontEnd, type WireObject } from "./frontend";
import { Synced, type Change, type Kind, type MessageHandler } from "./synced";
import { referTo } from "./wire";

/**
 * A model with views in the notebook: what is set here all views show, and what a user does there is told here.
 *
 * It lives as long as something refers to it, or the output of the cell that shows it stands.
 */
export interface Widget<S extends object = object> extends Displayable {
  /** By which front ends know it. */
  readonly modelId: string;
  /** A value of the state. */
  get<K extends keyof S & string>(name: K): S[K];
  /** Changes values of the state: its views follow, and its observers are told. */
  set(changes: Readonly<Partial<S>>): void;
  /**
   * Calls a function whenever a value of the state has changed, here or in a view.
   * @returns  a function that ends it
   */
  observe<K extends keyof S & string>(name: K, handler: (change: Change<S, K>) => unknown): () => void;
  /** Sends its views a message beside the state: anywidget's `model.on("msg:custom", …)` takes it. */
  send(content: Readonly<Record<string, unknown>>, buffers?: readonly Uint8Array[]): void;
  /**
   * Calls a function with each message of a view: anywidget's `model.send(…)`.
   * @returns  a function that ends it
   */
  onMessage(handler: MessageHandler): () => void;
  /** Takes its views away. */
  close(): void;
}

/** A widget with a value. */
export interface Control<S extends { readonly value: unknown }> extends Widget<S> {
  /** `get("value")`; assigned, `set({ value })`. */
  value: S["value"];
}

/** How a widget is called, and what it shows where no widgets are drawn, e.g. on GitHub. */
export interface Appearance<S extends object> {
  readonly name: string;
  /** @default a line of text */
  readonly still?: (state: S) => MimeBundle;
}

const viewType = "application/vnd.jupyter.widget-view+json";

/** A widget of a kind in a state. */
export function createWidget<S extends { readonly value: unknown }>(
  kind: Kind<S>,
  state: S,
  appearance: Appearance<S>,
): Control<S>;
export function createWidget<S extends object>(kind: Kind<S>, state: S, appearance: Appearance<S>): Widget<S>;
export function createWidget<S extends object>(
  kind: Kind<S>,
  state: S,
  appearance: Appearance<S>,
): Widget<S> {
  const synced = new Synced(kind, state);
  return shown(synced, appearance, Object.hasOwn(state, "value") ? valueOf(synced) : {});
}

function valueOf<S extends object>(synced: Synced<S>): { value: unknown } {
  return {
    get value(): unknown {
      return Reflect.get(synced.state, "value");
    },
    set value(value: unknown) {
      synced.set({ value });
    },
  };
}

/** What a widget shows where no widgets are drawn. */
export function stillOf(widget: Widget): MimeBundle {
  const { [viewType]: _view, ...still } = bundleOf(widget);
  return still;
}

/** Gives an object the methods of a widget. */
function shown<S extends object, T extends object>(
  synced: Synced<S>,
  { name, still }: Appearance<S>,
  object: T,
): T & Widget<S> {
  const text = (): string => describe(name, synced.state);
  const methods = Object.assign(object, {
    modelId: synced.modelId,
    get: <K extends keyof S & string>(key: K): S[K] => synced.state[key],
    set: (changes: Readonly<Partial<S>>): void => synced.set({ ...changes }),
    observe: <K extends keyof S & string>(key: K, handler: (change: Change<S, K>) => unknown): (() => void) =>
      synced.observe(key, handler),
    send: (content: WireObject, buffers?: readonly Uint8Array[]): void => synced.send(content, buffers),
    onMessage: (handler: MessageHandler): (() => void) => synced.onMessage(handler),
    close: (): void => synced.close(),
    [inspect.custom]: text,
  });
  const widget = displayable(methods, () => {
    const bundle = still?.(synced.state) ?? { "text/plain": text() };
    if (!synced.isConnected) return bundle;
    frontEnd()?.keep(widget);
    return { [viewType]: { version_major: 2, version_minor: 0, model_id: synced.modelId }, ...bundle };
  });
  referTo(widget, synced.modelId);
  return widget;
}

/** A line such as "threshold: 0.3". */
function describe(name: string, state: object): string {
  const { description, value }: WireObject = { ...state };
  const label = typeof description === "string" && description !== "" ? description : name;
  return value === undefined ? label : `${label}: ${typeof value === "string" ? value : inspect(value)}`;
}

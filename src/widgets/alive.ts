import { frontEnd, type Comm, type FrontEnd, type WireObject } from "./frontend";
import { pack } from "./wire";

/** A widget that has a comm. */
export interface Connected {
  /** All of its state, by the front end's names. */
  wireState(): WireObject;
  /** Takes what the front end sends. */
  receive(data: WireObject, buffers: readonly Uint8Array[]): unknown;
  /** Takes it that the comm is closed. */
  disconnect(): void;
}

/** Widgets by their ids, for as long as something else holds them. */
const widgets = new Map<string, WeakRef<Connected>>();
const collected = new FinalizationRegistry<Comm>((comm) => {
  widgets.delete(comm.id);
  comm.close();
});
const answering = new WeakSet<FrontEnd>();

/** Brings what the front end sends to a widget, without holding it; the comm is closed when nothing else does. */
export function connect(widget: Connected, comm: Comm): void {
  const reference = new WeakRef(widget);
  widgets.set(comm.id, reference);
  collected.register(widget, comm, widget);
  comm.onMessage((data, buffers) => reference.deref()?.receive(data, buffers));
  comm.onClose(() => {
    widgets.delete(comm.id);
    reference.deref()?.disconnect();
  });
  answerPages();
}

/** Closes a widget's comm. */
export function disconnect(widget: Connected, comm: Comm): void {
  collected.unregister(widget);
  widgets.delete(comm.id);
  comm.close();
}

/** Tells a page that is loaded again of all widgets. */
function answerPages(): void {
  const end = frontEnd();
  if (end === undefined || answering.has(end)) return;
  answering.add(end);
  end.register("jupyter.widget.control", (control) => {
    control.onMessage(({ method }) => {
      if (method !== "request_states") return;
      const { json, paths, buffers } = pack(Object.fromEntries([...widgets].flatMap(stateOf)));
      control.send({ method: "update_states", states: json, buffer_paths: paths }, buffers);
    });
  });
}

function stateOf([id, reference]: readonly [string, WeakRef<Connected>]): readonly [string, unknown][] {
  const state = reference.deref()?.wireState();
  if (state === undefined) return [];
  const {
    _model_name: model_name,
    _model_module: model_module,
    _model_module_version: model_module_version,
  } = state;
  return [[id, { model_name, model_module, model_module_version, state }]];
}

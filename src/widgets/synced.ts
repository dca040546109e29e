import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { connect, disconnect } from "./alive";
import { frontEnd, isObject, type Comm, type WireObject } from "./frontend";
import { pack, unpack } from "./wire";

/** That a value of a widget's state has changed. */
export interface Change<S extends object, K extends keyof S = keyof S> {
  readonly name: K;
  readonly value: S[K];
  readonly previous: S[K];
}

/** Takes what a widget's view sends beside its state. */
export type MessageHandler = (content: unknown, buffers: readonly Uint8Array[]) => unknown;

/** What a kind of widget is to front ends, and how its state is written for them. */
export interface Kind<S extends object> {
  /** Where its code is, by ipywidgets' names: _model_module, _model_name, _view_name, … */
  readonly model: WireObject;
  /** Values of the state, by the front end's names. */
  readonly encode: (values: WireObject, state: S) => WireObject;
  /** Values of the front end, by the state's names; throws if they can't be. */
  readonly decode: (values: WireObject, state: S) => WireObject;
  /** The state after changes, by their names: where one change asks for another, with that too; throws if it can't be. */
  readonly settle?: (state: S, changed: ReadonlySet<string>) => S;
}

/**
 * A state that the kernel and the front end share: what either side sets, the other has.
 *
 * It is held by the user's code, and by the output of the cell that shows it, so that the widgets of a cell's earlier runs go
 * with all that their observers hold.
 * @see https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md, version 2.1.0
 */
export class Synced<S extends object> {
  /** By which the front end knows the widget. */
  readonly modelId: string;
  readonly #kind: Kind<S>;
  readonly #observers = new Map<string, Set<(now: S, before: S) => unknown>>();
  readonly #handlers = new Set<MessageHandler>();
  #state: S;
  #comm: Comm | undefined;

  constructor(kind: Kind<S>, state: S) {
    this.#kind = kind;
    this.#state = kind.settle?.(state, new Set(Object.keys(state))) ?? state;
    const { json, paths, buffers } = pack(this.wireState());
    const opened = { state: json, buffer_paths: paths };
    this.#comm = frontEnd()?.open("jupyter.widget", opened, buffers, { version: "2.1.0" });
    this.modelId = this.#comm?.id ?? randomUUID();
    if (this.#comm !== undefined) connect(this, this.#comm);
  }

  get state(): Readonly<S> {
    return this.#state;
  }

  set(changes: WireObject): void {
    const names = Object.keys(changes);
    const { tell, changed } = this.#change(Object.assign({ ...this.#state }, changes), new Set(names));
    this.#sendState("update", this.#wireOf(changed));
    for (const one of tell) void one();
  }

  observe<K extends keyof S & string>(name: K, handler: (change: Change<S, K>) => unknown): () => void {
    const observer = (now: S, before: S): unknown =>
      handler({ name, value: now[name], previous: before[name] });
    const observers = this.#observers.get(name) ?? new Set();
    this.#observers.set(name, observers.add(observer));
    return () => void observers.delete(observer);
  }

  send(content: WireObject, buffers: readonly Uint8Array[] = []): void {
    this.#comm?.send({ method: "custom", content }, buffers);
  }

  onMessage(handler: MessageHandler): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  close(): void {
    if (this.#comm !== undefined) disconnect(this, this.#comm);
    this.disconnect();
  }

  disconnect(): void {
    this.#comm = undefined;
  }

  /** Whether the front end has it. */
  get isConnected(): boolean {
    return this.#comm !== undefined;
  }

  wireState(): WireObject {
    return { ...this.#kind.model, ...this.#wireOf(Object.keys(this.#state)) };
  }

  async receive(data: WireObject, buffers: readonly Uint8Array[]): Promise<void> {
    const { method, state, content } = data;
    if (method === "request_state") this.#sendState("update", this.wireState());
    if (method === "custom") await all([...this.#handlers].map((handle) => () => handle(content, buffers)));
    if (method !== "update" || !isObject(state)) return;
    const mine = this.#wireOf(Object.keys(this.#state));
    const values = Object.entries(unpack(state, data["buffer_paths"], buffers));
    const known = Object.fromEntries(values.filter(([name]) => Object.hasOwn(mine, name)));
    this.#sendState("echo_update", known); // other pages follow, and this one knows that it was heard
    const changes = this.#kind.decode(known, this.#state);
    const asked = new Set(Object.keys(changes));
    const { tell, changed } = this.#change(Object.assign({ ...this.#state }, changes), asked);
    this.#sendState("update", this.#wireOf(changed.filter((name) => !asked.has(name))));
    await all(tell);
  }

  /** Takes another state; gives the names of the values that have changed, and the calls of their observers. */
  #change(next: S, names: ReadonlySet<string>) {
    const before = this.#state;
    const now = this.#kind.settle?.(next, names) ?? next;
    const changed = Object.keys(now).filter((name) =>
      differs(Reflect.get(before, name), Reflect.get(now, name), names.has(name)),
    );
    this.#state = now;
    const observers = changed.flatMap((name) => [...(this.#observers.get(name) ?? [])]);
    return { changed, tell: observers.map((observer) => () => observer(now, before)) };
  }

  #wireOf(names: readonly string[]): WireObject {
    const values = Object.fromEntries(names.map((name) => [name, Reflect.get(this.#state, name)]));
    return this.#kind.encode(values, this.#state);
  }

  #sendState(method: string, state: WireObject): void {
    if (this.#comm === undefined || Object.keys(state).length === 0) return;
    const { json, paths, buffers } = pack(state);
    this.#comm.send({ method, state: json, buffer_paths: paths }, buffers);
  }
}

/** Whether a value has changed; of an object that was set again, what has changed inside can't be told. */
function differs(before: unknown, now: unknown, wasSet: boolean): boolean {
  if (typeof now === "object" && now === before) return wasSet && now !== null;
  return !isDeepStrictEqual(before, now);
}

/** Calls functions at once, waits for all, and fails as they fail. */
async function all(calls: readonly (() => unknown)[]): Promise<void> {
  const ended = await Promise.allSettled(calls.map((call) => new Promise((done) => done(call()))));
  const failures = ended.flatMap((one): readonly unknown[] =>
    one.status === "rejected" ? [one.reason] : [],
  );
  if (failures.length > 1)
    throw new AggregateError(failures, `${failures.length} of a widget's observers failed`);
  if (failures.length === 1) throw failures[0];
}

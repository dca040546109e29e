/** Parts of Node below its public interface, to which there is no other way. */
import { Session, type Runtime } from "node:inspector";

/** Hears a signal. */
export interface SignalWrap {
  onsignal: () => void;
  start(number: number): void;
  close(): void;
}

/** Where a child that is waited for reads and prints, one of each of its file descriptors. */
export interface SyncStdio {
  readonly type: string;
  /** One of this process's, if the type is "fd". */
  readonly fd?: number;
}

/** A child that is waited for. */
export interface SyncOptions {
  readonly stdio: readonly SyncStdio[];
}

interface Bindings {
  readonly signal_wrap: { readonly Signal: new () => SignalWrap };
  readonly async_wrap: {
    readonly async_hook_fields: Uint32Array;
    readonly constants: { readonly kCheck: number };
    clearAsyncIdStack(): void;
  };
  /** What spawnSync(), execSync() and execFileSync() call. */
  readonly spawn_sync: { spawn: (options: SyncOptions) => unknown };
}

/** Gives one of Node's own parts by its name. */
type Bind = <N extends keyof Bindings>(name: N) => Bindings[N];

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- it is how Node's types are written
  namespace NodeJS {
    interface Process {
      readonly binding: unknown;
    }
  }
  var slimlabBind: Bind | undefined;
}

let known: Bind | undefined;

/**
 * Node's part of that name, as this thread has it.
 *
 * Since Node 24 process.binding() refuses most of them. It calls `internalBinding`, which gives all and is otherwise
 * found only with `--expose-internals`, a flag that notebooks' kernelspecs of before and programs of others do not
 * give: so a debugger's session looks it up among the variables that process.binding() sees.
 * @throws {Error} if this Node keeps it elsewhere
 */
export function internals<N extends keyof Bindings>(name: N): Bindings[N] {
  known ??= findBind();
  return known(name);
}

function findBind(): Bind {
  const session = new Session();
  session.connect();
  try {
    const binding = answer<Runtime.EvaluateReturnType>((done) =>
      session.post("Runtime.evaluate", { expression: "process.binding" }, done),
    );
    const scopes = properties(session, binding?.result).internal.find(({ name }) => name === "[[Scopes]]");
    const bind = properties(session, scopes?.value)
      .own.filter(({ value }) => value?.description !== "Global")
      .flatMap(({ value }) => properties(session, value).own)
      .find(({ name }) => name === "internalBinding");
    session.post("Runtime.callFunctionOn", {
      ...(bind?.value?.objectId !== undefined && { objectId: bind.value.objectId }),
      functionDeclaration: "function () { globalThis.slimlabBind = this; }",
    });
    if (globalThis.slimlabBind !== undefined) return globalThis.slimlabBind;
  } finally {
    Reflect.deleteProperty(globalThis, "slimlabBind");
    session.disconnect();
  }
  throw new Error(
    `Cannot reach Node's own parts: expected process.binding() to see internalBinding(), got none in Node ${process.versions.node}`,
  );
}

interface Properties {
  readonly own: readonly Runtime.PropertyDescriptor[];
  readonly internal: readonly Runtime.InternalPropertyDescriptor[];
}

/** An object's properties; none of what is no object. */
function properties(session: Session, { objectId }: Runtime.RemoteObject | undefined = none): Properties {
  if (objectId === undefined) return { own: [], internal: [] };
  const found = answer<Runtime.GetPropertiesReturnType>((done) =>
    session.post("Runtime.getProperties", { objectId, ownProperties: true }, done),
  );
  return { own: found?.result ?? [], internal: found?.internalProperties ?? [] };
}

const none: Runtime.RemoteObject = { type: "undefined" };

/** What a session of the same thread answers, which it does at once; undefined if that is an error. */
function answer<T>(post: (done: (error: Error | null, result: T) => void) => void): T | undefined {
  const answers: T[] = [];
  post((error, result) => void (error === null && answers.push(result)));
  return answers[0];
}

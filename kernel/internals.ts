/** Parts of Node below its public interface, to which there is no other way. */

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

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- it is how Node's types are written
  namespace NodeJS {
    interface Process {
      noDeprecation?: boolean;
      binding<N extends keyof Bindings>(name: N): Bindings[N];
    }
  }
}

/** Reaches below Node's public interface without the note that is printed for it. */
export function internals<T>(look: (bind: typeof process.binding) => T): T {
  const silent = process.noDeprecation ?? false;
  process.noDeprecation = true;
  try {
    return look((name) => process.binding(name));
  } finally {
    process.noDeprecation = silent;
  }
}

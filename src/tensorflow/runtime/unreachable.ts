/** Frees tensors that nobody has disposed once nothing refers to them, as when a notebook's cell is run again. */
import { shielded } from "../../interrupt";

/** What tfjs' backend keeps of the data that a tensor and its clones share. */
export interface Stored {
  /** TensorFlow's handle; -1 if it has none, less if it is a recording's. */
  id: number;
  readonly shape: number[];
  /** TensorFlow's number of the type. */
  readonly dtype: number;
  /** The values, until they are given to TensorFlow. */
  readonly values: unknown;
  /** Tensors that share it and are not disposed. */
  refCount: number;
}

/** So many new tensors are looked through at once, at the latest. */
const MOST_NEW = 64;

/**
 * Watches data, by the object that every tensor holds that shares it.
 *
 * Most tensors are disposed in the turn of the event loop that made them: only those that outlive it are registered with V8,
 * for that costs as much as making a scalar does.
 */
export class Unreachable {
  private fresh: (readonly [dataId: object, stored: Stored])[] = [];
  private isDue = false;
  private wereFreed = false;
  private readonly registry: FinalizationRegistry<Stored>;

  /**
   * @param isTensors  whether data is that of tensors, and none that an operation has left behind
   * @param free       frees the data of tensors that are out of reach
   * @param settle     is called after a turn that has made tensors, and after one in which some were freed
   */
  constructor(
    private readonly isTensors: (dataId: object) => boolean,
    free: (stored: Stored) => void,
    private readonly settle: (wereFreed: boolean) => void,
  ) {
    this.registry = new FinalizationRegistry((stored) => {
      if (stored.refCount <= 0) return; // disposed
      free(stored);
      this.wereFreed = true;
      this.look();
    });
  }

  /** Frees the data when its `dataId` is out of reach, unless it has been disposed. */
  watch(dataId: object, stored: Stored): void {
    if (!this.isDue) this.look();
    if (this.fresh.length >= MOST_NEW) this.register(); // before: tfjs does not know this one yet
    this.fresh.push([dataId, stored]);
  }

  private look(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false; // also where an interrupt keeps the rest from beginning
      shielded(() => {
        this.register();
        this.settle(this.wereFreed);
        this.wereFreed = false;
      });
    });
  }

  private register(): void {
    for (const [dataId, stored] of this.fresh)
      if (stored.refCount > 0 && this.isTensors(dataId)) this.registry.register(dataId, stored);
    this.fresh = [];
  }
}

/**
 * A table of objects by name that does not keep them alive: who looks up, lists or removes an entry does it as with a plain record,
 * in which those that are out of reach do not stand.
 */
export function weakRecord<T extends object>(): Record<string, T> {
  const references = Object.create(null) as Record<string, WeakRef<T>>;
  const emptied = new FinalizationRegistry<readonly [string, WeakRef<T>]>(([name, reference]) => {
    if (references[name] === reference) Reflect.deleteProperty(references, name);
  });
  const at = (name: string | symbol): T | undefined =>
    typeof name === "string" ? references[name]?.deref() : undefined;
  return new Proxy(references as unknown as Record<string, T>, {
    get: (_, name) => at(name),
    has: (_, name) => at(name) !== undefined,
    getOwnPropertyDescriptor: (_, name) => {
      const value = at(name);
      return value && { value, writable: true, enumerable: true, configurable: true };
    },
    set: (_, name, value: T) => {
      const reference = new WeakRef(value);
      emptied.register(value, [String(name), reference]);
      return Reflect.set(references, name, reference);
    },
  });
}

/** The storages that a pickle of torch's speaks of, which stand after it or beside it. */
import { bytesOfType } from "./torchglobals";
import { describeValue, PickledStorage, PickleGlobal, type PickleValue, type Refuse } from "./pickle/values";

/** Those spoken of, by key. */
export class TorchStorages {
  readonly byKey = new Map<string, PickledStorage>();

  /** The storage that ("storage", its type, key, where it was, length) stands for; older files say in a sixth whether it is a view. */
  readonly persistent = (id: PickleValue, refuse: Refuse): PickledStorage => {
    const [kind, type, key, , length, view = null] = id instanceof Array ? id : [];
    if (kind !== "storage" || !(type instanceof PickleGlobal))
      throw refuse("a storage of another place", describeValue(kind === undefined ? id : kind));
    const isTyped = type.name.endsWith("Storage");
    if (
      !isTyped ||
      typeof key !== "string" ||
      typeof length !== "number" ||
      !Number.isSafeInteger(length) ||
      length < 0
    )
      throw refuse("a storage's type, key and length", [type, key, length].map(describeValue).join(", "));
    if (view !== null)
      throw refuse("a storage of its own", "a view of another, as torch 0.3 and before wrote them");
    const known = this.byKey.get(key);
    if (known === undefined) {
      const storage = new PickledStorage(key, type.dtype, length);
      this.byKey.set(key, storage);
      return storage;
    }
    if (known.dtype === type.dtype && known.length === length) return known;
    throw refuse(
      `storage ${key} as before, ${known.dtype ?? "bytes"} [${known.length}]`,
      `${type.name} [${length}]`,
    );
  };
}

/** How many bytes a storage takes. */
export function storageBytes({ dtype, length }: PickledStorage): number {
  return length * bytesOfType(dtype);
}

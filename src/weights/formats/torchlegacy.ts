/** Files of torch.save() before 1.6: pickles one after the other, then the storages, each with its length before it. */
import { damaged, type ByteFile } from "./bytefile";
import { ByteReader } from "./pickle/bytes";
import { readPickle } from "./pickle/read";
import { describeValue, PickleDict, PickleList, type PickleValue } from "./pickle/values";
import { MOST_PICKLE_BYTES, type TorchContents } from "./torchcontents";
import { torchGlobal } from "./torchglobals";
import { storageBytes, TorchStorages } from "./torchstorages";

/** What such a file begins with, the first of its pickles: an integer of 10 bytes. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** The bytes of that integer in a file, as Latin-1. */
export const LEGACY_MAGIC = Buffer.from(MAGIC.toString(16), "hex").reverse().toString("latin1");

/**
 * What such a file has saved, and where its storages are.
 * @throws {Error} that names the file and the offset, where it is another or damaged
 */
export function readLegacy(file: ByteFile): TorchContents {
  const storages = new TorchStorages();
  const bytes = new ByteReader(file, 0, Math.min(file.size, MOST_PICKLE_BYTES));
  const next = (): PickleValue => readPickle(bytes, { find: torchGlobal, persistent: storages.persistent });
  const expect = (
    what: string,
    offset: number,
    value: PickleValue | undefined,
    expected: PickleValue,
  ): void => {
    if (value === expected) return;
    throw damaged(file.path, `${what} ${describeValue(expected)}`, offset, describeValue(value));
  };
  expect("torch's number", 0, next(), MAGIC);
  expect("protocol", bytes.offset, next(), PROTOCOL);
  const { offset } = bytes;
  const system = next();
  const isLittle = system instanceof PickleDict ? system.items.get("little_endian") : undefined;
  expect("little_endian", offset, isLittle, true);
  const saved = next();
  return { saved, starts: startsOf(bytes, next(), storages) };
}

/** Where each storage begins, in the order of their keys. */
function startsOf(bytes: ByteReader, keys: PickleValue, storages: TorchStorages): Map<string, number> {
  const { file } = bytes;
  const starts = new Map<string, number>();
  let { offset } = bytes;
  if (!(keys instanceof PickleList))
    throw damaged(file.path, "a list of storages before", offset, describeValue(keys));
  for (const key of keys.items) {
    const storage = typeof key === "string" ? storages.byKey.get(key) : undefined;
    if (storage === undefined || starts.has(storage.key))
      throw damaged(file.path, "a storage that the pickle speaks of, once", offset, describeValue(key));
    const length = Buffer.alloc(LENGTH_BYTES);
    file.read(`the length of storage ${storage.key}`, offset, length);
    const stated = length.readBigInt64LE();
    if (stated !== BigInt(storage.length))
      throw damaged(file.path, `length ${storage.length} of storage ${storage.key}`, offset, String(stated));
    starts.set(storage.key, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + storageBytes(storage);
    if (offset > file.size)
      throw damaged(
        file.path,
        `${storageBytes(storage)} bytes of storage ${storage.key}`,
        offset - storageBytes(storage),
        `a file that ends at byte ${file.size}`,
      );
  }
  const absent = [...storages.byKey.keys()].find((key) => !starts.has(key));
  if (absent !== undefined)
    throw damaged(file.path, `storage ${absent} among those listed`, bytes.offset, "none");
  return starts;
}

const LENGTH_BYTES = 8;

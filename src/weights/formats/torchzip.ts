/** Files of torch.save() from 1.6 on: a ZIP archive with a pickle, and each storage as an entry. */
import { damaged, type ByteFile } from "./bytefile";
import { ByteReader } from "./pickle/bytes";
import { readPickle } from "./pickle/read";
import { MOST_PICKLE_BYTES, type TorchContents } from "./torchcontents";
import { torchGlobal } from "./torchglobals";
import { storageBytes, TorchStorages } from "./torchstorages";
import { storedEntry, type ZipEntry } from "./zip";

/** The pickle's name in an archive, whose folder is named after the file, or "archive". */
const PICKLE = /^([^/]+)\/data\.pkl$/;

/** Whether these are the names in an archive of torch's. */
export function isTorchArchive(names: readonly string[]): boolean {
  return names.some((name) => PICKLE.test(name));
}

/**
 * What an archive has saved, and where its storages are.
 * @throws {Error} that names the file and the offset, where it is another or damaged
 */
export function readArchive(file: ByteFile, entries: ReadonlyMap<string, ZipEntry>): TorchContents {
  const folders = [...entries.keys()].flatMap((name) => PICKLE.exec(name)?.[1] ?? []);
  const [folder = ""] = folders;
  if (folders.length !== 1)
    throw new Error(`Cannot read "${file.path}": expected one entry */data.pkl, got ${folders.length}`);
  if (entries.has(`${folder}/constants.pkl`))
    throw new Error(
      `Cannot read "${file.path}": expected tensors of torch.save(), got a program of torch.jit.save(); save its state_dict()`,
    );
  if (entries.has(`${folder}/byteorder`))
    expectLittle(file, storedEntry(file.path, entries, `${folder}/byteorder`));
  const { offset, size } = storedEntry(file.path, entries, `${folder}/data.pkl`);
  if (size > MOST_PICKLE_BYTES)
    throw damaged(file.path, `a pickle of at most ${MOST_PICKLE_BYTES} bytes`, offset, `${size} bytes`);
  const storages = new TorchStorages();
  const bytes = new ByteReader(file, offset, offset + size);
  const saved = readPickle(bytes, { find: torchGlobal, persistent: storages.persistent });
  const starts = [...storages.byKey].map(([key, storage]): [string, number] => {
    const name = `${folder}/data/${key}`;
    const entry = storedEntry(file.path, entries, name);
    const needed = storageBytes(storage);
    if (entry.size === needed) return [key, entry.offset];
    throw damaged(file.path, `${needed} bytes of "${name}"`, entry.offset, String(entry.size));
  });
  return { saved, starts: new Map(starts) };
}

/** Archives from before torch 2.1 don't say, and are little-endian. */
function expectLittle(file: ByteFile, entry: ZipEntry): void {
  const order = Buffer.alloc(Math.min(entry.size, 20));
  file.read("the byte order", entry.offset, order);
  if (order.toString("latin1") === "little") return;
  throw damaged(file.path, 'byteorder "little"', entry.offset, JSON.stringify(order.toString("latin1")));
}

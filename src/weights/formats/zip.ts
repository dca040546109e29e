/** Where the entries of a ZIP archive are in its file. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from "yauzl";
import { reasonOf } from "../../tensorflow";
import { damaged, openBytes, type ByteFile } from "./bytefile";

/** An entry's bytes. */
export interface ZipEntry {
  /** Where they are in the archive's file. */
  readonly offset: number;
  /** How many there are in the file. */
  readonly size: number;
  /** undefined if they are stored as they are; otherwise what was done with them, for errors. */
  readonly coding: string | undefined;
}

/**
 * The entries of an archive by name, as its central directory has them; of ZIP64, too. Their checksums are not compared: torch.load()
 * does not, and torch.save() may be told to write none.
 * @throws {Error} that names the file, if it is no whole archive, or has an entry twice
 */
export async function readZip(path: string): Promise<ReadonlyMap<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>();
  const zip = await whole(path, openZip(path));
  try {
    const all = zip.eachEntry();
    for (let next = await whole(path, all.next()); next.done !== true; next = await whole(path, all.next())) {
      const { fileName } = next.value;
      const place = await placeOf(path, zip, next.value);
      if (entries.has(fileName)) throw damaged(path, "each entry once", place.offset, `"${fileName}" again`);
      entries.set(fileName, place);
    }
  } finally {
    await closeZip(zip);
  }
  return entries;
}

/**
 * Opens an archive, whose entries are asked for one by one. Its places are looked at before they are read: yauzl 3's own reading of
 * a damaged file can end the process.
 * @throws {Error} of yauzl, or of the system
 */
export async function openZip(path: string): Promise<ZipFile> {
  const bytes = openBytes(path);
  try {
    const options = { lazyEntries: true, autoClose: false };
    return await fromRandomAccessReaderPromise(new ArchiveBytes(bytes), bytes.size, options);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/** How yauzl reads an archive. */
class ArchiveBytes extends RandomAccessReader {
  constructor(readonly bytes: ByteFile) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const { size } = this.bytes;
    let error: Error | null = null;
    if (position + length <= size)
      this.bytes.read("a ZIP archive", position, buffer.subarray(offset, offset + length));
    else error = new Error(`one with ${length} bytes at byte ${position}, beyond its end at byte ${size}`);
    setImmediate(callback, error);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.bytes.path, { start, end: end - 1 });
  }

  override close(callback: (error: Error | null) => void): void {
    this.bytes.close();
    callback(null);
  }
}

/** Closes an archive; its file is closed once this is done: yauzl's own close() only begins it. */
export async function closeZip(zip: ZipFile): Promise<void> {
  const closed = once(zip, "close");
  zip.close();
  await closed;
}

/** What yauzl gives, or its complaint as ours. */
async function whole<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`Cannot read "${path}": expected a whole ZIP archive, got ${reasonOf(cause)}`, { cause });
  }
}

async function placeOf(path: string, zip: ZipFile, entry: Entry): Promise<ZipEntry> {
  const { fileName, compressionMethod: method, compressedSize: size } = entry;
  const { fileDataStart: offset } = await whole(
    path,
    zip.readLocalFileHeaderPromise(entry, { minimal: true }),
  );
  if (offset + size > zip.fileSize)
    throw damaged(path, `${size} bytes of "${fileName}"`, offset, `a file that ends at byte ${zip.fileSize}`);
  const coding = entry.isEncrypted()
    ? "encrypted"
    : method === 0
      ? undefined
      : `compressed by method ${method}`;
  return { offset, size, coding };
}

/**
 * An entry whose bytes are stored as they are.
 * @throws {Error} that names the file and the entry, if there is none, or it is compressed
 */
export function storedEntry(path: string, entries: ReadonlyMap<string, ZipEntry>, name: string): ZipEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw new Error(`Cannot read "${path}": expected an entry "${name}", got none`);
  if (entry.coding === undefined) return entry;
  throw damaged(path, `"${name}" stored without compression`, entry.offset, `an entry ${entry.coding}`);
}

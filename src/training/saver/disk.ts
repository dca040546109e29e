/** Files that appear in a folder whole or not at all, also if the process is killed or the machine loses power meanwhile. */
import { existsSync, readdirSync } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isRunning } from "../../input/running";

/** Temporary files and folders of this process that are in use. */
const active = new Set<string>();

/** "model.ckpt-40.saving-1234-a1B2c3": the checkpoint, the process that writes it, and letters that make it unique. */
const temporary = /^(.*)\.saving-(\d+)-\w{6}$/;

/** A `checkpoint` file that was being written, e.g. "checkpoint.part-1234". */
const stateText = /^(checkpoint)\.part-(\d+)(?:-\d+)?$/;

/** A folder of its own inside of `folder`, which is there, for the files of a checkpoint of that name. */
export async function createTemporary(folder: string, name: string): Promise<string> {
  const path = await mkdtemp(join(folder, `${name}.saving-${process.pid}-`));
  active.add(path);
  return path;
}

/** Frees a temporary folder with all that is in it. */
export async function removeTemporary(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  active.delete(path);
}

/** Whether a folder's name is that of a temporary one. */
export function isTemporary(name: string): boolean {
  return temporary.test(name);
}

/**
 * Removes what killed processes left behind: their temporary files and folders, and data files without an index.
 * @param named  paths in the `checkpoint` file, of which none is removed
 * @returns      names of checkpoints that are whole but that were not named yet
 */
export async function removeStale(folder: string, named: readonly string[]): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const whole: string[] = [];
  for (const file of await readdir(folder)) {
    const [, name, writer] = temporary.exec(file) ?? stateText.exec(file) ?? [];
    if (name === undefined || active.has(join(folder, file)) || isRunning(Number(writer))) continue;
    if (temporary.test(file)) {
      if (!existsSync(join(folder, `${name}.index`))) await removeFiles(folder, name);
      else if (!named.some((path) => basename(path) === name && !isInside(path, file))) whole.push(name);
    }
    if (!named.some((path) => isInside(path, file)))
      await rm(join(folder, file), { recursive: true, force: true });
  }
  return whole;
}

/** Gives the files of a checkpoint a second place, in a folder that is made if need be. */
export async function linkFiles(folder: string, to: string, name: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of filesOf(folder, name)) {
    const [from, place] = [join(folder, file), join(to, file)];
    await link(from, place).catch(() => copyFile(from, place)); // not every disk has links
  }
  await synchronize(to);
}

/** Moves the files of a checkpoint from a temporary folder to where they belong; the index, which makes it one, last. */
export async function moveInto(folder: string, temporaryFolder: string, name: string): Promise<void> {
  const files = (await readdir(temporaryFolder)).filter((file) => isFileOf(file, name));
  for (const file of files) await synchronize(join(temporaryFolder, file));
  const index = `${name}.index`;
  for (const file of files.filter((one) => one !== index))
    await rename(join(temporaryFolder, file), join(folder, file));
  await synchronize(folder);
  await rename(join(temporaryFolder, index), join(folder, index));
  await synchronize(folder);
}

/** Replaces a text file by another at once. */
export async function replaceText(folder: string, file: string, text: string): Promise<void> {
  await replaceFile(folder, file, (handle) => handle.writeFile(text));
}

/**
 * Replaces a file at once by what is written into another; if that fails, the file is as it was. Of several calls for one file at a
 * time, that which ends last stays, whole.
 */
export async function replaceFile(
  folder: string,
  file: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const part = freePart(resolve(folder, `${file}.part-${process.pid}`));
  active.add(part);
  try {
    const handle = await open(part, "w");
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, join(folder, file));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    active.delete(part);
  }
  await synchronize(folder);
}

/** A path that nothing is being written to by this process. */
function freePart(path: string, number = 1): string {
  const part = number === 1 ? path : `${path}-${number}`;
  return active.has(part) ? freePart(path, number + 1) : part;
}

/** Removes a checkpoint; the index first, so that none is there without its data. */
export async function removeFiles(folder: string, name: string): Promise<void> {
  await rm(join(folder, `${name}.index`), { force: true });
  for (const file of filesOf(folder, name)) await rm(join(folder, file), { force: true });
}

/** The files of a checkpoint in a folder. */
export function filesOf(folder: string, name: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => isFileOf(file, name)) : [];
}

function isFileOf(file: string, name: string): boolean {
  return file.startsWith(`${name}.`) && /^\.(index|meta|data-\d{5}-of-\d{5})$/.test(file.slice(name.length));
}

/** Has the disk keep what is written to a file or folder, come a power cut. */
async function synchronize(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isInside(path: string, folder: string): boolean {
  return path.split("/").includes(folder);
}

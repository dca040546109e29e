/** Puts the record files of one name into a folder, in place of an older set of that name. */
import { readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "./beside";
import {
  filesOf,
  LABELS_FILE,
  labelsText,
  type Manifest,
  manifestFile,
  namesIn,
  namesOfLabels,
  readManifests,
  splitOfFile,
} from "./manifest";
import { isRunning } from "./running";

/** Record files that are being written beside the place where they go. */
export interface RecordSet {
  /** The folder to write the files to. */
  readonly staging: string;
  /**
   * Puts the files in their place; the caller has written all that the manifest lists. A process that is killed meanwhile leaves a
   * set that its manifest says is incomplete.
   * @returns names of an older set's files that are there no more
   */
  publish(manifest: Manifest): Promise<string[]>;
  /** Takes back what was written and not published; may be called at any time. */
  discard(): Promise<void>;
}

/**
 * Begins to write a set of record files. The caller publishes or discards it.
 * @param files  names of all that will be written
 * @throws {RangeError} if the folder has record files of this name that no manifest lists, files of these names of another set, or a
 * labels.txt of other classes that is not of this set alone
 */
export async function createRecordSet(
  folder: string,
  { name, files, labels }: Pick<Manifest, "name" | "labels"> & { readonly files: readonly string[] },
): Promise<RecordSet> {
  const takeAway = await makeFolder(folder);
  const manifests = readManifests(folder);
  const older = manifests.find((manifest) => manifest.name === name);
  const others = manifests.filter((manifest) => manifest !== older);
  expectOwnFiles(folder, { name, files, others, older });
  expectOwnLabels(folder, { labels, others, older });
  await removeAbandoned(folder, name);
  const staging = path.join(folder, stagingName(name, process.pid));
  await mkdir(staging, { recursive: true });
  return {
    staging,
    publish: async (manifest) => replace(folder, staging, manifest, older),
    discard: async () => {
      await rm(staging, { recursive: true, force: true });
      await takeAway();
    },
  };
}

/** In this order: whatever comes last before a kill, the manifest tells whether the set is whole. */
async function replace(
  folder: string,
  staging: string,
  manifest: Manifest,
  older: Manifest | undefined,
): Promise<string[]> {
  const files = filesOf(manifest);
  const replaced = older === undefined ? [] : filesOf(older);
  const removed = replaced.filter((file) => !files.includes(file)).sort();
  const put = async (file: string, text?: string): Promise<void> => {
    if (text !== undefined) await writeFile(path.join(staging, file), text);
    await rename(path.join(staging, file), path.join(folder, file));
  };
  const own = manifestFile(manifest.name);
  await put(own, manifestText({ ...manifest, replaced }));
  for (const file of removed) await rm(path.join(folder, file), { force: true });
  for (const file of files) await put(file);
  await put(LABELS_FILE, labelsText(manifest.labels));
  await put(own, manifestText(manifest));
  await rm(staging, { recursive: true });
  return removed;
}

function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

interface Sets {
  readonly older: Manifest | undefined;
  readonly others: readonly Manifest[];
}

function expectOwnFiles(
  folder: string,
  { name, files, older, others }: Sets & Pick<Manifest, "name"> & { readonly files: readonly string[] },
): void {
  const listed = older === undefined ? [] : filesOf(older);
  const owners = new Map(
    others.flatMap((other) => filesOf(other).map((file) => [file, other.name] as const)),
  );
  for (const file of namesIn(folder)) {
    const owner = owners.get(file);
    if (owner !== undefined && files.includes(file))
      throw new RangeError(
        `Cannot write records "${name}" to "${folder}": expected names of their own, got "${file}" of records "${owner}"`,
      );
    const isUnknown = owner === undefined && !listed.includes(file) && !files.includes(file);
    if (isUnknown && splitOfFile(name, file) !== undefined)
      throw new RangeError(
        `Cannot write records "${name}" to "${folder}": expected no others of that name, got "${file}", which no ${manifestFile(name)} lists; remove it first, or give another name`,
      );
  }
}

/** All names in a folder share labels.txt. */
function expectOwnLabels(folder: string, { labels, older, others }: Sets & Pick<Manifest, "labels">): void {
  if (!namesIn(folder).includes(LABELS_FILE)) return;
  const text = readFileSync(path.join(folder, LABELS_FILE), "utf8");
  const isOwn = older?.replaced !== undefined || (older !== undefined && labelsText(older.labels) === text);
  if (text === labelsText(labels) || (isOwn && others.length === 0)) return;
  const owners = others.map(({ name }) => `"${name}"`).join(", ");
  throw new RangeError(
    `Cannot write records to "${folder}": expected ${LABELS_FILE} of ${labels.join(", ")}, got ${namesOfLabels(text)}${owners === "" ? "; remove it, or" : `, of records ${owners} there;`} write to another folder`,
  );
}

/** Folders of processes that ended before they could take them away. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const file of namesIn(folder)) {
    const pid = /\.(\d+)\.part$/.exec(file)?.[1];
    if (pid === undefined || file !== stagingName(name, Number(pid)) || isRunning(Number(pid))) continue;
    await rm(path.join(folder, file), { recursive: true, force: true });
  }
}

function stagingName(name: string, pid: number): string {
  return `.${name}.${pid}.part`;
}

/** What a folder's record files are: a manifest beside them for each name, `<name>.records.json`. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { codeOf } from "./errorcode";

/** The record files of one name. */
export interface Manifest {
  /** First word of the files' names. */
  readonly name: string;
  /** Path of the folder of photos. */
  readonly source: string;
  /** The classes, in the order of the labels. */
  readonly labels: readonly string[];
  readonly splits: Readonly<Record<string, ManifestSplit>>;
  /** While the files of an older set are being replaced by these: the older ones. Absent once the set is whole. */
  readonly replaced?: readonly string[];
}

/** The record files of one split. */
export interface ManifestSplit {
  /** Records in all files together. */
  readonly records: number;
  /** Records of each class, in the order of the labels. */
  readonly perClass: readonly number[];
  /** The files' names, in the order of the shards. */
  readonly files: readonly string[];
}

const ENDING = ".records.json";

/** The file that keeps the classes of all names in a folder, as TF-Slim does: lines as "0:hat". */
export const LABELS_FILE = "labels.txt";

/** labels.txt of classes. */
export function labelsText(labels: readonly string[]): string {
  return labels.map((label, i) => `${i}:${label}\n`).join("");
}

/** A manifest's own name. */
export function manifestFile(name: string): string {
  return `${name}${ENDING}`;
}

/** Names of all files of a set: those of an older one too, while it's being replaced. */
export function filesOf({ splits, replaced = [] }: Manifest): string[] {
  return [...new Set([...Object.values(splits).flatMap(({ files }) => files), ...replaced])];
}

/**
 * The split of a record file of that name, e.g. "train" of photos_train_00000-of-00002.tfrecord; undefined if it is none. One with
 * "_" is none either, as it may be the end of another name.
 */
export function splitOfFile(name: string, file: string): string | undefined {
  const rest = file.startsWith(`${name}_`) ? file.slice(name.length + 1) : "";
  return /^([^_]+)_\d{5}-of-\d{5}\.tfrecord$/.exec(rest)?.[1];
}

/**
 * The manifests in a folder.
 * @throws {Error} if one can't be read as such
 */
export function readManifests(folder: string): Manifest[] {
  return namesIn(folder)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => readManifest(path.join(folder, file)));
}

/** Names of the files in a folder; none if there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

function readManifest(file: string): Manifest {
  const text = readFileSync(file, "utf8");
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  if (isManifest(content)) return content;
  throw new Error(
    `Cannot read records' manifest "${file}": expected what writeRecords() writes, got ${text.length} characters of something else; write the records again after removing it`,
  );
}

function isManifest(content: unknown): content is Manifest {
  const { name, source, labels, splits, replaced = [] } = fieldsOf(content);
  return (
    typeof name === "string" &&
    typeof source === "string" &&
    isTexts(labels) &&
    isTexts(replaced) &&
    typeof splits === "object" &&
    Object.values(fieldsOf(splits)).every((split) => isTexts(fieldsOf(split)["files"]))
  );
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null
    ? Object.fromEntries<unknown>(Object.entries(value))
    : {};
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/**
 * Checks that record files which are to be read together are of whole sets with the same classes; files that no manifest speaks of,
 * as TF-Slim's own, pass.
 * @throws {Error} if a set is incomplete, a file of its name is not in it, or classes differ between sets or from labels.txt
 */
export function expectOneSet(files: readonly string[]): void {
  const sets = new Map<string, Manifest>();
  for (const folder of new Set(files.map((file) => path.dirname(file)))) {
    const manifests = readManifests(folder);
    if (manifests.length === 0) continue;
    for (const file of files.filter((one) => path.dirname(one) === folder)) {
      const manifest = setOf(file, manifests);
      if (manifest !== undefined) sets.set(path.join(folder, manifestFile(manifest.name)), manifest);
    }
  }
  const [first, ...others] = sets;
  if (first === undefined) return;
  for (const [file, { labels }] of others)
    if (labelsText(labels) !== labelsText(first[1].labels))
      throw new Error(
        `Cannot read records together: expected the same classes, got ${first[1].labels.join(", ")} in "${first[0]}" and ${labels.join(", ")} in "${file}"`,
      );
  for (const [file, { labels }] of sets)
    expectLabels(path.join(path.dirname(file), LABELS_FILE), file, labels);
}

/** The set that a file belongs to. */
function setOf(file: string, manifests: readonly Manifest[]): Manifest | undefined {
  const base = path.basename(file);
  const own = manifests.find((manifest) => filesOf(manifest).includes(base));
  if (own?.replaced !== undefined)
    throw new Error(
      `Cannot read records of "${file}": expected a whole set "${own.name}", got one whose writing was interrupted; write it again`,
    );
  if (own !== undefined) return own;
  const stranger = manifests.find(({ name }) => splitOfFile(name, base) !== undefined);
  if (stranger === undefined) return undefined;
  throw new Error(
    `Cannot read records of "${file}": expected a file that ${manifestFile(stranger.name)} lists, got one of another set; remove it or write the records again`,
  );
}

function expectLabels(file: string, manifest: string, labels: readonly string[]): void {
  if (!namesIn(path.dirname(file)).includes(LABELS_FILE)) return;
  const text = readFileSync(file, "utf8");
  if (text.replaceAll("\r\n", "\n") === labelsText(labels)) return;
  throw new Error(
    `Cannot read records of "${manifest}": expected its classes ${labels.join(", ")} in ${LABELS_FILE} too, got ${namesOfLabels(text)}`,
  );
}

/** The classes of a labels.txt, in the order of its lines. */
export function labelsOfText(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  return lines.map((line) => line.replace(/^\d+:/, ""));
}

/** The classes of a labels.txt, for an error's message. */
export function namesOfLabels(text: string): string {
  return labelsOfText(text).join(", ") || "none";
}

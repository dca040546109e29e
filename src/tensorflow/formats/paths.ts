/** Paths by their very names, where TensorFlow takes them for patterns: "run[1]" would be "run1" to it. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** What has a meaning in TensorFlow's patterns. */
const SPECIAL = /[*?[\\]/;

/** Whether TensorFlow would take a path for a pattern. */
export function isPattern(path: string): boolean {
  return SPECIAL.test(path);
}

/**
 * A pattern that TensorFlow understands as a user means it: what is there by this very name is no pattern, neither the file nor
 * the folders that it is in.
 */
export function patternOf(path: string): string {
  if (!isPattern(path)) return path;
  if (existsSync(path)) return literally(path);
  const parts = path.split("/");
  let count = parts.length - 1;
  while (count > 0 && !isFolder(parts.slice(0, count).join("/"))) count--;
  const folder = parts.slice(0, count).join("/");
  return [literally(folder), ...parts.slice(count)].join("/").slice(count === 0 ? 1 : 0);
}

function literally(path: string): string {
  return path.replace(/[*?[\\]/g, "\\$&");
}

function isFolder(path: string): boolean {
  return statSync(path === "" ? "/" : path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A second name of files or a folder. */
export interface SecondName {
  readonly path: string;
  /** Takes the name away; the files stay. */
  release(): void;
}

/** Folders of links that are in use. */
const links = new Set<string>();
process.once("exit", () => links.forEach(removeLinks));

/** A name without a pattern's characters for a folder; its own, if it has none. */
export function plainFolder(path: string): SecondName {
  return isPattern(path) ? linked([[path, "folder"]], "folder") : { path, release: () => undefined };
}

/** A name without a pattern's characters for the files of a V2 checkpoint; its own, if it has none. */
export function plainPrefix(prefix: string): SecondName {
  if (!isPattern(prefix)) return { path: prefix, release: () => undefined };
  const [folder, name] = [dirname(prefix), basename(prefix)];
  const endings = readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length));
  return linked(
    endings.map((ending) => [join(folder, name + ending), `checkpoint${ending}`]),
    "checkpoint",
  );
}

function linked(files: readonly (readonly [from: string, to: string])[], name: string): SecondName {
  const temporary = isPattern(tmpdir()) ? "/tmp" : tmpdir();
  const folder = mkdtempSync(join(temporary, "slimlab-links-"));
  links.add(folder);
  for (const [from, to] of files) symlinkSync(resolve(from), join(folder, to));
  return { path: join(folder, name), release: () => removeLinks(folder) };
}

function removeLinks(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  links.delete(folder);
}

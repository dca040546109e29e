import { Modules } from "./modules";
import { Scripts } from "./scripts";
import { mapStacks } from "./stacks";
import { type Translation } from "./translate";

/** A file that a worker runs, and the local modules that it may load. */
export interface Program {
  readonly cwd: string;
  readonly path: string;
  /** The files' texts, by path. */
  readonly texts: Record<string, string>;
  readonly translations: Record<string, Translation>;
  /** The files that specifiers stand for, by {@link keyOf}. */
  readonly found: Record<string, string>;
}

/** Under what stands which file a specifier means in a file. */
export function keyOf(specifier: string, from: string): string {
  return `${from}\0${specifier}`;
}

/** Runs a program in the worker that this is called in. */
export function runProgram({ cwd, path, texts, translations, found }: Program): void {
  const scripts = new Scripts();
  mapStacks(scripts);
  const sources = {
    resolve: (specifier: string, from: string) =>
      specifier in texts ? specifier : found[keyOf(specifier, from)],
    read: (name: string) => texts[name],
    translate: (name: string): Translation => {
      const translation = translations[name];
      if (translation === undefined)
        throw new Error(`Cannot load ${name}: expected it with the worker's files`);
      return translation;
    },
  };
  const modules = new Modules(cwd, sources, scripts, () => undefined);
  void modules.import(path); // what it throws is the worker's error
}

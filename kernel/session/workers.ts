import module from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import threads, { type WorkerOptions } from "node:worker_threads";
import ts from "typescript";
import { type Sources } from "./preparation";
import { type Program, keyOf } from "./workerprogram";

let current: { readonly sources: Sources; readonly cwd: string } | undefined;

/**
 * Lets `new Worker()` take local TypeScript, by the same rules as cells' imports: a worker is given the JavaScript of its file and of
 * all that this imports, so that it need not load TypeScript.
 */
export function offerWorkers(sources: Sources, cwd: string): void {
  if (current === undefined) install();
  current = { sources, cwd };
}

function install(): void {
  class Worker extends threads.Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      const path = options.eval === true ? undefined : pathOf(file);
      if (path === undefined || current === undefined) super(file, options);
      else super(scriptOf(path, current.sources, current.cwd), { ...options, eval: true });
    }
  }
  Reflect.set(threads, "Worker", Worker);
  module.syncBuiltinESMExports();
}

/** The path of a TypeScript file. */
function pathOf(file: string | URL): string | undefined {
  const path = file instanceof URL ? (file.protocol === "file:" ? fileURLToPath(file) : "") : resolve(file);
  return /\.(?:[cm]?ts|tsx)$/.test(path) ? path : undefined;
}

function scriptOf(path: string, sources: Sources, cwd: string): string {
  const program: Program = { cwd, path, texts: {}, translations: {}, found: {} };
  collect(path, sources, program);
  const main = join(__dirname, "workerprogram.js");
  return `require(${JSON.stringify(main)}).runProgram(${JSON.stringify(program)});`;
}

/** Adds a local file and all that it may load. */
function collect(path: string, sources: Sources, program: Program): void {
  if (path in program.texts) return;
  const text = sources.read(path);
  if (text === undefined) throw new Error(`Cannot start a worker: expected the file ${path}, got none`);
  program.texts[path] = text;
  if (path.endsWith(".json")) return;
  program.translations[path] = sources.translate(path, text);
  for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
    const found = module.isBuiltin(fileName) ? undefined : sources.resolve(fileName, path);
    if (found === undefined) continue;
    program.found[keyOf(fileName, path)] = found;
    collect(found, sources, program);
  }
}

import Module, { createRequire } from "node:module";
import ts from "typescript";

/** What tslab's converter asks TypeScript to watch: cells and declarations are read through `system`. */
export interface WatchHost {
  readonly options: ts.CompilerOptions;
  readonly system: ts.System;
  /** Set by tslab: takes each new program. */
  afterProgramCreate?: (program: Builder) => void;
}

/** What tslab's converter uses of a program. */
export interface Builder {
  getProgram(): ts.Program;
  getSourceFile(name: string): ts.SourceFile | undefined;
  getAllDependencies(file: ts.SourceFile): readonly string[];
  emit(
    file: ts.SourceFile | undefined,
    write: ts.WriteFileCallback,
    cancellation: undefined,
    onlyDeclarations: undefined,
    transformers: ts.CustomTransformers,
  ): void;
}

/** What tslab's converter holds of a watched program. */
export interface Watch {
  updateRootFileNames(names: readonly string[]): void;
  close(): void;
}

/** Stands in for TypeScript's own program and diagnostics while tslab's converter is at work. */
export interface Stand {
  readonly cwd: string;
  watch(host: WatchHost): Watch;
  diagnose(files: readonly ts.SourceFile[]): readonly ts.Diagnostic[];
}

let current: Stand | undefined;

/** Lets tslab's converter work on this stand's program while `work` runs. */
export function withStand<T>(stand: Stand, work: () => T): T {
  const before = current;
  current = stand;
  try {
    return work();
  } finally {
    current = before;
  }
}

function stand(): Stand {
  if (current === undefined) throw new Error("Cannot convert a cell: expected a session, got none");
  return current;
}

const system: unknown = Object.setPrototypeOf({ getCurrentDirectory: () => stand().cwd }, ts.sys);

/** An object that is another but for these properties. */
function derive(base: object, properties: PropertyDescriptorMap): object {
  const derived = {};
  Object.setPrototypeOf(derived, base);
  return Object.defineProperties(derived, properties);
}

/** TypeScript as tslab's modules ask for it: with what their own fork of 5.0.4 exports in addition. */
const forked = derive(ts, {
  __esModule: { value: true }, // so that they take it as it is: a copy of its 2,500 names takes 20 ms each time
  getDefaultTypeRoots: { enumerable: true, value: () => [] }, // see options.ts
  getNullTransformationContext: { enumerable: true, value: () => ts.nullTransformationContext },
});

/** TypeScript as tslab's converter sees it. */
const interposed = derive(forked, {
  sys: { enumerable: true, value: system },
  createWatchCompilerHost: {
    enumerable: true,
    value: (_roots: string[], options: ts.CompilerOptions, system: ts.System): WatchHost => ({
      options,
      system,
    }),
  },
  createWatchProgram: { enumerable: true, value: (host: WatchHost) => stand().watch(host) },
  getPreEmitDiagnosticsOfFiles: {
    enumerable: true,
    value: (_program: ts.Program, files: ts.SourceFile[]) => stand().diagnose(files),
  },
  getPreEmitDiagnostics: {
    enumerable: true,
    value: (_program: ts.Program, file: ts.SourceFile) => stand().diagnose([file]),
  },
  // Cells are emitted as what runs (see transform.ts), so there is no second step to it.
  transpileModule: { enumerable: true, value: (outputText: string) => ({ outputText }) },
});

// tslab's fork, of which one module is enough, is never loaded.
const path = createRequire(require.resolve("tslab")).resolve("@tslab/typescript-for-tslab");
const fork = new Module(path);
[fork.filename, fork.loaded] = [path, true];
require.cache[path] = fork;
delete require.cache[require.resolve("tslab/dist/converter")];
fork.exports = interposed;

/** Ends the time in which a module that imports tslab's TypeScript gets the interposed one. */
export function restoreTypeScript(): void {
  fork.exports = forked;
}

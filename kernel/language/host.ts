import { type SourceContext } from "../session/program";
import type * as ts from "typescript";

/** Answers that are never broken off. */
export const cancellation: ts.CancellationToken & { throwIfCancellationRequested(): void } = {
  isCancellationRequested: () => false,
  throwIfCancellationRequested: () => undefined,
};

/** What TypeScript's language service asks of the machine: real files, seen from the session's directory. */
export function createHost({ ts, program }: SourceContext): ts.LanguageServiceHost {
  const { sys } = ts;
  return {
    getCompilationSettings: () => program.getCompilerOptions(),
    getScriptFileNames: () => [],
    getScriptVersion: () => "",
    getScriptSnapshot: () => undefined,
    getCurrentDirectory: () => program.getCurrentDirectory(),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    getNewLine: () => "\n",
    useCaseSensitiveFileNames: () => true,
    fileExists: (path) => sys.fileExists(path),
    readFile: (path, encoding) => sys.readFile(path, encoding),
    readDirectory: (...args) => sys.readDirectory(...args),
    directoryExists: (path) => sys.directoryExists(path),
    getDirectories: (path) => sys.getDirectories(path),
    realpath: (path) => sys.realpath?.(path) ?? path,
  };
}

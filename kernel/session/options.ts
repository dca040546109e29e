import { dirname, join } from "node:path";
import * as ts from "@tslab/typescript-for-tslab";
import { lentPackages } from "./own";

/** Options that the session's machinery rests on; those of tsconfig.json give way to them. */
const fixed: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  declaration: true,
  sourceMap: true,
  inlineSourceMap: false,
  inlineSources: false,
  noEmit: false,
  emitDeclarationOnly: false,
  noEmitHelpers: false,
  importHelpers: false,
  noEmitOnError: false,
  composite: false,
  incremental: false,
  isolatedModules: false,
  preserveConstEnums: true,
  allowImportingTsExtensions: true,
  noUnusedLocals: false, // later cells may use them
  noUnusedParameters: false,
  noImplicitUseStrict: true,
  disableTopLevelAwait: false,
  skipLibCheck: true,
  allowJs: true,
  resolveJsonModule: true,
  newLine: ts.NewLineKind.LineFeed,
};

const defaults: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  types: ["node"],
  jsx: ts.JsxEmit.React,
  checkJs: false,
  esModuleInterop: true,
  experimentalDecorators: true,
};

/** Those of tsconfig.json that say where a build's files go or how they look, which a cell has no use for. */
const dropped = [
  "outFile",
  "declarationMap",
  "declarationDir",
  "mapRoot",
  "sourceRoot",
  "removeComments",
  "stripInternal",
  "tsBuildInfoFile",
  "verbatimModuleSyntax",
  "preserveValueImports",
  "importsNotUsedAsValues",
  "noLib",
  "project",
] as const;

/** The folders of packages of types that a user has who has none: those of Node. */
function ownTypes(): string[] {
  try {
    return [join(dirname(require.resolve("@types/node/package.json")), "..")];
  } catch {
    return []; // tslab brings some, of an older Node
  }
}

/**
 * A session's compiler options: tslab's, then those of the nearest tsconfig.json, then what the machinery needs.
 *
 * @param base  tslab's
 * @param cwd   the session's directory
 */
export function compilerOptions(base: ts.CompilerOptions, cwd: string): ts.CompilerOptions {
  const own = readOptions(cwd);
  for (const name of dropped) delete own[name];
  if (own.jsx === ts.JsxEmit.Preserve || own.jsx === ts.JsxEmit.ReactNative) delete own.jsx;
  if ((own.target ?? 0) < ts.ScriptTarget.ES2018) delete own.target; // cells are async functions
  const options = { ...base, ...defaults, ...own, ...fixed, rootDir: "/", outDir: "/out" };
  options.types = [...new Set([...(options.types ?? []), "node"])]; // a cell runs in Node, whatever a project is for
  const usual = own.typeRoots ?? ts.getDefaultTypeRoots(cwd, ts.sys) ?? [];
  const lent = [...lentPackages(cwd)].map(([name, folder]): [string, string[]] => [name, [folder]]);
  options.paths = { ...Object.fromEntries(lent), ...own.paths };
  options.typeRoots = [...usual, ...ownTypes(), ...(base.typeRoots ?? [])];
  return options;
}

function readOptions(cwd: string): ts.CompilerOptions {
  const path = ts.findConfigFile(cwd, (name) => ts.sys.fileExists(name));
  if (path === undefined) return {};
  const read: { config?: unknown } = ts.readConfigFile(path, (name) => ts.sys.readFile(name));
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: true,
    readDirectory: () => [], // which files a build has is of no interest
    fileExists: (name) => ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
  };
  return ts.parseJsonConfigFileContent(read.config, host, dirname(path)).options;
}

import { dirname, join } from "node:path";
import ts from "typescript";
import { modifiedOf } from "./files";
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
  skipLibCheck: true,
  allowJs: true,
  resolveJsonModule: true,
  newLine: ts.NewLineKind.LineFeed,
};

const defaults: ts.CompilerOptions = {
  ...platformOf(Number.parseInt(process.versions.node)),
  types: ["node"],
  jsx: ts.JsxEmit.React,
  checkJs: false,
  esModuleInterop: true,
};

/** The language and library that a version of Node runs without help, as far as this TypeScript knows them. */
function platformOf(node: number): Pick<ts.CompilerOptions, "target" | "lib"> {
  const [target, ...libraries] =
    node >= 26
      ? ["ES2025", "esnext"]
      : node >= 24
        ? ["ES2025", "es2025", "esnext.array", "esnext.disposable", "esnext.error", "esnext.sharedmemory"]
        : node >= 22
          ? ["ES2024", "es2024", "es2025.collection", "es2025.iterator", "esnext.array"]
          : ["ES2024", "es2023"];
  const files = libraries.map((name) => `lib.${name}.d.ts`);
  const folder = dirname(ts.sys.getExecutingFilePath());
  const isKnown = files.every((name) => ts.sys.fileExists(join(folder, name)));
  const language: unknown = Reflect.get(ts.ScriptTarget, target ?? "");
  return {
    target: typeof language === "number" ? language : ts.ScriptTarget.ES2022,
    lib: isKnown ? files : ["lib.esnext.d.ts"],
  };
}

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

/** What a session compiles by. */
export interface Configuration {
  readonly options: ts.CompilerOptions;
  /** What is wrong with tsconfig.json or one that it extends. */
  readonly diagnostics: readonly ts.Diagnostic[];
  /** The errors that are none here, by their numbers. */
  readonly tolerated: ReadonlySet<number>;
  /** The files that were read, with the time at which each was changed last, 0 for one that is not there. */
  readonly files: ReadonlyMap<string, number>;
}

/** That an ES module has no `import x = require("y")`: cells and local modules have it. */
const imported = 1202;

/** That a package has no types: where nobody has asked to be `strict`, what it exports is `any`. */
const untyped = 7016;

/**
 * A session's compiler options: those of the nearest tsconfig.json, over those that fit the Node that runs and `strict`,
 * under what the machinery needs.
 *
 * @param cwd  the session's directory
 */
export function readConfiguration(cwd: string): Configuration {
  const path = ts.findConfigFile(cwd, (name) => ts.sys.fileExists(name));
  const files = new Map([[join(cwd, "tsconfig.json"), 0]]); // one that comes later counts too
  const { options: own, diagnostics } = readOptions(path, files);
  for (const name of dropped) delete own[name];
  if (own.jsx === ts.JsxEmit.Preserve || own.jsx === ts.JsxEmit.ReactNative) delete own.jsx;
  if ((own.target ?? 0) < ts.ScriptTarget.ES2018) delete own.target; // cells are async functions
  const options = { ...defaults, ...own, ...fixed, rootDir: "/", outDir: "/out" };
  options.types = [...new Set([...(options.types ?? []), "node"])]; // a cell runs in Node, whatever a project is for
  const usual = ts.getEffectiveTypeRoots(own, { getCurrentDirectory: () => cwd }) ?? [];
  options.typeRoots = [...usual, ...ownTypes()];
  const lent = [...lentPackages(cwd)].map(([name, folder]): [string, string[]] => [name, [folder]]);
  options.paths = { ...Object.fromEntries(lent), ...own.paths };
  const tolerated = new Set(path === undefined ? [imported, untyped] : [imported]);
  return { options, diagnostics, tolerated, files };
}

/** Whether one of the files that were read has changed since. */
export function hasChanged({ files }: Configuration): boolean {
  return [...files].some(([path, modified]) => modifiedOf(path) !== modified);
}

/** The folders of packages of types that a user has who has none: those of Node. */
function ownTypes(): string[] {
  try {
    return [join(dirname(require.resolve("@types/node/package.json")), "..")];
  } catch {
    return []; // then Node's modules have no types
  }
}

/** That a folder has nothing to compile is no error: cells are. */
const noInputs = 18003;

function readOptions(
  path: string | undefined,
  files: Map<string, number>,
): Pick<Configuration, "options" | "diagnostics"> {
  if (path === undefined) return { options: { strict: true }, diagnostics: [] };
  const readFile = (name: string): string | undefined => {
    files.set(name, modifiedOf(name));
    return ts.sys.readFile(name);
  };
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: true,
    readDirectory: () => [], // which files a build has is of no interest
    fileExists: (name) => ts.sys.fileExists(name),
    readFile,
  };
  const file = ts.readJsonConfigFile(path, readFile);
  const { options, errors } = ts.parseJsonSourceFileConfigFileContent(file, host, dirname(path));
  const found = new Set([...file.parseDiagnostics, ...errors].filter(({ code }) => code !== noInputs));
  return { options, diagnostics: [...found] };
}

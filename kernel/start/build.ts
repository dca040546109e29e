/**
 * The program that Node makes a start-up snapshot of: TypeScript, and Node's types and those of the language as it has
 * parsed and bound them. Node gives it no modules but its own, so it loads the others itself.
 */
import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, join } from "node:path";
import { Script } from "node:vm";
import type typescript from "typescript";
import type * as compiler from "../session/compiler";
import type * as versions from "../session/typescript";
import type * as kept from "./kept";

/** In a snapshot they would have every Worker crash that loads them (Node 24, 26), so TypeScript gets them when it asks them. */
const later = ["crypto", "inspector"];

/** Cells whose work V8 keeps: what it has compiled for it need not be compiled by the kernel. */
const cells = ["1 + 1", "const a = [1].map((x) => x + 1);\nconsole.log(a);\na"];

const modules = new Map<string, { exports: unknown }>();

/** What a CommonJS module exports. */
function load(path: string): unknown {
  const known = modules.get(path);
  if (known !== undefined) return known.exports;
  const loaded = { exports: {} };
  modules.set(path, loaded);
  const find = createRequire(path);
  const give = (name: string): unknown => {
    if (isBuiltin(name)) return later.includes(name) ? asked(name) : process.getBuiltinModule(name);
    if (!name.startsWith(".")) return load(find.resolve(name));
    return load(extname(name) === ".js" ? join(dirname(path), name) : `${join(dirname(path), name)}.js`);
  };
  const given = Object.assign(give, { resolve: find.resolve });
  const text = readFileSync(path, "utf8");
  const source = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
  const body: unknown = new Script(source, { filename: path }).runInThisContext();
  if (typeof body !== "function") throw new TypeError(`Cannot load ${path}: expected a function of it`);
  Reflect.apply(body, loaded.exports, [loaded.exports, given, loaded, path, dirname(path)]);
  return loaded.exports;
}

/** A part of Node that is loaded when something of it is asked for. */
function asked(name: string): object {
  return new Proxy(
    {},
    { get: (_, key): unknown => Reflect.get(Object(process.getBuiltinModule(name)), key) },
  );
}

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment -- known by their paths alone */
const loadAny: (path: string) => any = load;

function build(): void {
  const { findOwnTypeScript }: typeof versions = loadAny(join(__dirname, "../session/typescript.js"));
  const { Compiler }: typeof compiler = loadAny(join(__dirname, "../session/compiler.js"));
  const { stateOf }: typeof kept = loadAny(join(__dirname, "kept.js"));
  const { path } = findOwnTypeScript();
  const ts: typeof typescript = loadAny(path);
  ts.sys.getCurrentDirectory = () => process.cwd(); // else it would be that of this process ever after
  const compiling = new Compiler("/"); // where no tsconfig.json changes how files are read
  for (const cell of cells) compiling.compile(cell, "");
  const { program } = compiling.base;
  const files = program.getSourceFiles().filter(({ isDeclarationFile }) => isDeclarationFile);
  process.getBuiltinModule("stream"); // what Node's Worker, sockets and terminals are made of
  globalThis.slimlabKept = {
    typescript: ts,
    path,
    files: new Map(files.map((file) => [file.fileName, { file, state: stateOf(file.fileName) }])),
  };
  modules.clear();
}
/* eslint-enable */

build();

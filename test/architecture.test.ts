import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { opDefinition } from "../src/tensorflow/runtime/opdefs";

const ROOT = resolve(__dirname, "../..");
const OUTSIDE = new Set(["node_modules", ".git", "dist", "build", ".venv", ".cache", ".ipynb_checkpoints"]);
const MAX_LINES = 300;

/** The one way: a folder of src/ may import from itself and from these. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  display: [],
  widgets: ["display", "interrupt"],
  interrupt: [],
  tensorflow: ["interrupt"],
  input: ["tensorflow", "display", "interrupt"],
  model: ["tensorflow", "display"],
  summary: ["tensorflow", "display"],
  distribute: ["tensorflow", "display", "interrupt", "input"],
  training: ["tensorflow", "display", "interrupt", "input", "model", "summary", "distribute"],
  export: ["tensorflow", "display", "interrupt", "input", "model"],
  estimator: [
    "tensorflow",
    "display",
    "interrupt",
    "input",
    "model",
    "summary",
    "distribute",
    "training",
    "export",
  ],
  inspect: ["tensorflow", "display", "model"],
  explain: ["tensorflow", "display", "interrupt", "model", "inspect"],
  photos: ["tensorflow", "display", "interrupt", "input", "inspect"],
  deploy: ["tensorflow", "display", "interrupt", "input", "model", "inspect", "explain"],
  classifier: [
    "tensorflow",
    "display",
    "interrupt",
    "input",
    "model",
    "training",
    "export",
    "inspect",
    "deploy",
  ],
  embed: ["tensorflow", "display", "interrupt", "input", "model", "training", "inspect"],
  interpret: ["tensorflow", "display", "interrupt", "input", "model", "training", "inspect", "explain"],
  scores: ["tensorflow", "display", "interrupt", "input", "model", "training", "inspect", "explain"],
  finetune: [
    "tensorflow",
    "display",
    "interrupt",
    "input",
    "model",
    "summary",
    "training",
    "inspect",
    "explain",
  ],
  weights: ["tensorflow", "display", "interrupt", "input", "model", "training"],
  cli: ["display", "input", "model", "training", "export", "estimator", "inspect", "classifier", "photos"],
};

/** The rooms of a folder of src/ that has several, and what else of it each may import; what lies beside the rooms may import all. */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  tensorflow: {
    runtime: [],
    trace: ["runtime"],
    graph: ["runtime", "trace"],
    formats: ["runtime", "trace"],
    ops: ["runtime", "trace", "formats"],
  },
  training: {
    batch: [],
    metrics: [],
    saver: [],
    optimizers: [],
    features: ["batch", "saver"],
    step: ["batch", "saver", "optimizers", "features"],
    callbacks: ["batch", "saver", "optimizers", "features", "step"],
  },
};

/** Every file of the project below a folder, as paths relative to the root. */
function filesUnder(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (OUTSIDE.has(entry.name) || entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

const sources = (folder: string) => filesUnder(folder).filter((path) => path.endsWith(".ts"));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** What a file imports, as written, types included. */
function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The files that a file imports, as paths relative to the root. */
function neighbours(path: string): string[] {
  return importsOf(read(path))
    .filter((name) => name.startsWith("."))
    .map((name) => relative(ROOT, resolve(ROOT, dirname(path), name)))
    .map(
      (name) => [`${name}.ts`, join(name, "index.ts")].find((file) => existsSync(join(ROOT, file))) ?? name,
    );
}

/** "src/input/example.ts" -> "input"; "src/index.ts" -> "". */
const stageOf = (path: string) =>
  path.startsWith("src/") ? (path.split("/").slice(1, -1)[0] ?? "") : "outside src";

/** "src/tensorflow/trace/fuse.ts" -> "trace"; what lies beside the rooms by its own name. */
const roomOf = (path: string) => path.split("/")[2] ?? "";

test("every folder of src/ stands in the import table", () => {
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  assert.deepEqual(
    folders.map(({ name }) => name).filter((name) => !(name in MAY_IMPORT)),
    [],
  );
});

for (const [stage, allowed] of Object.entries(MAY_IMPORT)) {
  test(`src/${stage} imports only ${allowed.join(", ") || "nothing of ours"}`, () => {
    const wrong = sources(`src/${stage}`).flatMap((path) =>
      neighbours(path)
        .filter((other) => stageOf(other) !== stage && !allowed.includes(stageOf(other)))
        .map((other) => `${path} imports ${other}`),
    );
    assert.deepEqual(wrong, []);
  });
}

for (const [stage, rooms] of Object.entries(ROOMS))
  test(`the rooms of src/${stage} are ${Object.keys(rooms).join(", ")}, and import downwards`, () => {
    const folders = readdirSync(join(ROOT, "src", stage), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && sources(`src/${stage}/${entry.name}`).length > 0)
      .map(({ name }) => name);
    assert.deepEqual(folders.sort(), Object.keys(rooms).sort());
    const wrong = Object.entries(rooms).flatMap(([room, allowed]) =>
      sources(`src/${stage}/${room}`).flatMap((path) =>
        neighbours(path)
          .filter((other) => stageOf(other) === stage && ![room, ...allowed].includes(roomOf(other)))
          .map((other) => `${path} imports ${other}`),
      ),
    );
    assert.deepEqual(wrong, []);
  });

test("kernel/ and src/ do not import each other", () => {
  const wrong = (["src", "kernel"] as const).flatMap((folder) =>
    sources(folder).flatMap((path) =>
      neighbours(path)
        .filter((other) => !other.startsWith(`${folder}/`) && other !== "package.json")
        .map((other) => `${path} imports ${other}`),
    ),
  );
  assert.deepEqual(wrong, []);
});

test("only src/tensorflow imports @tensorflow packages and protobufjs", () => {
  const wrong = [...sources("src"), ...sources("kernel"), ...sources("bench")]
    .filter((path) => stageOf(path) !== "tensorflow")
    .filter((path) => !path.startsWith("bench/")) // which measures tfjs as users write it
    .filter((path) => importsOf(read(path)).some((name) => /^(@tensorflow\/|protobufjs)/.test(name)));
  assert.deepEqual(wrong, []);
});

function isOperation(name: string): boolean {
  try {
    opDefinition(name);
    return true;
  } catch {
    return false;
  }
}

test("only src/tensorflow and src/deploy write the name of a TensorFlow operation in quotes", () => {
  // Our functions may say their own names: TFRecordDataset is both.
  const declarations = sources("src").flatMap((path) => [...read(path).matchAll(/^export function (\w+)/gm)]);
  const ownNames = new Set(declarations.map(([, name]) => name));
  const wrong: string[] = [];
  for (const path of sources("src").filter((path) => !/^(tensorflow|deploy)$/.test(stageOf(path)))) {
    const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022);
    const visit = (node: ts.Node): void => {
      if (
        ts.isStringLiteral(node) &&
        /^[A-Z]\w+$/.test(node.text) &&
        !ownNames.has(node.text) &&
        isOperation(node.text)
      ) {
        wrong.push(`${path}: "${node.text}"`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  assert.deepEqual(wrong, []);
});

test("no files import each other in a circle, not even for types", () => {
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): string[] => {
    if (way.includes(path)) return [[...way.slice(way.indexOf(path)), path].join(" -> ")];
    if (done.has(path)) return [];
    const circles = neighbours(path).flatMap((other) =>
      other.endsWith(".ts") ? visit(other, [...way, path]) : [],
    );
    done.add(path);
    return circles;
  };
  assert.deepEqual(
    [...sources("src"), ...sources("kernel")].flatMap((path) => visit(path, [])),
    [],
  );
});

test(`no file of code has more than ${MAX_LINES} lines`, () => {
  const code = ["src", "kernel", "test", "bench", "examples", "scripts", "notebooks"].flatMap(filesUnder);
  const long = code
    .filter((path) => [".ts", ".js", ".cc", ".py", ".proto", ""].includes(extname(path)))
    .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});

test("no file names a place of one machine", () => {
  const place = /(?<![\w.})\]])\/(home|root|Users|work|tmp)\/\w/;
  const text = new Set([".ts", ".js", ".mjs", ".cc", ".py", ".json", ".ipynb", ".md", ".txt", ".proto", ""]);
  const wrong = filesUnder(".").filter((path) => text.has(extname(path)) && place.test(read(path)));
  assert.deepEqual(wrong, []);
});

interface Notebook {
  readonly cells: readonly { readonly cell_type: string; readonly source: string | readonly string[] }[];
}

test('notebooks import only "slimlab", Node\'s own modules, and where an export is to run', () => {
  const others = ["@tensorflow/tfjs-backend-wasm"];
  const wrong = filesUnder("notebooks")
    .filter((path) => path.endsWith(".ipynb"))
    .flatMap((path) => {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the notebook format's own promise
      const notebook: Notebook = JSON.parse(read(path));
      const code = notebook.cells.filter((cell) => cell.cell_type === "code");
      return code.flatMap(({ source }) =>
        importsOf([source].flat().join("")).map((name) => ({ path, name })),
      );
    })
    .filter(({ name }) => name !== "slimlab" && !name.startsWith("node:") && !others.includes(name));
  assert.deepEqual(wrong, []);
});

test("the public types compile under TypeScript 5.0.4 with node10 resolution", () => {
  // As old as a user's may be; tslab brings it.
  const compiler = join(ROOT, "node_modules/@tslab/typescript-for-tslab/bin/tsc");
  const options =
    "--noEmit --strict --target es2022 --module commonjs --moduleResolution node10 --esModuleInterop";
  let complaints = "";
  try {
    execFileSync(
      process.execPath,
      [compiler, ...options.split(" "), "--types", "node", "dist/src/index.d.ts"],
      {
        cwd: ROOT,
        encoding: "utf8",
      },
    );
  } catch (error) {
    complaints = error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
  }
  // What is wrong in the types of other packages is not ours to mend.
  assert.deepEqual(
    complaints.split("\n").filter((line) => /^(dist|error)/.test(line)),
    [],
  );
});

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { isJson } from "../protocol";
import { type Outcome } from "../session/api";
import { type MagicContext } from "./context";
import { type Magic } from "./parse";
import { toPath, unquote } from "./paths";

/** Runs a cell with its magics; errors name it so. */
type RunCell = (code: string, name: string, context: MagicContext) => Promise<Outcome>;

/**
 * Runs `%run file.ts arguments`, or the cells of a notebook, in the session: what it declares is there afterwards. Its value is
 * not shown.
 */
export async function runFile(
  { argument }: Magic,
  context: MagicContext,
  runCell: RunCell,
): Promise<Outcome> {
  const [file, ...given] = (argument.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(unquote);
  if (file === undefined || file.startsWith("-"))
    throw new TypeError(`Cannot run a file: expected %run file [arguments], got ${file ?? "no file"}`);
  const path = toPath(file);
  const { argv } = process;
  process.argv = [argv[0] ?? "", path, ...given];
  try {
    const text = readFileSync(path, "utf8");
    const outcome = path.endsWith(".ipynb")
      ? await runNotebook(text, path, context, runCell)
      : await context.session.run(fromFolder(text, dirname(path), context.session.cwd), file, text);
    return outcome.status === "error" ? outcome : { status: "ok", value: undefined };
  } finally {
    process.argv = argv;
  }
}

/** A file's text as a cell: what it imports by relative paths is found from its folder. */
function fromFolder(text: string, folder: string, cwd: string): string {
  const code = text.replace(/^#!.*/, "");
  if (folder === cwd) return code;
  const specifiers = /(\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(["'])(\.\.?\/[^"'\n]*)\2/g;
  return code.replace(specifiers, (_, before: string, quote: string, specifier: string) => {
    const path = relative(cwd, join(folder, specifier));
    return `${before}${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
  });
}

async function runNotebook(
  text: string,
  path: string,
  context: MagicContext,
  runCell: RunCell,
): Promise<Outcome> {
  const silent: MagicContext = { ...context, show: () => undefined };
  for (const [index, code] of cellsOf(text, path).entries()) {
    const outcome = await runCell(code, `${basename(path)}, cell ${index + 1}`, silent);
    if (outcome.status === "error") return outcome;
  }
  return { status: "ok", value: undefined };
}

/** The code of a notebook's cells. */
function cellsOf(text: string, path: string): string[] {
  const notebook: unknown = JSON.parse(text);
  const cells: unknown = isJson(notebook) ? notebook["cells"] : undefined;
  if (!Array.isArray(cells))
    throw new TypeError(`Cannot run "${path}": expected a notebook with cells, got none`);
  return cells.filter(isJson).flatMap(({ cell_type, source }) => {
    if (cell_type !== "code") return [];
    return [Array.isArray(source) ? source.map(String).join("") : String(source)];
  });
}

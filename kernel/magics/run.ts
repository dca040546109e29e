import { appendFileSync, writeFileSync } from "node:fs";
import { kindOf, preview } from "../language/preview";
import { runBash } from "./bash";
import { type MagicContext } from "./context";
import { commandPlacement, magicHelp, magicPlacement, nearestMagic } from "./list";
import { type Magic } from "./parse";
import { toPath } from "./paths";
import { Table } from "./table";

const commands: Readonly<Record<string, (magic: Magic, context: MagicContext) => unknown>> = {
  "%%bash": ({ body = "" }, context) => runBash(body, context),
  "%%writefile": writeFile,
  "%cd": changeFolder,
  "%env": showEnvironment,
  "%who": (_magic, { session }) => listVariables(session.scope),
  "%reset": (_magic, { session, forget }) => {
    session.reset();
    forget?.();
  },
  "%reload": (_magic, { session }) => session.reload?.(),
  "%help": () => new HelpTable(),
};

/**
 * Runs a magic; those that run TypeScript are run by {@link runCell}.
 * @returns what there is to show, undefined if nothing
 * @throws {Error} if there is no such magic, or it fails
 */
export async function runMagic(magic: Magic, context: MagicContext): Promise<unknown> {
  const command = Object.hasOwn(commands, magic.name) ? commands[magic.name] : undefined;
  if (command !== undefined) return await command(magic, context);
  const known = `expected a magic that %help lists, such as ${nearestMagic(magic.name)}`;
  throw new Error(`Cannot run ${magic.name}: ${known}, got an unknown one`);
}

/** The table of %help, with the rule below it. */
class HelpTable extends Table {
  constructor() {
    super(
      ["Magic", "What it does"],
      [
        ...magicHelp.map(({ usage, description }) => [usage, description]),
        ["", `${magicPlacement} ${commandPlacement}`],
      ],
    );
  }
}

function writeFile({ argument, body = "" }: Magic, { write }: MagicContext): void {
  const [, append, path] = /^(-a\s+)?(.+)$/.exec(argument) ?? [];
  if (path === undefined)
    throw new TypeError("Cannot write a file: expected %%writefile [-a] path, got no path");
  const target = toPath(path);
  const text = body.endsWith("\n") ? body : `${body}\n`;
  if (append === undefined) writeFileSync(target, text);
  else appendFileSync(target, text);
  write(`${append === undefined ? "Wrote" : "Appended to"} ${target}\n`);
}

/** Where %cd last left, for `%cd -`. */
let left: string | undefined;

function changeFolder({ argument }: Magic, { write }: MagicContext): void {
  const from = process.cwd();
  process.chdir(argument === "-" ? expectLeft() : toPath(argument === "" ? "~" : argument));
  left = from;
  write(`${process.cwd()}\n`);
}

function expectLeft(): string {
  if (left !== undefined) return left;
  throw new RangeError("Cannot go back: expected %cd to have left a folder, got none");
}

/** Names whose values %env shows only if it is asked for one of them. */
const secret = /key|token|secret|password|passwd|credential/i;

function showEnvironment({ argument }: Magic): Table | string | undefined {
  if (argument === "") {
    const names = Object.keys(process.env).sort();
    return new Table(
      ["Name", "Value"],
      names.map((name) => [name, secret.test(name) ? "…" : (process.env[name] ?? "")]),
    );
  }
  const [, name = argument, value] = /^([^\s=]+)(?:\s*=\s*|\s+)(.*)$/.exec(argument) ?? [];
  if (value === undefined) {
    const present = process.env[name];
    if (present === undefined)
      throw new Error(`Cannot show ${name}: expected an environment variable, got none`);
    return present;
  }
  process.env[name] = value;
  return undefined;
}

function listVariables(scope: Readonly<Record<string, unknown>>): Table {
  const rows = Object.keys(scope).map((name) => {
    const value = scope[name];
    return [name, kindOf(value), typeof value === "function" ? "" : preview(value)];
  });
  return new Table(["Variable", "Type", "Value"], rows);
}

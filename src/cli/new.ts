import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";

const root = resolve(__dirname, "..", "..", "..");
const template = join(root, "scripts", "template");

/** The template's files and their places in a project. npm packs no file that is named .gitignore. */
const files: Readonly<Record<string, string>> = {
  "study.ipynb": "study.ipynb",
  "tsconfig.json": "tsconfig.json",
  gitignore: ".gitignore",
  "notebook.yml": join(".github", "workflows", "notebook.yml"),
};

/** Adds `slimlab new`: a folder with all that a study begins with. */
export function addNewCommand(program: Command): void {
  program
    .command("new")
    .summary("begin a project of your own in a new folder")
    .description(
      "Makes a project: a notebook that runs as it is, tsconfig.json, .gitignore, package.json with the commands " +
        '"npm run setup", "lab", "repl" and "notebook", a workflow by which GitHub runs the notebook, and this package ' +
        "as a file, so that the project needs nothing of the place where it was made. What is there already is left alone.",
    )
    .argument("<folder>", "is made if need be; its name is the project's")
    .addHelpText("after", "\nExample:\n  slimlab new my-study")
    .action(createProject);
}

function createProject(folder: string): void {
  const target = resolve(folder);
  for (const path of ["package.json", ...Object.values(files)]) {
    if (existsSync(join(target, path)))
      throw new RangeError(`Cannot create project "${folder}": expected no file "${path}" there, got one`);
  }
  mkdirSync(target, { recursive: true });
  const archive = pack(target);
  for (const [name, path] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(join(template, name), join(target, path));
  }
  const manifest = readFileSync(join(template, "package.json"), "utf8")
    .replace("my-study", nameOf(target))
    .replace("slimlab.tgz", archive);
  writeFileSync(join(target, "package.json"), manifest);
  const place = /\s/.test(folder) ? `"${folder}"` : folder;
  console.log(
    `Created ${place}. Next:\n  cd ${place}\n  npm install\n` +
      "  npm run setup   # JupyterLab, TensorFlow and the addon, in .slimlab\n  npm run lab",
  );
}

/** Writes this package as a file into a folder; gives the file's name. */
function pack(target: string): string {
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", target];
  const { error, status, stdout, stderr } = spawnSync("npm", words, { cwd: root, encoding: "utf8" });
  if (error !== undefined)
    throw new Error(`Cannot pack slimlab: expected npm on the PATH, got "${error.message}"`);
  const name = status === 0 ? /"filename": "([^"]+)"/.exec(stdout)?.[1] : undefined;
  if (name === undefined) throw new Error(`Cannot pack slimlab: expected an archive of npm, got: ${stderr}`);
  return name;
}

/** A folder's name as npm has names of packages; not that of a package which the project installs. */
function nameOf(target: string): string {
  const name = basename(target)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return name === "" || name === "slimlab" ? "my-study" : name;
}

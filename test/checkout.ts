/** Checkouts with nothing set up, and set-ups that are refused. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";

const ROOT = resolve(__dirname, "../..");
const SOURCES = [
  "scripts",
  "src",
  "kernel",
  "test",
  "bench",
  "examples",
  "package.json",
  "package-lock.json",
  ".npmrc",
  "tsconfig.json",
];

const temporary = realpathSync(mkdtempSync(join(tmpdir(), "slimlab-setup-")));
after(() => rmSync(temporary, { recursive: true, force: true }));

/** A checkout of the same sources with nothing set up, and an empty home folder for it. */
export function copyCheckout(name: string): { checkout: string; home: string } {
  const checkout = join(temporary, name);
  const home = join(temporary, `${name}-home`);
  mkdirSync(home);
  for (const source of SOURCES) {
    if (existsSync(join(ROOT, source)))
      cpSync(join(ROOT, source), join(checkout, source), { recursive: true });
  }
  return { checkout, home };
}

/** The environment of a person whose home folder is empty, with these changes; undefined takes a name out. */
export function environment(
  home: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, ...changes };
  const inherited = /^(npm_|PYTHON$|CXX$|TENSORFLOW_\w+$|NODE_TEST_CONTEXT$)/;
  for (const name of Object.keys(env)) if (inherited.test(name) && !(name in changes)) delete env[name];
  return env;
}

/** Runs the set-up. */
export function setUp(
  checkout: string,
  env: NodeJS.ProcessEnv,
): { code: number | null; stdout: string; stderr: string } {
  const result = spawnSync(process.execPath, ["scripts/setup"], { cwd: checkout, env, encoding: "utf8" });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** A folder of programs to be the whole PATH: name -> what it is, a path or the text of a shell script. */
export function createPath(name: string, programs: Readonly<Record<string, string>>): string {
  const folder = join(temporary, name);
  mkdirSync(folder);
  for (const [program, content] of Object.entries(programs)) {
    if (content.startsWith("#!")) {
      writeFileSync(join(folder, program), content);
      chmodSync(join(folder, program), 0o755);
    } else symlinkSync(content, join(folder, program));
  }
  return folder;
}

const which = (program: string) =>
  execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
/** The programs that every set-up needs. */
export const node = { node: process.execPath, npm: which("npm") };

/** The set-up must end in one line that matches, with exit code 1, and leave the checkout and the home as they were. */
export function expectRefusal(
  place: { checkout: string; home: string },
  env: NodeJS.ProcessEnv,
  message: RegExp,
): void {
  const before = readdirSync(place.checkout).sort();
  const { code, stdout, stderr } = setUp(place.checkout, env);
  assert.match(stderr, message);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.equal(stdout, "");
  assert.equal(code, 1);
  assert.deepEqual(readdirSync(place.checkout).sort(), before);
  assert.deepEqual(readdirSync(place.home), []);
}

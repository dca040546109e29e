import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { devNull } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { copyCheckout, createPath, environment, expectRefusal, node, setUp } from "./checkout";

const ROOT = resolve(__dirname, "../..");
const ADDON = "dist/native/tensorflow.node";
const CLOSED = "http://127.0.0.1:9/"; // the discard port: nothing answers there
const python = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
}).trim();

for (const [version, answer] of [
  [
    "18.20.8",
    /^Cannot set up slimlab: expected Node >=20\.19 <27, got 18\.20\.8 \(too old\); bring it with: \w+ install/,
  ],
  ["20.18.3", /got 20\.18\.3 \(too old\)/],
  ["27.0.0", /got 27\.0\.0 \(too new\); bring it with: \w+ install/],
  ["20.19.0", /^$/],
  ["22.12.0", /^$/],
  ["24.0.0", /^$/],
  ["26.10.0", /^$/],
] as const) {
  test(`set-up under Node ${version} ${answer.source === "^$" ? "goes on" : "ends in one line"}`, () => {
    const result = spawnSync(process.execPath, [join(ROOT, "scripts/steps/node.js"), version], {
      encoding: "utf8",
    });
    assert.match(result.stderr.trim(), answer);
    assert.equal(result.status, answer.source === "^$" ? 0 : 1);
  });
}

test("set-up reads the range of Node from package.json before all else", () => {
  const place = copyCheckout("node");
  const manifest = join(place.checkout, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/">=[\d.]+ <\d+"/, '">=98.0 <99"'));
  expectRefusal(place, environment(place.home), /expected Node >=98\.0 <99, got \d+\.\d+\.\d+ \(too old\)/);
});

test("set-up without a C++ compiler names it and the command that brings it", () => {
  const place = copyCheckout("compiler");
  const PATH = createPath("no-compiler", { ...node, python3: `#!/bin/sh\nexec "${python}" "$@"\n` });
  const message =
    /^Cannot set up slimlab: expected a C\+\+17 compiler \(g\+\+\), got none; bring it with: .+/;
  expectRefusal(place, environment(place.home, { PATH }), message);
  const env = environment(place.home, { CXX: "no-such-compiler -O2" });
  expectRefusal(place, env, /expected a C\+\+17 compiler \(no-such-compiler -O2\), got none/);
});

test("set-up without Python names it and the command that brings it", () => {
  const place = copyCheckout("python");
  const PATH = createPath("no-python", node);
  const message =
    /^Cannot set up slimlab: expected Python 3\.10 to 3\.13 .+, got none; bring it with: .+python/;
  expectRefusal(place, environment(place.home, { PATH }), message);
});

test("set-up without Python's venv module names it and the command that brings it", () => {
  const place = copyCheckout("venv");
  // The real Python with ensurepip blocked, as on a Debian without python3-venv.
  const blocked = `import sys; sys.modules['ensurepip'] = None; exec(sys.argv[2])`;
  const PATH = createPath("no-venv", {
    ...node,
    python3: `#!/bin/sh\nexec "${python}" -c "${blocked}" "$@"\n`,
  });
  const message =
    /^Cannot set up slimlab: expected Python's venv module .+, got Python 3\.\d+ without it; bring it with: .+/;
  expectRefusal(place, environment(place.home, { PATH }), message);
});

test("set-up without npm names it", () => {
  const place = copyCheckout("npm");
  const PATH = createPath("no-npm", { node: process.execPath });
  expectRefusal(
    place,
    environment(place.home, { PATH }),
    /^Cannot set up slimlab: expected npm, got none; bring it with: .+/,
  );
});

test("set-up of a checkout that can't be written to ends in one line", () => {
  const { checkout, home } = copyCheckout("closed");
  writeFileSync(join(checkout, "build"), ""); // stops root, too, whom a folder's mode does not
  const { code, stderr } = setUp(checkout, environment(home));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot set up slimlab: expected a checkout that you can write to, got E\w+ at ".*build.*"; .*\n$/,
  );
});

test("set-up without a network ends in one line and leaves nothing half-done", () => {
  const { checkout, home } = copyCheckout("network");
  const env = environment(home, {
    npm_config_registry: CLOSED,
    npm_config_fetch_retries: "0", // the retries' waiting is npm's own
    PIP_INDEX_URL: `${CLOSED}simple`,
    PIP_CONFIG_FILE: devNull,
    PIP_FIND_LINKS: undefined,
    PIP_EXTRA_INDEX_URL: undefined,
  });
  const { code, stderr } = setUp(checkout, env);
  assert.match(
    stderr,
    /^Cannot set up slimlab: expected an answer of the (npm registry|Python package index), got ".+" \(see build\/setup\/\w+\.log\); connect this machine, then: npm run setup\n$/,
  );
  assert.equal(code, 1);
  assert.equal(existsSync(join(checkout, "node_modules/.package-lock.json")), false);
  assert.equal(existsSync(join(checkout, ".venv")), false);
  assert.equal(existsSync(join(checkout, "build/setup/lock")), false);
  assert.deepEqual(readdirSync(home), []);
});

/** Makes a folder whose entries are links to another's, but for some. */
function linkEntries(from: string, to: string, but: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from))
    if (!but.includes(name)) symlinkSync(join(from, name), join(to, name));
}

/** A checkout where all is set up, borrowed from this one, but the addon and the kernelspec. */
function borrowCheckout(name: string): { checkout: string; home: string } {
  const place = copyCheckout(name);
  const inCopy = (path: string) => join(place.checkout, path);
  linkEntries(join(ROOT, "node_modules"), inCopy("node_modules"), ["slimlab"]);
  linkEntries(join(ROOT, ".venv"), inCopy(".venv"), ["share"]);
  const filter = (path: string): boolean => path !== join(ROOT, dirname(ADDON));
  cpSync(join(ROOT, "dist"), inCopy("dist"), { recursive: true, filter });
  return place;
}

/** Starts the set-up and waits until it is compiling the addon. */
async function startCompiling(checkout: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const log = join(checkout, "build/setup/addon.log");
  rmSync(log, { force: true });
  const setup = spawn(process.execPath, ["scripts/setup"], { cwd: checkout, env, stdio: "ignore" });
  while (!existsSync(log)) await sleep(20);
  while (!running(checkout).includes("runtime.cc")) await sleep(20);
  return setup;
}

/** The command lines of programs that run for a checkout. */
function running(checkout: string): string {
  const lines = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(checkout)).join("\n");
}

async function expectNothingRuns(checkout: string): Promise<void> {
  for (let tries = 0; tries < 100 && running(checkout) !== ""; tries++) await sleep(50);
  assert.equal(running(checkout), "");
}

const isSetUp =
  existsSync(join(ROOT, ".venv/.slimlab-python")) && existsSync(join(ROOT, "dist/.slimlab-build"));

test("an interrupted set-up resumes", { skip: isSetUp ? false : "needs npm run setup first" }, async () => {
  const { checkout, home } = borrowCheckout("resume");
  const env = environment(home);

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const setup = await startCompiling(checkout, env);
    setup.kill(signal);
    await once(setup, "exit");
    await expectNothingRuns(checkout);
    assert.equal(existsSync(join(checkout, ADDON)), false, signal);
  }

  const compiled = join(checkout, "test/oracle/__pycache__");
  mkdirSync(compiled, { recursive: true });
  writeFileSync(
    join(compiled, "metrics.cpython-311.pyc"),
    "what Python leaves beside a source that it imports",
  );
  const { code, stdout, stderr } = setUp(checkout, env);
  assert.equal(stderr, "");
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /packages:|python:|build:|vendor:/);
  assert.match(stdout, /addon: done in/);
  const spec = readFileSync(join(checkout, ".venv/share/jupyter/kernels/slimlab/kernel.json"), "utf8");
  assert.match(spec, new RegExp(`"${join(checkout, "dist/kernel/main.js")}"`));

  const times = [1, 2, 3].map(() => {
    const began = performance.now();
    assert.deepEqual(setUp(checkout, env), { code: 0, stdout: "slimlab is set up\n", stderr: "" });
    return performance.now() - began;
  });
  assert.ok(Math.min(...times) < 2000, `${times.join(", ")} ms`);
  assert.deepEqual(readdirSync(home), []);
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { installKernel, kernelSpec } from "../../kernel/cli/spec";
import { NODE_FLAGS } from "../../kernel/start/flags";
import { python, skip } from "../python";

const root = resolve(__dirname, "../../..");
const temporary = mkdtempSync(join(tmpdir(), "slimlab-cli-"));
after(() => rmSync(temporary, { recursive: true }));
const home = join(temporary, "home");
const bare = { HOME: home, JUPYTER_DATA_DIR: "", XDG_DATA_HOME: "", VIRTUAL_ENV: "" };

/** Runs `slimlab` with these words. */
function slimlab(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/src/cli.js"), ...words], {
    encoding: "utf8",
    env: { ...process.env, ...bare, ...env },
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

/** The kernel.json that `slimlab install` names. */
function install(words: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = slimlab(["install", ...words], env);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test("every command tells its options, and what it does not know", () => {
  assert.match(slimlab(["--help"]).stdout, /install[^]*uninstall[^]*doctor[^]*repl[^]*records[^]*version/);
  for (const command of ["install", "uninstall", "doctor", "records"]) {
    const { status, stdout } = slimlab([command, "--help"]);
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^Usage: slimlab ${command} \\[options\\]`));
    const wrong = slimlab([command, "--colour"]);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /unknown option '--colour'/);
  }
  assert.equal(slimlab(["help", "install"]).stdout, slimlab(["install", "--help"]).stdout);
  assert.match(slimlab(["version"]).stdout, /^slimlab \d+\.\d+\.\d+\nnode \d+.*\ntypescript 6.*\ntfjs 4/);
  assert.match(slimlab(["--version"]).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("install writes a spec that starts this Node and this kernel, and uninstall takes it away", () => {
  const prefix = join(temporary, "prefix");
  const path = install(["--prefix", prefix]);
  assert.equal(path, join(prefix, "share", "jupyter", "kernels", "slimlab", "kernel.json"));
  assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { ...kernelSpec() });
  assert.deepEqual(kernelSpec().argv, [
    process.execPath,
    ...NODE_FLAGS,
    join(root, "dist", "kernel", "main.js"),
    "{connection_file}",
  ]);
  assert.match(readFileSync(join(dirname(path), "logo-svg.svg"), "utf8"), /^<svg /);
  assert.deepEqual(slimlab(["uninstall", "--prefix", prefix]), {
    status: 0,
    stdout: `${path}\n`,
    stderr: "",
  });
  assert.equal(existsSync(dirname(path)), false);
  const again = slimlab(["uninstall", "--prefix", prefix]);
  assert.equal(again.status, 1);
  assert.equal(
    again.stderr,
    `slimlab: Cannot uninstall kernel "slimlab": expected "${path}", got no such file\n`,
  );
});

test("the Node that installs takes all flags of the spec", () => {
  const { status, stderr } = spawnSync(process.execPath, [...NODE_FLAGS, "-e", ""], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
});

test("install goes to the user's data folder unless it is told otherwise, by Jupyter's rules", () => {
  const own = process.platform === "darwin" ? "Library/Jupyter" : ".local/share/jupyter";
  const file = join("kernels", "slimlab", "kernel.json");
  assert.equal(install([]), join(home, own, file));
  assert.equal(install(["--user"]), join(home, own, file));
  const data = join(temporary, "data");
  assert.equal(install(["--user"], { JUPYTER_DATA_DIR: data }), join(data, file));
  const both = slimlab(["install", "--user", "--prefix", "x"]);
  assert.equal(both.status, 1);
  assert.match(both.stderr, /option '--user' cannot be used with option '--prefix <folder>'/);
});

test("install takes a name and a display name; uninstall by that name leaves the other", () => {
  const prefix = join(temporary, "names");
  const first = install(["--prefix", prefix]);
  const second = install(["--prefix", prefix, "--name", "Slim.2", "--display-name", "My TypeScript"]);
  assert.equal(second, join(prefix, "share", "jupyter", "kernels", "slim.2", "kernel.json"));
  assert.match(readFileSync(second, "utf8"), /"display_name": "My TypeScript"/);
  assert.equal(slimlab(["uninstall", "--prefix", prefix, "--name", "slim.2"]).status, 0);
  assert.ok(existsSync(first));
  const wrong = slimlab(["install", "--prefix", prefix, "--name", "../up"]);
  assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
  assert.match(wrong.stderr, /^slimlab: Cannot name kernel: expected ASCII letters, .* got "\.\.\/up"\n$/);
});

test("neither install nor uninstall touches another program's kernel, or files of the user", () => {
  const prefix = join(temporary, "others");
  const folder = join(prefix, "share", "jupyter", "kernels", "python3");
  mkdirSync(folder, { recursive: true });
  const foreign = JSON.stringify({ argv: ["python"], display_name: "Python 3", metadata: {} });
  writeFileSync(join(folder, "kernel.json"), foreign);
  for (const command of ["install", "uninstall"]) {
    const { status, stderr } = slimlab([command, "--prefix", prefix, "--name", "python3"]);
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`Cannot ${command} kernel: expected .* to be slimlab's, got one of "Python 3"`),
    );
  }
  assert.equal(readFileSync(join(folder, "kernel.json"), "utf8"), foreign);
  const ours = dirname(installKernel(prefix));
  writeFileSync(join(ours, "kernel.js"), "// mine");
  assert.equal(slimlab(["uninstall", "--prefix", prefix]).status, 0);
  assert.deepEqual(readdirSync(ours), ["kernel.js"]);
});

/** An environment of the Python with Jupyter, but with an empty place for kernels of its own. */
function createEnvironment(name: string): string {
  const prefix = join(temporary, name);
  spawnSync(python ?? "", ["-m", "venv", "--without-pip", "--system-site-packages", prefix]);
  const site = spawnSync(python ?? "", ["-c", "import jupyter_core, os; print(os.path.dirname(os.path.dirname(jupyter_core.__file__)))"], { encoding: "utf8" }).stdout.trim(); // prettier-ignore
  const [lib = ""] = readdirSync(join(prefix, "lib"));
  writeFileSync(join(prefix, "lib", lib, "site-packages", "jupyter.pth"), site);
  return prefix;
}

test(
  "--sys-prefix is that of the python with Jupyter, and doctor finds the whole chain there",
  { skip },
  () => {
    const prefix = createEnvironment("environment");
    const env = { SLIMLAB_PYTHON: join(prefix, "bin", "python") };
    const path = install(["--sys-prefix"], env);
    assert.equal(path, join(prefix, "share", "jupyter", "kernels", "slimlab", "kernel.json"));
    const { stdout } = slimlab(["doctor"], env);
    assert.match(
      stdout,
      /^✓ node {8}v[^]*\n✓ compiler [^]*\n✓ jupyter .*\n✓ kernelspec .*\n✓ zeromq .* and CurveZMQ\n✓ kernel .*ready after \d/,
    );
    assert.ok(stdout.includes(`✓ kernelspec  ${path}\n`), stdout);

    const json = slimlab(["doctor", "--json"], env).stdout;
    const names = [...json.matchAll(/"name": "(\w+)"/g)].map(([, name]) => name);
    assert.equal(names.join(" "), "node compiler wheel addon device jupyter kernelspec zeromq kernel");
    assert.doesNotThrow(() => JSON.parse(json));
  },
);

test("doctor says what is broken and what to do, with exit code 1", { skip }, () => {
  const prefix = createEnvironment("broken");
  const env = { SLIMLAB_PYTHON: join(prefix, "bin", "python") };
  const absent = slimlab(["doctor", "--name", "nowhere"], { ...env, TENSORFLOW_VERSION: "2.20.0" });
  assert.equal(absent.status, 1);
  assert.match(absent.stdout, /✗ wheel .* though TENSORFLOW_VERSION is 2\.20\.0 — run: npm run setup/);
  assert.match(absent.stdout, /✗ kernelspec {2}no nowhere in .* — run: npx --no -- slimlab install/);
  const path = install(["--sys-prefix", "--name", "gone"], env);
  writeFileSync(path, readFileSync(path, "utf8").replace("dist/kernel/main.js", "dist/kernel/gone.js"));
  const gone = slimlab(["doctor", "--name", "gone", "--json"], env);
  assert.equal(gone.status, 1);
  const report = JSON.stringify(JSON.parse(gone.stdout));
  assert.match(
    report,
    /"ok":false.*"name":"kernelspec","ok":false,"found":"[^"]* names [^"]*gone\.js, which is gone"/,
  );
});

test("doctor takes the checkout's own Python where the one named and the PATH have none", { skip }, () => {
  const nowhere = join(temporary, "nowhere");
  const { stdout } = slimlab(["doctor"], { SLIMLAB_PYTHON: nowhere, PATH: nowhere });
  const own = join(root, ".venv", "bin", "python");
  if (existsSync(own)) assert.match(stdout, new RegExp(`✓ jupyter {5}.* of ${own}\n`));
  else assert.match(stdout, /✗ jupyter {5}no Python with Jupyter — run: npm run setup/);
});

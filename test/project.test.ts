/** The package that `npm pack` makes, in folders that are not this checkout. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./temporary";

const ROOT = resolve(__dirname, "../..");
const CLI = join(ROOT, "dist/src/cli.js");

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program for a person whose home is empty, in a folder. */
function runIn(cwd: string, home: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST_CONTEXT$)/.test(name));
  const npm = { npm_config_cache: join(ROOT, ".cache/npm"), npm_config_prefer_offline: "true" };
  const quiet = { npm_config_update_notifier: "false", npm_config_logs_max: "0", TF_CPP_MIN_LOG_LEVEL: "3" };
  const own = { HOME: home, JUPYTER_DATA_DIR: "", XDG_DATA_HOME: "", VIRTUAL_ENV: "", SLIMLAB_PYTHON: "" };
  const [program = "", ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    cwd,
    encoding: "utf8",
    env: { ...Object.fromEntries(inherited), ...npm, ...quiet, ...own, ...env },
  });
  return { status, stdout, stderr };
}

/** What a program printed that must succeed. */
function outputOf({ status, stdout, stderr }: Ran): string {
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return stdout;
}

/** The version of the package in a folder. */
function versionIn(folder: string): string {
  return /"version": "(.+)"/.exec(readFileSync(join(folder, "package.json"), "utf8"))?.[1] ?? "";
}

const isBuilt = existsSync(join(ROOT, "dist/.slimlab-build"));
const isSetUp = isBuilt && existsSync(join(ROOT, ".venv/.slimlab-python"));
const home = temporaryFolder("home");

test(
  "npm pack takes what runs, and no tests, benchmarks or pictures",
  { skip: !isBuilt && "run npm run setup" },
  () => {
    const told: unknown = JSON.parse(outputOf(runIn(ROOT, home, ["npm", "pack", "--dry-run", "--json"])));
    const text = JSON.stringify(told);
    const paths = [...text.matchAll(/"path":"([^"]+)"/g)].map(([, path = ""]) => path);
    assert.deepEqual(
      paths.filter((path) =>
        /(^|\/)(tests?|bench|notebooks|shared)\/|[._]test\.|\.map$|\.png$|\.pyc$|\.node$/.test(path),
      ),
      [],
    );
    const needed = [
      "dist/src/index.js",
      "dist/src/index.d.ts",
      "dist/kernel/main.js",
      "dist/node_modules/@tensorflow/tfjs-node-gpu/package.json",
      "dist/node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_backend.cc",
      "kernel/native/descriptors.cc",
      "dist/src/deploy/page/app/main.js",
      "src/deploy/page/static/index.html",
      "src/deploy/protos/onnx.proto",
      "src/tensorflow/native/runtime.cc",
      "src/tensorflow/protos/graph.proto",
      "scripts/setup",
      "scripts/lab",
      "scripts/papermill/pyproject.toml",
      "scripts/papermill/slimlab_papermill/__init__.py",
      "scripts/requirements/constraints.txt",
      "scripts/template/gitignore",
    ];
    assert.deepEqual(
      needed.filter((path) => !paths.includes(path)),
      [],
    );
    assert.ok(
      Number(/"size":(\d+),"unpackedSize"/.exec(text)?.[1]) < 1_600_000,
      "less than 1.6 MB to download",
    );
  },
);

test(
  "slimlab new makes a project that has all it needs, and leaves alone what is there",
  { skip: !isBuilt && "run npm run setup" },
  () => {
    const folder = temporaryFolder("new");
    const told = outputOf(runIn(folder, home, [process.execPath, CLI, "new", "My Study"]));
    assert.match(told, /^Created "My Study"\. Next:\n {2}cd "My Study"\n {2}npm install\n {2}npm run setup /);
    const project = join(folder, "My Study");
    const version = versionIn(ROOT);
    assert.deepEqual(readdirSync(project).sort(), [
      ".github",
      ".gitignore",
      "package.json",
      `slimlab-${version}.tgz`,
      "study.ipynb",
      "tsconfig.json",
    ]);
    const manifest = readFileSync(join(project, "package.json"), "utf8");
    assert.match(manifest, /"name": "my-study",\n {2}"private": true/);
    assert.match(manifest, new RegExp(`"slimlab": "file:slimlab-${version}\\.tgz"`));
    const [, peer] =
      /"@tensorflow\/tfjs": "(.+)"/.exec(readFileSync(join(ROOT, "package.json"), "utf8")) ?? [];
    assert.match(
      manifest,
      new RegExp(`"@tensorflow/tfjs": "${peer}"`),
      "yarn 1 installs no peer dependencies",
    );
    assert.match(
      readFileSync(join(project, ".github/workflows/notebook.yml"), "utf8"),
      /run: npm run notebook/,
    );
    const again = runIn(folder, home, [process.execPath, CLI, "new", "My Study"]);
    assert.deepEqual(
      [again.status, again.stderr],
      [1, 'slimlab: Cannot create project "My Study": expected no file "package.json" there, got one\n'],
    );
  },
);

const script = `import * as slim from "slimlab";
import * as tf from "@tensorflow/tfjs";
const sum: tf.Tensor = slim.tf.ones([2]).add(tf.tensor1d([1, 2]));
const model: slim.Model = new slim.Model({ architecture: "resnet_v1_14", numClasses: 2, isTraining: false });
console.log(JSON.stringify([sum.arraySync(), model.variables.all().length > 0, tf.getBackend()]));
`;

test(
  "a project installs the package, sets it up and runs its notebook and scripts",
  { skip: !isSetUp && "run npm run setup" },
  (context) => {
    const folder = temporaryFolder("project");
    const project = join(folder, "study");
    const inProject = (words: string, env?: NodeJS.ProcessEnv): Ran =>
      runIn(project, home, words.split(" "), env);
    outputOf(runIn(folder, home, [process.execPath, CLI, "new", "study"]));
    const installed = inProject("npm install");
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(installed.stderr))
      return context.skip("no npm registry");
    outputOf(installed);
    outputOf(installed);

    const early = inProject("node --input-type=module -e import'slimlab'");
    assert.match(
      early.stderr,
      /Cannot load TensorFlow: expected the addon ".*\/study\/\.slimlab\/native\/tensorflow\.node", got no such file; make it with: npx --no -- slimlab setup/,
    );
    const wrong = inProject("npm run --silent setup", { SLIMLAB_VENV: folder });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /^Cannot set up slimlab: expected SLIMLAB_VENV to be .*\n$/);
    const setUp = (): string =>
      outputOf(inProject("npm run --silent setup", { SLIMLAB_VENV: join(ROOT, ".venv") }));
    assert.match(setUp(), /python: JupyterLab and TensorFlow in \.slimlab\/venv \.\.\.[^]*addon: done in/);
    assert.equal(setUp(), "slimlab is set up\n");

    outputOf(inProject("npm run --silent notebook"));
    const notebook = readFileSync(join(project, "build/study.ipynb"), "utf8");
    assert.match(notebook, /images +accuracy +cross-entropy[^]*\d %/);
    assert.match(notebook, /"image\/png"/);

    const compiler = versionIn(join(project, "node_modules/typescript"));
    assert.equal(outputOf(inProject("npx --no -- tsc --version")), `Version ${compiler}\n`);
    writeFileSync(join(project, "module.ts"), script);
    writeFileSync(join(project, "common.cts"), script);
    outputOf(inProject("npx --no -- tsc --noEmit false --outDir build"));
    for (const compiled of ["build/module.js", "build/common.cjs"])
      assert.equal(outputOf(inProject(`node ${compiled}`)), '[[2,3],true,"tensorflow"]\n');

    const doctor = outputOf(inProject("npm run --silent doctor"));
    assert.match(
      doctor,
      new RegExp(`✓ kernelspec  ${project}/\\.slimlab/venv/share/jupyter/kernels/slimlab/kernel\\.json\n`),
    );
    assert.match(outputOf(inProject("npm run --silent lab -- --version")), /^\d+\.\d+\.\d+\n$/);
    const typed = "import * as slim from 'slimlab'; console.log(slim.VGG_MEANS.length)";
    assert.equal(outputOf(runIn(project, home, ["npx", "--no", "--", "slimlab", "-e", typed])), "3\n");
    assert.match(outputOf(inProject("npx --no -- slimlab records --help")), /^Usage: slimlab records /);

    outputOf(inProject("npx --no -- slimlab install --name everywhere"));
    const cells = [
      { cell_type: "code", id: "a", metadata: {}, outputs: [], execution_count: null, source: script },
    ];
    const other = {
      cells,
      metadata: { kernelspec: { name: "everywhere", display_name: "" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(join(folder, "other.ipynb"), JSON.stringify(other));
    const jupyter = join(project, ".slimlab/venv/bin/jupyter");
    const words = [jupyter, "nbconvert", "--execute", "--to", "notebook", "--stdout", "other.ipynb"];
    assert.match(outputOf(runIn(folder, home, words)), /\[\[2,3\],true,\\"tensorflow\\"\]/);
  },
);

/** Kernels that begin from the start-up snapshot, and those that don't. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { NODE_FLAGS, RESTORE_FLAGS } from "../../kernel/start/flags";
import { makeSnapshot } from "../../kernel/start/make";
import { snapshotFile } from "../../kernel/start/snapshot";
import { startKernel, type Kernel } from "./wire/client";

const built = resolve(__dirname, "../../kernel");
const main = join(built, "main.js");

const folder = mkdtempSync(join(tmpdir(), "slimlab-start-"));
after(() => rmSync(folder, { recursive: true }));
before(makeSnapshot);

/** The flags that Node was started with, as the system knows them. */
function flagsOf({ pid = 0 }: { readonly pid?: number | undefined }): string[] {
  if (process.platform === "linux")
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(1, -3);
  const { stdout } = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim().split(" ").slice(1, -2);
}

async function resultOf({ client }: Kernel, code: string): Promise<string> {
  const id = await client.send("shell", "execute_request", { code });
  const messages = await client.published(id);
  const shown = messages.find(({ header }) => /^(execute_result|error)$/.test(String(header["msg_type"])));
  const { data, ename, evalue } = shown?.content ?? {};
  return String(Reflect.get(Object(data), "text/plain") ?? `${String(ename)}: ${String(evalue)}`);
}

test("a kernel begins from the snapshot, in its process and folder, and cells see nothing of that", async () => {
  const kernel = await startKernel(main, { cwd: folder });
  try {
    assert.deepEqual(flagsOf(kernel.process), [...RESTORE_FLAGS, "--snapshot-blob", snapshotFile()]);
    assert.equal(await resultOf(kernel, "1 + 1"), "2");
    assert.equal(await resultOf(kernel, "process.pid"), String(kernel.process.pid));
    assert.equal(await resultOf(kernel, "process.execArgv.join()"), `'${NODE_FLAGS.join()}'`);
    assert.equal(await resultOf(kernel, "`${process.cwd()} ${__dirname}`"), `'${folder} ${folder}'`);
    assert.equal(await resultOf(kernel, "process.argv[1]"), `'${main}'`);
    assert.equal(await resultOf(kernel, "'slimlabKept' in globalThis"), "false");
    const added = "Object.keys(process.env).filter((name) => /GLIBC|LISTENING|TUNABLES/.test(name)).length";
    assert.equal(await resultOf(kernel, added), "0");
    assert.match(await resultOf(kernel, "const a: string = process.pid"), /Type 'number' is not assignable/);
  } finally {
    await kernel.close();
  }
});

test("its cells have Workers, children and ES modules with all of Node's own", async () => {
  writeFileSync(join(folder, "child.mjs"), "process.send([process.execArgv, typeof slimlabKept]);");
  const kernel = await startKernel(main, { cwd: folder });
  try {
    const inWorker = `import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      const code = \`const names = require("module").builtinModules.filter((name) => !/^(_|sys$|punycode|trace_events|wasi)/.test(name));
        for (const name of names) require(name);
        require("worker_threads").parentPort.postMessage(names.includes("net"));\`;
      String(await once(new Worker(code, { eval: true }), "message"))`;
    assert.equal(await resultOf(kernel, inWorker), "'true'");
    const inChild = `import { fork } from "node:child_process";
      JSON.stringify((await once(fork("./child.mjs"), "message"))[0])`;
    assert.equal(await resultOf(kernel, inChild), `'${JSON.stringify([NODE_FLAGS, "undefined"])}'`);
    const own = `const { createHash } = await import("node:crypto"); createHash("md5").update("a").digest("hex")`;
    assert.equal(await resultOf(kernel, own), "'0cc175b9c0f1b6a831c399e269772661'");
  } finally {
    await kernel.close();
  }
});

test(
  "children of a kernel do not hold what it listens by",
  { skip: process.platform !== "linux" },
  async () => {
    const kernel = await startKernel(main, { cwd: folder });
    try {
      const held = `import { execFileSync } from "node:child_process";
      execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\\n").filter((line) => / (\\d{2,}|[3-9]) -> socket:/.test(line)).length`;
      assert.equal(await resultOf(kernel, held), "0");
    } finally {
      await kernel.close();
    }
  },
);

test("two kernels of a snapshot draw other random numbers", async () => {
  const [one, other] = await Promise.all([startKernel(main), startKernel(main)]);
  try {
    const draw = "`${Math.random()} ${crypto.randomUUID()}`";
    const [first = "", second = ""] = (await resultOf(one, draw)).split(" ");
    const drawn = (await resultOf(other, draw)).split(" ");
    assert.notEqual(drawn[0], first);
    assert.notEqual(drawn[1], second);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

test("its program has the files, and finds in cells what is wrong, and answers, as without it", () => {
  expectAsWithout(folder);
});

test("so it does where a project's tsconfig.json has another language and library", () => {
  const project = join(folder, "project");
  mkdirSync(project);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023"],
    types: ["node"],
    module: "NodeNext",
    strict: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  expectAsWithout(project);
});

function expectAsWithout(cwd: string): void {
  const script = join(cwd, "program.js");
  const cells = [
    "const a: string = 1; Buffer.from(a).map((x) => x.y); new Map([[1, 'a']]).get('b');",
    "import { readFileSync } from 'node:fs'; const text: number = readFileSync('a', 'utf8'); fetch(1);",
    "declare global { interface Array<T> { mine: T } }\n[1].mine.toFixed('a'); [1].others",
    "const old: number = [1].mine; setTimeout(1); for await (const line of process.stdin) line.a",
  ];
  const load = (name: string): string => `require(${JSON.stringify(join(built, name))})`;
  writeFileSync(
    script,
    `const { isRestored, offerTypeScript } = ${load("start/kept.js")};
     offerTypeScript();
     const { Compiler } = ${load("session/compiler.js")};
     const { openSession } = ${load("session/open.js")};
     const session = openSession({ cwd: ${JSON.stringify(cwd)} });
     const answers = [session.complete("Buffer.", 7), session.inspect("setTimeout", 3, 0), session.inspect("[1].map", 6, 1)];
     const compiler = new Compiler(${JSON.stringify(cwd)});
     const found = ${JSON.stringify(cells)}.map((cell) => compiler.compile(cell, ""));
     const files = compiler.base.program.getSourceFiles().map(({ fileName }) => fileName);
     console.log(JSON.stringify({ isRestored, told: { files, found, answers } }));`,
  );
  const told = [[...RESTORE_FLAGS, "--snapshot-blob", snapshotFile()], [...NODE_FLAGS]].map(
    (flags): unknown => {
      const { stdout, stderr } = spawnSync(process.execPath, [...flags, script], {
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      const said: unknown = JSON.parse(stdout);
      return said;
    },
  );
  assert.deepEqual(
    told.map((each): unknown => Reflect.get(Object(each), "isRestored")),
    [true, false],
  );
  const [restored, usual] = told.map((each): unknown => Reflect.get(Object(each), "told"));
  assert.match(
    JSON.stringify(usual),
    /"code":2322.*"code":2339.*"code":2345.*"allocUnsafe".*callback function/,
  );
  assert.deepEqual(restored, usual);
}

test("a file that has changed since, a language of before ES2015 and another TypeScript are not the snapshot's", () => {
  const script = join(folder, "kept.js");
  const file = join(folder, "kept.d.ts");
  writeFileSync(file, "declare const a: 1;");
  writeFileSync(
    script,
    `const { statSync, writeFileSync } = require("node:fs");
     const file = ${JSON.stringify(file)}, parsed = {}, [typescript, other] = [2, 2].map((ES2015) => ({ ScriptTarget: { ES2015 } }));
     const { size, mtimeMs, ino } = statSync(file);
     const files = new Map([[file, { file: parsed, state: [size, mtimeMs, ino].join("-") }]]);
     globalThis.slimlabKept = { typescript, path: "", files };
     const { keptFile } = require(${JSON.stringify(join(built, "start/kept.js"))});
     const is = (...asked) => keptFile(...asked) === parsed;
     const before = [is(typescript, file, 9), is(typescript, file, 2), is(other, file, 9), is(typescript, file, 1), is(typescript, "b", 9)];
     writeFileSync(file, "declare const a: 2, b: 1;");
     console.log(JSON.stringify([...before, is(typescript, file, 9)]));`,
  );
  const { stdout } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(stdout), [true, true, false, false, false, false]);
});

test("a kernel for which Node is told more begins without it", async () => {
  const { NODE_OPTIONS } = process.env;
  process.env["NODE_OPTIONS"] = "--stack-trace-limit=20";
  const kernel = await startKernel(main);
  try {
    assert.deepEqual(flagsOf(kernel.process), NODE_FLAGS);
    assert.equal(await resultOf(kernel, "1 + 1"), "2");
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = NODE_OPTIONS;
    await kernel.close();
  }
});

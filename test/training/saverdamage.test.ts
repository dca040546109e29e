import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, tf } from "../../src/tensorflow";
import { Saver } from "../../src/training";
import { saveTooMuch } from "./saving";
import { valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = mkdtempSync(join(tmpdir(), "saverdamage-"));
chmodSync(root, 0o755);
after(() => rmSync(root, { recursive: true }));

const names = ["net/a", "net/b", "net/c", "net/d"];
const createVariables = (): Record<string, tf.Variable> =>
  Object.fromEntries(names.map((name, i) => [name, tf.variable(tf.fill([5 + i], i))]));

/** The error of restoring, which leaves the variables as they are. */
function errorOf(prefix: string, variables: Record<string, tf.Variable>): string {
  const before = memory();
  try {
    new Saver().restore(prefix, variables);
    return "";
  } catch (error) {
    assert.deepEqual(Object.values(variables).map((one) => valuesOf(one)[0]), [0, 1, 2, 3]); // prettier-ignore
    assert.deepEqual(memory(), before);
    return error instanceof Error ? error.message : String(error);
  }
}

for (const sharded of [1, 2]) {
  test(`restore() names the variable and file of each flipped byte and each truncation (${sharded} data files)`, async () => {
    const variables = createVariables();
    const prefix = await new Saver({ sharded }).save(join(root, `flip${sharded}`), variables);
    const named = new Set<string>();
    for (let shard = 0; shard < sharded; shard++) {
      const file = `${prefix}.data-0000${shard}-of-0000${sharded}`;
      const bytes = readFileSync(file);
      const said = `Cannot read variable "(net/[abcd])" of "${file}": expected (\\d+) bytes at (\\d+) that fit their checksum, got`;
      for (let i = 0; i < bytes.length; i++) {
        const damaged = Buffer.from(bytes);
        damaged[i] = (bytes[i] ?? 0) ^ (1 << (i % 8));
        writeFileSync(file, damaged);
        const [, name = "", size, offset] =
          new RegExp(`^${said} others$`).exec(errorOf(prefix, variables)) ?? [];
        named.add(name);
        assert.ok(Number(offset) <= i && i < Number(offset) + Number(size), `byte ${i}: ${name}`);
        writeFileSync(file, bytes.subarray(0, i));
        assert.match(errorOf(prefix, variables), new RegExp(`^${said} a file of ${i} bytes$`));
      }
      rmSync(file);
      assert.match(errorOf(prefix, variables), new RegExp(`^${said} no such file$`));
      writeFileSync(file, bytes);
    }
    assert.deepEqual([...named].sort(), names);
    assert.equal(errorOf(prefix, variables), "");
    tf.dispose(variables);
  });
}

test("no flipped byte or truncation of the index gives other values", async () => {
  const variables = createVariables();
  const prefix = await new Saver().save(join(root, "index"), variables);
  const bytes = readFileSync(`${prefix}.index`);
  let found = 0;
  for (let i = 0; i < bytes.length; i++) {
    const damaged = Buffer.from(bytes);
    damaged[i] = (bytes[i] ?? 0) ^ (1 << (i % 8));
    for (const contents of [damaged, bytes.subarray(0, i)]) {
      writeFileSync(`${prefix}.index`, contents);
      const error = errorOf(prefix, variables);
      if (error === "")
        assert.deepEqual(Object.values(variables).map(valuesOf), names.map((_, n) => Array<number>(5 + n).fill(n))); // prettier-ignore
      else found++;
      if (error !== "")
        assert.match(error, new RegExp(`^Cannot open checkpoint "${prefix}": expected .* got DATA_LOSS: `));
    }
  }
  assert.ok(found > bytes.length, `${found} of ${2 * bytes.length} found`);
  tf.dispose(variables);
});

test("save() on a full disk says so and leaves the older checkpoints as they are", async (t) => {
  const folder = join(root, "full");
  mkdirSync(folder);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", folder]).status === 0;
  if (!mounted) return t.skip("no right to mount a small disk");
  try {
    assert.match(
      await saveTooMuch(folder),
      /^Error: Cannot save ".*full\/model\.ckpt-2": expected a folder with room to write to, got .*[Nn]o space left/,
    );
  } finally {
    execFileSync("umount", [folder]);
  }
});

test("save() past the limit of a file's size says so and leaves the older checkpoints as they are", () => {
  const work = `require(${JSON.stringify(join(__dirname, "saving.js"))}).saveTooMuch(process.argv[1]).then(console.log)`;
  const script = `trap "" XFSZ; ulimit -f 1024; exec "$0" -e "$1" "$2"`;
  const args = ["-c", script, process.execPath, work, join(root, "limit")];
  const output = execFileSync("bash", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 30000,
  });
  assert.match(
    output,
    /^Error: Cannot save ".*limit\/model\.ckpt-2": expected a folder with room to write to, got .*File too large/m,
  );
});

test("save() in a folder that is read-only says so", async () => {
  const folder = join(root, "readonly");
  const small = tf.variable(tf.ones([8]));
  const saver = new Saver();
  await saver.save(`${folder}/`, { small }, { globalStep: 1 });
  const user = process.geteuid?.();
  chmodSync(folder, 0o555);
  if (user === 0) process.seteuid?.(65534); // the superuser may write everywhere
  try {
    await assert.rejects(
      saver.save(folder, { small }, { globalStep: 2 }),
      /^Error: Cannot save ".*readonly\/model\.ckpt-2": expected a folder with room to write to, got EACCES/,
    );
  } finally {
    if (user === 0) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
  assert.equal(saver.restore(folder, { small }).globalStep, 1);
  assert.equal(readdirSync(folder).length, 3);
  small.dispose();
});

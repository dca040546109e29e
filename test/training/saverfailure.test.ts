/** Errors of saves for which nobody waits. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, tf } from "../../src/tensorflow";
import { Saver } from "../../src/training";
import { until } from "../until";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const root = mkdtempSync(join(tmpdir(), "saverfailure-"));
after(() => rmSync(root, { recursive: true }));
const file = join(root, "file");
writeFileSync(file, "no folder");

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
const refused = /^Error: Cannot save ".*file\/a": expected a folder with room to write to, got ENOTDIR/;

test("the error of a save that nobody awaits is thrown once, by the next save, restore or flush", async () => {
  const a = tf.variable(tf.scalar(1));
  const saver = new Saver();
  const good = await saver.save(join(root, "good"), { a });
  saver.restore(good, { a });
  const before = memory();
  for (const next of [
    () => void saver.save(join(root, "next"), { a }),
    () => void saver.restore(good, { a }),
  ]) {
    void saver.save(join(file, "a"), { a });
    await until("the error", () => {
      try {
        next();
        return false;
      } catch (error) {
        assert.match(String(error), refused);
        return true;
      }
    });
    assert.doesNotThrow(next);
    await saver.flush();
  }
  void saver.save(join(file, "a"), { a });
  await assert.rejects(saver.flush(), refused);
  await saver.flush();
  assert.deepEqual(memory(), before);
  a.dispose();
});

test("the error of a save that is awaited, also later, is not thrown again by the next save", async () => {
  const a = tf.variable(tf.scalar(1));
  const saver = new Saver();
  await assert.rejects(saver.save(join(file, "a"), { a }), refused);
  await saver.save(join(root, "after"), { a });
  await assert.rejects(saver.flush(), refused);
  const saved = saver.save(join(file, "a"), { a });
  await settled(); // no unhandled rejection
  await assert.rejects(saved, refused);
  await saver.save(join(root, "after"), { a });
  assert.ok(readdirSync(root).includes("after.index"));
  a.dispose();
});

test("a process whose last save has failed unheard ends with its error, one that has heard it without", () => {
  const run = (wait: string): ReturnType<typeof spawnSync> => {
    const program = `
      const { tf } = require(${JSON.stringify(join(__dirname, "../../src/tensorflow"))});
      const { Saver } = require(${JSON.stringify(join(__dirname, "../../src/training"))});
      const saved = new Saver().save(${JSON.stringify(join(file, "a"))}, { a: tf.variable(tf.scalar(1)) });
      ${wait}`;
    return spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
  };
  const unheard = run("");
  assert.match(String(unheard.stderr), /Error: Cannot save ".*file\/a": expected a folder/);
  assert.notEqual(unheard.status, 0);
  assert.equal(run("saved.catch(() => undefined);").status, 0);
});

/** A process that is killed while it puts a set of records in place of another. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createInputFn, writeRecords } from "../../src/input";
import { encodePng, tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";

const root = temporaryFolder("recordskill");

function photos(name: string, labels: readonly string[], greys: number): string {
  for (const [i, label] of labels.entries()) {
    mkdirSync(join(root, name, label), { recursive: true });
    for (const j of [0, 1]) {
      const bytes = tf.tidy(() => encodePng(tf.fill([3, 4, 3], greys + 2 * i + j)));
      writeFileSync(join(root, name, label, `${j}.png`), bytes);
    }
  }
  return join(root, name);
}

/** Writes records in a process that kills itself before its n-th renaming of a file. */
function killedAt(n: number, source: string, out: string): boolean {
  const code = `
    const fs = require("node:fs/promises");
    const { rename } = fs;
    let count = 0;
    fs.rename = (...names) => (++count === ${n} ? process.kill(process.pid, "SIGKILL") : rename(...names));
    const { writeRecords } = require(${JSON.stringify(join(__dirname, "../../src/input"))});
    void writeRecords(${JSON.stringify(source)}, ${JSON.stringify(out)}, { name: "p", shards: 1 });`;
  return spawnSync(process.execPath, ["-e", code], { stdio: "ignore" }).signal === "SIGKILL";
}

test("writeRecords() leaves, whenever it is killed, the older set or one that is refused as incomplete", async () => {
  const older = photos("older", ["ants", "bees"], 0);
  const newer = photos("newer", ["cups", "mugs"], 9);
  for (const n of [1, 2, 3, 4]) {
    const out = join(root, `out${n}`);
    await writeRecords(older, out, { name: "p", shards: 1, split: { train: 0.5, test: 0.5 } });
    assert.ok(killedAt(n, newer, out), String(n)); // manifest, shard, labels.txt, manifest
    const input = createInputFn(join(out, "p_*_*"), { numEpochs: 1 });
    if (n === 1) {
      assert.equal(readFileSync(join(out, "labels.txt"), "utf8"), "0:ants\n1:bees\n");
      input();
    } else {
      const told = /got one whose writing was interrupted; write it again|expected files that match/;
      assert.throws(input, told);
    }
    await writeRecords(newer, out, { name: "p", shards: 1 });
    input();
    assert.deepEqual(readdirSync(out), ["labels.txt", "p.records.json", "p_train_00000-of-00001.tfrecord"]);
  }
});

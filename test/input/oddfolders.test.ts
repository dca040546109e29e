import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { readClassFolder } from "../../src/input/folder";
import { writeRecords } from "../../src/input/records";
import { encodeJpeg, tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-odd-"));
after(() => rmSync(scratch, { recursive: true }));

const jpeg = tf.tidy(() => encodeJpeg(tf.zeros([20, 30, 3])));
const out = path.join(scratch, "records");

/** A folder of files by their names in it. */
function folderOf(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const folder = path.join(scratch, name);
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), bytes);
  }
  return folder;
}

test("readClassFolder() follows links to photos and class folders, not those to folders further down", async () => {
  const kept = folderOf("kept", { "a.jpg": jpeg, "b.jpg": jpeg });
  const folder = folderOf("linked", { "hat/own.jpg": jpeg });
  symlinkSync(kept, path.join(folder, "shoes"));
  symlinkSync(path.join(kept, "a.jpg"), path.join(folder, "hat/link.jpg"));
  symlinkSync(path.join(scratch, "nowhere"), path.join(folder, "hat/lost.jpg"));
  symlinkSync(folder, path.join(folder, "hat/loop"));
  const { labels, files } = await readClassFolder(folder);
  assert.deepEqual(labels, ["hat", "shoes"]);
  const names = ["hat/link.jpg", "hat/lost.jpg", "hat/own.jpg", "shoes/a.jpg", "shoes/b.jpg"];
  assert.deepEqual(files.map(({ name }) => name), names); // prettier-ignore
  const { written, bad } = await writeRecords(folder, out, { name: "linked" });
  assert.deepEqual(written, { train: 4 });
  assert.deepEqual(bad.map(({ file }) => file), ["hat/lost.jpg"]); // prettier-ignore
});

test("writeRecords() refuses a class whose files are all bad, naming one, and says what is no folder", async () => {
  const folder = folderOf("half", { "hat/a.jpg": jpeg, "shoes/a.heic": Buffer.from("heic") });
  await assert.rejects(
    writeRecords(folder, out, { name: "half" }),
    /expected images of class "shoes", got none; its files were bad, as "shoes\/a.heic": it is neither JPEG/,
  );
  assert.deepEqual(readdirSync(out).filter((file) => file.startsWith("half")), []); // prettier-ignore
  const none = path.join(scratch, "none");
  await assert.rejects(
    writeRecords(none, out),
    /Cannot read classes of ".*none": expected a folder, got ENOENT/,
  );
});

test("writeRecords() tells why a photo is bad without TensorFlow's own names", async () => {
  const half = jpeg.subarray(0, jpeg.length / 2);
  const folder = folderOf("cut", { "hat/a.jpg": jpeg, "hat/b.jpg": half, "shoes/a.jpg": jpeg });
  const { bad } = await writeRecords(folder, out, { name: "cut" });
  assert.deepEqual(bad.map(({ file }) => file), ["hat/b.jpg"]); // prettier-ignore
  assert.match(bad[0]?.reason ?? "", /^jpeg::Uncompress failed/);
});

test("writeRecords() refuses names and splits that no file can have", async () => {
  const folder = folderOf("named", { "hat/a.jpg": jpeg });
  for (const options of [{ name: "" }, { name: "a/b" }, { split: "a/b" }, { split: { "": 1 } }])
    await assert.rejects(
      writeRecords(folder, out, options),
      /Cannot write records: expected a (name|split) that files can have, got "(a\/b)?"/,
    );
});

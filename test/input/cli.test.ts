import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { progressLine } from "../../src/cli/progress";
import type { PhotoFacts } from "../../src/photos";
import { encodePng, tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-cli-"));
after(() => rmSync(scratch, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function slimlab(...args: string[]): Outcome {
  const program = path.resolve(__dirname, "../../src/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    cwd: scratch,
  });
  return { code: status, stdout, stderr };
}

function makePhotos(name: string): string {
  for (const [label, colour] of [
    ["hat", 0],
    ["shoes", 9],
  ] as const) {
    // prettier-ignore
    mkdirSync(path.join(scratch, name, label), { recursive: true });
    for (let i = 0; i < 4; i++)
      writeFileSync(
        path.join(scratch, name, label, `${i}.png`),
        tf.tidy(() => encodePng(tf.fill([4, 5, 3], colour + i))),
      );
  }
  return name;
}

test("slimlab --help and slimlab records --help tell what there is", () => {
  assert.match(slimlab("--help").stdout, /records .*write a folder of photos as TFRecords/);
  const { code, stdout, stderr } = slimlab("records", "--help");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (const word of [
    "<folder> [out]",
    "--inspect",
    "--json",
    "--shards",
    "--split",
    "--seed",
    "--labels",
    "--resize-side",
    "--orient",
    "Examples:",
  ])
    assert.ok(stdout.includes(word), word);
});

test("slimlab records writes records, says how many, and is quiet on stderr", () => {
  const options = ["--split", "train=0.75,validation=0.25", "--shards", "1", "--seed", "5"];
  const { code, stdout, stderr } = slimlab("records", makePhotos("photos"), "records", ...options);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "train: 6 images in 1 file\nvalidation: 2 images in 1 file\n2 classes in records: hat, shoes\n",
  );
  assert.deepEqual(readdirSync(path.join(scratch, "records")), [
    "labels.txt",
    "photos.records.json",
    "photos_train_00000-of-00001.tfrecord",
    "photos_validation_00000-of-00001.tfrecord",
  ]);
});

test("slimlab records --inspect tells what photos and records are, and --json all of it", () => {
  const photos = makePhotos("looked");
  writeFileSync(path.join(scratch, photos, "hat", "notes.txt"), "hello");
  const shown = slimlab("records", photos, "--inspect");
  assert.deepEqual([shown.code, shown.stderr], [0, ""]);
  assert.match(shown.stdout, /^looked: 8 photos of 2 classes\n\nclass +photos +broken\nhat +4 +1\n/);
  const { code, stdout } = slimlab("records", photos, "--inspect", "--json", "--distance", "0");
  assert.equal(code, 0);
  const { broken, splits, near }: PhotoFacts = JSON.parse(stdout); // eslint-disable-line @typescript-eslint/no-unsafe-assignment -- what toJSON() promises
  assert.deepEqual([broken.map(({ file }) => file), splits], [["hat/notes.txt"], { all: 8 }]);
  assert.deepEqual(
    near.map(({ files }) => files.length),
    [7],
  ); // of one colour each, one of them black
  assert.equal(slimlab("records", photos, "looked-records", "--shards", "1").code, 0);
  assert.match(
    slimlab("records", "looked-records", "--inspect").stdout,
    /^class +photos\nhat +4\nshoes +4\nall photos +8$/m,
  );
});

test("slimlab records takes a table's classes", () => {
  writeFileSync(
    path.join(scratch, "hot.csv"),
    "file,cold,hot,part\nhat/0.png,1,0,train\nshoes/1.png,1,1,val\n",
  );
  const columns = ["--csv", "hot.csv", "--path-column", "file", "--label-column", "cold,hot", "--split-column", "part"]; // prettier-ignore
  const { code, stdout } = slimlab("records", makePhotos("table"), "--inspect", ...columns);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^class +train +validation +photos\ncold +1 +1 +2\nhot +0 +1 +1\nall photos +1 +1 +2$/m,
  );
});

test("slimlab records refuses what does not go together", () => {
  const stderrOf = (...args: string[]): string => slimlab("records", ...args).stderr;
  assert.match(stderrOf("photos"), /^error: missing required argument 'out'\n/);
  assert.match(
    stderrOf("photos", "out", "--inspect"),
    /--inspect writes nothing: expected no <out>, got "out"/,
  );
  assert.match(stderrOf("photos", "out", "--json"), /--json needs --inspect/);
  assert.match(stderrOf("photos", "--inspect", "--resize-side", "9"), /expected no --resize-side/);
  assert.match(
    stderrOf("photos", "--inspect", "--distance", "99"),
    /expected distance to be a whole number in 0 … 15, got 99\n$/,
  );
});

test("slimlab records lists bad images at the end", () => {
  const photos = makePhotos("spoilt");
  writeFileSync(path.join(scratch, photos, "hat", "notes.txt"), "hello");
  const { code, stdout, stderr } = slimlab("records", photos, "spoilt-records", "--split", "test");
  assert.equal(code, 0);
  assert.match(stdout, /^test: 8 images in 2 files\n/);
  assert.equal(
    stderr,
    "1 bad image left out:\n  hat/notes.txt: it is neither JPEG, PNG, GIF, BMP, WebP nor JPEG XL\n",
  );
});

test("slimlab ends with 1 and one line when it cannot go on", () => {
  const absent = slimlab("records", "absent", "out");
  assert.deepEqual([absent.code, absent.stdout], [1, ""]);
  assert.match(absent.stderr, /^slimlab: .*absent.*\n$/);
  const wrong = slimlab("records", "photos", "out", "--shards", "two");
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    /'--shards <number>' argument 'two' is invalid. Expected a whole number, got "two"/,
  );
  assert.match(slimlab("records", "a", "b", "--split", "a=x").stderr, /Expected name=fraction, got "a=x"/);
  assert.match(slimlab("recrods").stderr, /unknown command or file 'recrods'/);
});

test("progressLine() shows a bar, a count and the time left", () => {
  assert.equal(progressLine(30, 120, { seconds: 2, width: 8 }), "██░░░░░░   30/120   25 %   6 s left");
  assert.equal(progressLine(0, 9, { seconds: 1, width: 2 }), "░░   0/9   0 %");
  assert.match(progressLine(1, 100, { seconds: 1 }), /1 min 39 s left$/);
  assert.equal(progressLine(7, undefined, { seconds: 61 }), "7   1 min 1 s");
});

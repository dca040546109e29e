/** Photos whose classes a CSV file or rows tell. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { writeRecords, type WriteRecordsOptions } from "../../src/input";
import { listPhotos, type PhotoListOptions } from "../../src/input/photolist";
import { inspectPhotos } from "../../src/photos";
import { encodePng, tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";

const root = temporaryFolder("table");
const photos = join(root, "photos");
["1.png", "a/2.png", "a/b/3.png", 'a/it, "4".png', "5.png", "left.png"].forEach((name, i) => {
  mkdirSync(dirname(join(photos, name)), { recursive: true });
  writeFileSync(join(photos, name), tf.tidy(() => encodePng(tf.fill([8, 9 + i, 3], 20 * i)))); // prettier-ignore
});

function csv(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return join(root, name);
}

/** The classes and the split of each photo, by its name. */
async function told(options: Partial<PhotoListOptions>): Promise<Record<string, string>> {
  const { labels, splits } = await listPhotos(photos, { split: "all", seed: 1, ...options });
  const lines: Record<string, string> = {};
  for (const [split, files] of splits)
    for (const { name, labels: own } of files)
      lines[name] = `${split}: ${own.map((label) => labels[label]).join(" ")}`;
  return lines;
}

const FILE = `\uFEFFsplit,file,note,class
train,1.png,"two
lines",red hat

Training,./a/2.png,,shoes
val, a\\b\\3.png ,,shoes
test,"a/it, ""4"".png",,red hat
`;

test("a CSV file tells paths, classes and splits, with quotes, a byte-order mark and empty lines", async () => {
  const columns = { pathColumn: "file", labelColumn: "class", splitColumn: "split" };
  const expected = {
    "1.png": "train: red hat",
    "a/2.png": "train: shoes",
    "a/b/3.png": "validation: shoes",
    'a/it, "4".png': "test: red hat",
  };
  const given = { csv: csv("labels.csv", FILE), ...columns };
  assert.deepEqual(await told(given), expected);
  for (const [name, mark] of [["tabs.tsv", "\t"], ["semicolons.csv", ";"]] as const) // prettier-ignore
    assert.deepEqual(
      await told({ csv: csv(name, `file${mark}class\r\n1.png${mark}a,b\r\n`), pathColumn: "file", labelColumn: "class" }),
      { "1.png": "all: a,b" },
    ); // prettier-ignore
  const { written, labels, warnings } = await writeRecords(photos, join(root, "records"), given);
  assert.deepEqual([written, labels], [{ train: 2, validation: 1, test: 1 }, ["red hat", "shoes"]]);
  assert.ok(warnings.includes(`"${given.csv}" leaves out 2 of the files in "${photos}", as "5.png"`));
  const found = await inspectPhotos(photos, given);
  assert.deepEqual(found.splits, { train: 2, validation: 1, test: 1 });
  assert.deepEqual(found.warnings.slice(-1), warnings.slice(0, 1));
});

test("the CSV file may lie among the photos, and is none of those left out", async () => {
  const file = join(photos, "labels.csv");
  writeFileSync(file, "path,label\n1.png,x\na/2.png,y\n");
  const { leftOut } = await listPhotos(photos, { split: "all", seed: 0, csv: file });
  assert.match(leftOut.join(), /leaves out 4 of the files/);
  writeFileSync(file, readFileSync(file));
});

test("several classes of a photo stand in one cell, in a list, or in a column each", async () => {
  const cells = csv("cells.csv", "path,label\n1.png,dog|cat\n5.png,\na/2.png, cat \n");
  const expected = { "1.png": "all: cat dog", "5.png": "all: ", "a/2.png": "all: cat" };
  assert.deepEqual(await told({ csv: cells, labelSeparator: "|" }), expected);
  const rows = [
    { path: "1.png", label: ["dog", "cat"], cat: 1, dog: true },
    { path: "5.png", label: [], cat: 0, dog: null },
    { path: "a/2.png", label: ["cat"], cat: "1", dog: "False" },
  ];
  assert.deepEqual(await told({ csv: rows }), expected);
  assert.deepEqual(await told({ csv: new Set(rows), labelColumn: ["cat", "dog"] }), expected);
  const { labels } = await listPhotos(photos, { csv: rows, labelColumn: ["dog", "cat"], split: "all", seed: 0 }); // prettier-ignore
  assert.deepEqual(labels, ["dog", "cat"]);
  const numbers = [{ path: "1.png", label: 7 }, { path: "5.png", label: 10 }]; // prettier-ignore
  assert.deepEqual(await told({ csv: numbers }), { "1.png": "all: 7", "5.png": "all: 10" });
});

test("a wrong table is refused with its line", async () => {
  const refused = async (text: string | readonly object[], message: RegExp, options: WriteRecordsOptions = {}) =>
    assert.rejects(
      writeRecords(photos, join(root, "none"), { csv: typeof text === "string" ? csv("wrong.csv", text) : text, ...options }),
      message,
    ); // prettier-ignore
  await refused("path,label\n1.png,a\n2.png,b\n9.png,b\n", /^RangeError: Cannot read photos of ".*photos": expected "2\.png" of line 3 of ".*wrong\.csv", got no such file, and 1 more are not there$/); // prettier-ignore
  await refused("path,label\n1.png,a\n\n./1.png,b\n", /expected each photo once, got "1\.png" in line 2 of ".*" and in line 4 of/); // prettier-ignore
  await refused("path,class\n1.png,a\n", /^RangeError: Cannot read labels of ".*wrong\.csv": expected a column "label", got path, class$/); // prettier-ignore
  await refused("path,label\n1.png,a,b\n", /expected 2 values in line 2 of ".*", got 3$/);
  await refused('path,label\n1.png,"a\n', /expected comma-separated values, got: Quote Not Closed/);
  await refused("path,label\n1.png,\n", /expected a class in column "label" of line 2 of ".*", got ""$/);
  await refused("path,label\n../1.png,a\n", /expected a path in ".*photos" in column "path" of line 2 of ".*", got "\.\.\/1\.png"$/); // prettier-ignore
  await refused("path,label,s\n1.png,a,\n", /expected a split in column "s" of line 2/, { splitColumn: "s" });
  await refused("path,label\n", /expected a row for each photo, got none$/);
  await refused("", /expected a column "path", got an empty file$/);
  await refused("path,a,b\n1.png,1,0.5\n", /expected 0 or 1 in column "b" of line 2 of ".*", got "0\.5"$/, { labelColumn: ["a", "b"] }); // prettier-ignore
  await refused([{ path: "1.png", label: "a" }, { path: "5.png" }], /expected "label" in row 1 of the table, got path$/); // prettier-ignore
  await refused("path,label\n1.png,a\n", /expected b, got "a"$/, { labels: ["b"] });
  await assert.rejects(writeRecords(photos, root, { csv: join(root, "absent.csv") }), /expected a CSV file, got ENOENT/); // prettier-ignore
});

test("options of tables that don't go together are refused", async () => {
  const list = async (options: Partial<PhotoListOptions>) => listPhotos(photos, { split: "all", seed: 0, ...options }); // prettier-ignore
  await assert.rejects(list({ splitColumn: "s" }), /^TypeError: Cannot read photos: expected csv with splitColumn, got none$/); // prettier-ignore
  await assert.rejects(list({ csv: [], labelsOf: () => [] }), /expected csv or labelsOf\(\), got both$/);
  await assert.rejects(list({ csv: [], labelColumn: ["a"], labelSeparator: "|" }), /expected one labelColumn with labelSeparator, got 1, one for each class$/); // prettier-ignore
});

/** Photos that teach, or test, another thing than the user believes. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInputFn, writeRecords, type WrittenRecords } from "../../src/input";
import { encodePng, tf } from "../../src/tensorflow";
import { testSituations } from "./table";

/** Writes one photo for each name, all different but where the names end in the same "=…". */
function photos(folder: string, ...names: readonly string[]): string {
  names.forEach((name, i) => {
    const file = join(folder, `${name.replace("=", "-")}.png`);
    mkdirSync(dirname(file), { recursive: true });
    const grey = name.includes("=") ? 255 : i;
    writeFileSync(file, tf.tidy(() => encodePng(tf.fill([4, 5, 3], grey)))); // prettier-ignore
  });
  return folder;
}

const four = (...labels: readonly string[]): string[] =>
  labels.flatMap((label) => [0, 1, 2, 3].map((i) => `${label}/${i}`));

/** How many records a pattern of files holds. */
async function countOf(pattern: string): Promise<number> {
  const options = { batchSize: 1, numEpochs: 1, transform: (image: tf.Tensor3D) => image };
  let count = 0;
  for await (const [{ image }, label] of createInputFn(pattern, options)()) {
    count += image.shape[0];
    tf.dispose([image, label]);
  }
  return count;
}

const written = ({ written: counts, labels }: WrittenRecords): unknown => ({ ...counts, labels });

/** A set of ants and bees, train and test, and then one of cups and mugs, train only, of the same name. */
async function replaced(folder: string): Promise<{ readonly out: string; readonly result: WrittenRecords }> {
  const out = join(folder, "records");
  const split = { train: 0.5, test: 0.5 };
  await writeRecords(photos(join(folder, "insects"), ...four("ants", "bees")), out, {
    name: "photos",
    split,
  });
  const cups = photos(join(folder, "cups"), ...four("cups", "mugs"));
  return { out, result: await writeRecords(cups, out, { name: "photos", shards: 1 }) };
}

testSituations([
  {
    name: "splits called train and val are no classes",
    situation: async (folder) =>
      written(
        await writeRecords(
          photos(folder, ...four("train/cat", "train/dog"), "val/cat/9", "val/dog/9"),
          join(folder, "out"),
        ),
      ),
    expected: { train: 8, validation: 2, labels: ["cat", "dog"] },
  },
  {
    name: "splits are known by any usual name, in any case",
    situation: async (folder) =>
      written(
        await writeRecords(
          photos(folder, "Training/a/1", "Training/b/1", "DEV/a/2", "DEV/b/2", "testing/a/3", "testing/b/3"),
          join(folder, "out"),
        ),
      ),
    expected: { train: 2, validation: 2, test: 2, labels: ["a", "b"] },
  },
  {
    name: "a class called train, beside others with photos of their own, is a class",
    situation: async (folder) =>
      written(await writeRecords(photos(folder, "train/1", "bus/1"), join(folder, "out"))),
    expected: { train: 2, labels: ["bus", "train"] },
  },
  {
    name: "two folders for one split are refused by name",
    situation: async (folder) =>
      writeRecords(
        photos(folder, "train/a/1", "train/b/1", "val/a/1", "val/b/1", "valid/a/2", "valid/b/2"),
        join(folder, "out"),
      ),
    expected: /Cannot read splits of ".*": expected one folder for "validation", got "val" and "valid"$/,
  },
  {
    name: "an unknown folder beside splits is refused by name",
    situation: async (folder) =>
      writeRecords(photos(folder, "train/a/1", "train/b/1", "more/a/1"), join(folder, "out")),
    expected: /expected only splits beside "train", got a folder "more"$/,
  },
  {
    name: "splits of unknown names are refused with the tree",
    situation: async (folder) =>
      writeRecords(photos(folder, "fold1/a/1", "fold1/b/1", "fold2/a/2", "fold2/b/2"), join(folder, "out")),
    expected:
      /expected two or more class folders .*, got fold1\/\{a \(1 file\), b \(1 file\)\}, fold2\/\{a \(1 file\), b \(1 file\)\}$/,
  },
  {
    name: "splits without class folders are refused",
    situation: async (folder) =>
      writeRecords(photos(folder, "train/1", "train/2", "test/1"), join(folder, "out")),
    expected: /expected two or more class folders .*, got test \(1 file\), train \(2 files\)$/,
  },
  {
    name: "one class only is refused with the tree: it was a folder around the classes",
    situation: async (folder) =>
      writeRecords(photos(folder, "flowers/daisy/1", "flowers/rose/1"), join(folder, "out")),
    expected: /got flowers\/\{daisy \(1 file\), rose \(1 file\)\}$/,
  },
  {
    name: "an option `split` that was not used is named",
    situation: async (folder) => {
      const split = { train: 0.6, test: 0.4 };
      const tree = photos(join(folder, "p"), "train/a/1", "train/b/1", "val/a/2", "val/b/2");
      return (await writeRecords(tree, join(folder, "out"), { split })).warnings.map((line) => line.replace(folder, "")); // prettier-ignore
    },
    expected: ['"/p" is split already, into train, validation: these were kept'],
  },
  {
    name: "createInputFn() takes the files of the result, which has labels.txt apart",
    situation: async (folder) => {
      const { files, labelsFile } = await writeRecords(photos(folder, "a/1", "b/1"), join(folder, "out"));
      const options = { batchSize: 2, numEpochs: 1, transform: (image: tf.Tensor3D) => image };
      const [{ image }, label] = await createInputFn(files, options)().first();
      tf.dispose([image, label]);
      return [image.shape, readFileSync(labelsFile, "utf8")];
    },
    expected: [[2, 4, 5, 3], "0:a\n1:b\n"],
  },
  {
    name: "another source replaces the whole set of a name: the test split of ants is gone",
    situation: async (folder) => {
      const { out, result } = await replaced(folder);
      const removed = result.removed.length;
      return [readdirSync(out), removed, await countOf(join(out, "photos_train_*"))];
    },
    expected: [["labels.txt", "photos.records.json", "photos_train_00000-of-00001.tfrecord"], 4, 8],
  },
  {
    name: "a test split that the set does not list is refused",
    situation: async (folder) => {
      const { out, result } = await replaced(folder);
      cpSync(result.files[0] ?? "", join(out, "photos_test_00000-of-00001.tfrecord"));
      return countOf(join(out, "photos_test_*"));
    },
    expected:
      /expected a file that photos.records.json lists, got one of another set; remove it or write the records again$/,
  },
  {
    name: "records of the same name that no manifest lists are refused, and stay",
    situation: async (folder) => {
      mkdirSync(join(folder, "out"));
      writeFileSync(join(folder, "out/p_test_00000-of-00005.tfrecord"), "");
      return writeRecords(photos(join(folder, "p"), "a/1", "b/1"), join(folder, "out"));
    },
    expected:
      /expected no others of that name, got "p_test_00000-of-00005.tfrecord", which no p.records.json lists; remove it first/,
  },
  {
    name: "a second name of other classes does not overwrite labels.txt",
    situation: async (folder) => {
      const out = join(folder, "out");
      await writeRecords(photos(join(folder, "p"), "a/1", "b/1"), out);
      return writeRecords(photos(join(folder, "q"), "c/1", "d/1"), out);
    },
    expected: /expected labels.txt of c, d, got a, b, of records "p" there; write to another folder$/,
  },
  {
    name: "a second name of the same classes leaves the first alone",
    situation: async (folder) => {
      const out = join(folder, "out");
      await writeRecords(photos(join(folder, "p"), "a/1", "b/1"), out);
      const { removed } = await writeRecords(photos(join(folder, "q"), "a/1", "b/1", "b/2"), out);
      return [removed, await countOf(join(out, "p_*_*")), await countOf(join(out, "q_*_*"))];
    },
    expected: [[], 2, 3],
  },
  {
    name: "sets of other classes are not read together",
    situation: async (folder) => {
      const { files } = await writeRecords(photos(join(folder, "p"), "a/1", "b/1"), join(folder, "one"));
      const more = await writeRecords(photos(join(folder, "q"), "c/1", "d/1"), join(folder, "two"));
      return createInputFn([...files, ...more.files])();
    },
    expected:
      /Cannot read records together: expected the same classes, got a, b in ".*p.records.json" and c, d in ".*q.records.json"$/,
  },
  {
    name: "a labels.txt of other classes is told before training",
    situation: async (folder) => {
      const { files, labelsFile } = await writeRecords(
        photos(join(folder, "p"), "a/1", "b/1"),
        join(folder, "out"),
      );
      writeFileSync(labelsFile, "0:b\n1:a\n");
      return createInputFn(files)();
    },
    expected: /expected its classes a, b in labels.txt too, got b, a$/,
  },
  {
    name: "a set whose writing was cut off is refused as such, and written again",
    situation: async (folder) => {
      const source = photos(join(folder, "p"), "a/1", "b/1");
      const { files, manifestFile } = await writeRecords(source, join(folder, "out"));
      const manifest: unknown = JSON.parse(readFileSync(manifestFile, "utf8"));
      writeFileSync(manifestFile, JSON.stringify({ ...Object(manifest), replaced: ["p_test_00000-of-00001.tfrecord"] })); // prettier-ignore
      let told = "";
      try {
        createInputFn(files)();
      } catch (error) {
        told = String(error);
      }
      await writeRecords(source, join(folder, "out"));
      return [/expected a whole set "p", got one whose writing was interrupted/.test(told), await countOf(join(folder, "out/p_*_*"))]; // prettier-ignore
    },
    expected: [true, 2],
  },
  {
    name: "records without a manifest, as TF-Slim's, are read as ever",
    situation: async (folder) => {
      const { manifestFile, labelsFile } = await writeRecords(
        photos(join(folder, "p"), "a/1", "b/1"),
        join(folder, "out"),
      );
      [manifestFile, labelsFile].forEach((file) => rmSync(file));
      return [existsSync(manifestFile), await countOf(join(folder, "out/p_train_*"))];
    },
    expected: [false, 2],
  },
  {
    name: "each class has a photo in each split if it has enough; the others are named",
    situation: async (folder) => {
      const tree = photos(
        folder,
        ...four("a", "b"),
        ...four("a", "b").map((name) => `${name}x`),
        "c/1",
        "c/2",
        "d/1",
      );
      const split = { train: 0.9, test: 0.1 };
      return (await writeRecords(tree, join(folder, "out"), { split })).warnings;
    },
    expected: ['no photo of class "d" in split "test", of 1 in all'],
  },
  {
    name: "the same photo in two classes, or in two splits, is named",
    situation: async (folder) => {
      const tree = photos(
        join(folder, "p"),
        "train/a/1=x",
        "train/b/1",
        "train/b/2=x",
        "val/a/1",
        "val/b/3=x",
      );
      return (await writeRecords(tree, join(folder, "out"))).duplicates;
    },
    expected: [
      {
        files: ["train/a/1-x.png", "train/b/2-x.png", "val/b/3-x.png"],
        labels: ["a", "b"],
        splits: ["train", "validation"],
      },
    ],
  },
]);

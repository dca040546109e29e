/** Folders and files whose names TensorFlow takes for patterns: what was saved there could not be loaded. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportSavedModel, loadSavedModel } from "../../src/export";
import { createInputFn, writeRecords } from "../../src/input";
import { SummaryWriter, readScalars } from "../../src/summary";
import { encodeJpeg, tf } from "../../src/tensorflow";
import { latestCheckpoint, listCheckpoint, Saver } from "../../src/training";
import { fixturePath } from "../fixtures";
import { testSituations, type Situation } from "./table";

const NAMES = [
  "run[1]",
  "a\\b",
  "x*y",
  "what?",
  "{a,b}",
  "two words",
  "%41",
  "a[",
  "]b",
  "ü",
  "#1",
  "c:d",
  "e.index",
];

/** Saves three times, of which the last two stay, whole and in shards, and restores. */
async function checkpointsIn(folder: string, name: string): Promise<unknown> {
  const weights = tf.variable(tf.scalar(0));
  const other = tf.variable(tf.scalar(0));
  const place = join(folder, name);
  try {
    for (const saver of [new Saver({ maxToKeep: 2 }), new Saver({ maxToKeep: 2, sharded: 2 })])
      for (const step of [1, 2, 3]) {
        weights.assign(tf.scalar(step));
        await saver.save(`${place}/`, { weights, other }, { globalStep: step });
      }
    const named = await new Saver().save(join(folder, `${name}.ckpt`), { weights });
    const restored: unknown[] = [];
    for (const path of [place, latestCheckpoint(place) ?? "", named]) {
      weights.assign(tf.scalar(0));
      new Saver().restore(path, { weights });
      restored.push(...weights.dataSync());
    }
    return [...restored, readdirSync(place).filter((file) => file.endsWith(".index")).sort()]; // prettier-ignore
  } finally {
    tf.dispose([weights, other]);
  }
}

function savedModelIn(folder: string, name: string): unknown {
  const factor = tf.variable(tf.scalar(2));
  const fn = ({ x = tf.scalar(0) }): Record<string, tf.Tensor> => ({ y: x.mul(factor) });
  const example = { x: tf.tensor1d([1, 2]) };
  const loaded = loadSavedModel(exportSavedModel({ serving_default: { fn, example } }, join(folder, name)));
  const values = tf.tidy(() => [...(loaded.predict(example)["y"]?.dataSync() ?? [])]);
  loaded.dispose();
  tf.dispose([factor, example]);
  return values;
}

/** Photos of two classes. */
function photosIn(folder: string): string {
  const jpeg = tf.tidy(() => encodeJpeg(tf.zeros([8, 8, 3], "int32")));
  for (const kind of ["hat", "shoe"]) {
    mkdirSync(join(folder, kind), { recursive: true });
    writeFileSync(join(folder, kind, "1.jpg"), jpeg);
  }
  return folder;
}

async function labelsOf(paths: string | readonly string[]): Promise<number> {
  let count = 0;
  const batches = createInputFn(paths, { batchSize: 1, numEpochs: 1, transform: (image) => image })();
  for await (const [{ image }, label] of batches) {
    count += label.size;
    tf.dispose([image, label]);
  }
  return count;
}

async function recordsIn(folder: string, name: string): Promise<unknown> {
  const place = join(folder, name);
  const { files } = await writeRecords(photosIn(join(place, "photos")), join(place, "records"), { name });
  const [first = ""] = files;
  return [
    await labelsOf(files.filter((file) => file.endsWith(".tfrecord"))),
    await labelsOf(first),
    await labelsOf(join(place, "records/*.tfrecord")),
    await labelsOf(join(place, "rec*/*_train_0000?-of-00002.tfrecord")),
  ];
}

async function eventsIn(folder: string, name: string): Promise<unknown> {
  const writer = new SummaryWriter(join(folder, name));
  writer.scalar("loss", 0.5, 1);
  await writer.close();
  return (await readScalars(join(folder, name))).map(({ tag, values }) => [tag, ...values]);
}

const rows = NAMES.flatMap((name): Situation[] => [
  {
    name: `checkpoints in the folder "${name}" are restored, and the oldest deleted`,
    situation: (folder) => checkpointsIn(folder, name),
    expected: [3, 3, 3, ["model.ckpt-2.index", "model.ckpt-3.index"]],
  },
  {
    name: `a SavedModel in the folder "${name}" is loaded`,
    situation: (folder) => savedModelIn(folder, name),
    expected: [2, 4],
  },
  {
    name: `event files in the folder "${name}" are read`,
    situation: (folder) => eventsIn(folder, name),
    expected: [["loss", 0.5]],
  },
]);

const withoutBackslash = NAMES.filter((name) => !name.includes("\\")); // which is in no name of records
testSituations([
  ...rows,
  ...withoutBackslash.map((name) => ({
    name: `records in the folder "${name}" are read by their names and by a pattern`,
    situation: (folder: string) => recordsIn(folder, name),
    expected: [2, 1, 2, 2],
  })),
  {
    name: "a file whose name would be a pattern for another is that file",
    situation: async (folder) => {
      const { files } = await writeRecords(photosIn(join(folder, "photos")), folder, {
        name: "a*b",
        shards: 1,
      });
      copyFileSync(files[0] ?? "", join(folder, "axb_train_00000-of-00001.tfrecord"));
      return [await labelsOf(files[0] ?? ""), await labelsOf(join(folder, "a?b_train*"))];
    },
    expected: [2, 4],
  },
  {
    name: "a V1 checkpoint whose name would be a pattern for another is that one",
    situation: (folder) => {
      for (const name of ["[v]*.ckpt", "[v]1.ckpt"])
        copyFileSync(fixturePath("checkpoints/v1/model.ckpt-3"), join(folder, name));
      return listCheckpoint(join(folder, "[v]*.ckpt")).variables.length;
    },
    expected: listCheckpoint(fixturePath("checkpoints/v1/model.ckpt-3")).variables.length,
  },
]);

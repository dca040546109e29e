/** Files given for checkpoints or SavedModels that are none, and names that others give to what is one. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportSavedModel, loadSavedModel } from "../../src/export";
import { constant, openCheckpoint, saveCheckpoint, tf } from "../../src/tensorflow";
import { findCheckpoint, listCheckpoint, Saver } from "../../src/training";
import { fixturePath } from "../fixtures";
import { testSituations, type Situation } from "./table";

const KINDS: Readonly<Record<string, readonly [contents: string, kind: RegExp]>> = {
  "an HTML page": ["\n<!DOCTYPE html>\n<html>", /got an HTML page, as of a failed download$/],
  "an error of a bucket": ['<?xml version="1.0"?><Error>', /got an XML document/],
  "a Git LFS pointer": [
    "version https://git-lfs.github.com/spec/v1\noid sha256:0",
    /got a Git LFS pointer, /,
  ],
  "an .h5 file": ["\x89HDF\r\n\x1a\n\0", /got an HDF5 file, as Keras' \.h5$/],
  "a .pth file": ["PK\x03\x04\0", /got a ZIP archive, as PyTorch's \.pth, /],
  "an old .pth file": ["\x80\x02\x8a", /got a pickle of Python/],
  "a safetensors file": ['\x10\0\0\0\0\0\0\0{"a":{}}', /got a safetensors file$/],
  "an archive": ["\x1f\x8b\x08", /got a gzip archive; unpack it$/],
  "an empty file": ["", /got an empty file$/],
};

/** A V2 checkpoint. */
function saved(folder: string): string {
  const prefix = join(folder, "model.ckpt-3");
  tf.tidy(() => saveCheckpoint(prefix, { a: tf.tensor1d([1, 2]) }));
  return prefix;
}

const kinds = Object.entries(KINDS).map(([kind, [contents, expected]]): Situation => ({
  name: `${kind} is given for a checkpoint: it is told what it is`,
  situation: (folder) => {
    const file = join(folder, "model.ckpt");
    writeFileSync(file, contents, "latin1");
    return listCheckpoint(file);
  },
  expected,
}));

const named = [".index", ".data-00000-of-00001", ".meta", ""].map((ending): Situation => ({
  name: `a checkpoint is given as its "${ending}"`,
  situation: (folder) => {
    const prefix = saved(folder);
    writeFileSync(`${prefix}.meta`, "");
    const reader = openCheckpoint(prefix + ending);
    reader.close();
    return [findCheckpoint(prefix + ending) === prefix, reader.prefix === prefix, reader.variables.length];
  },
  expected: [true, true, 1],
}));

testSituations([
  ...kinds,
  ...named,
  {
    name: "a checkpoint is given as its folder's file `checkpoint`",
    situation: async (folder) => {
      const a = tf.variable(tf.scalar(1));
      const prefix = await new Saver().save(join(folder, "m"), { a }, { globalStep: 4 });
      a.dispose();
      return findCheckpoint(join(folder, "checkpoint")) === prefix;
    },
    expected: true,
  },
  {
    name: "a checkpoint of format V1 in shards is given as its .meta",
    situation: (folder) => {
      for (const shard of ["00000-of-00002", "00001-of-00002"])
        copyFileSync(fixturePath(`checkpoints/v1_sharded/model.ckpt-4-${shard}`), join(folder, `a-${shard}`));
      writeFileSync(join(folder, "a.meta"), "");
      return listCheckpoint(join(folder, "a.meta")).variables.length > 0;
    },
    expected: true,
  },
  {
    name: "a checkpoint's data is there without its index",
    situation: (folder) => {
      const prefix = saved(folder);
      rmSync(`${prefix}.index`);
      return listCheckpoint(`${prefix}.data-00000-of-00001`);
    },
    expected: /got the data of a V2 checkpoint without its \.index$/,
  },
  {
    name: "a checkpoint's index is a Git LFS pointer",
    situation: (folder) => {
      const prefix = saved(folder);
      writeFileSync(`${prefix}.index`, "version https://git-lfs.github.com/spec/v1\n");
      return listCheckpoint(prefix);
    },
    expected: /got ".*model\.ckpt-3\.index", which is a Git LFS pointer, /,
  },
  {
    name: "a checkpoint's data is a Git LFS pointer",
    situation: (folder) => {
      const prefix = saved(folder);
      writeFileSync(`${prefix}.data-00000-of-00001`, "version https://git-lfs.github.com/spec/v1\n");
      const reader = openCheckpoint(prefix);
      try {
        return reader.read("a");
      } finally {
        reader.close();
      }
    },
    expected: /^Cannot read variable "a" of ".*": expected 8 bytes .*, got a Git LFS pointer, /,
  },
  {
    name: "a folder is opened as a checkpoint",
    situation: (folder) => openCheckpoint(folder),
    expected: /got a folder; findCheckpoint\(\) gives the latest in it$/,
  },
  {
    name: "a variable is read by a part of its name",
    situation: (folder) => {
      const prefix = join(folder, "a");
      tf.tidy(() =>
        saveCheckpoint(prefix, { "net/conv1/weights": tf.scalar(1), b: constant([1], [], "int64") }),
      );
      return openCheckpoint(prefix).read("conv1/weights");
    },
    expected: /its 2 variables, such as "net\/conv1\/weights", .*, got "conv1\/weights"$/,
  },
  {
    name: "a SavedModel is an HTML page",
    situation: (folder) => {
      mkdirSync(join(folder, "1"));
      writeFileSync(join(folder, "1/saved_model.pb"), "<html></html>");
      return loadSavedModel(folder);
    },
    expected: /expected a SavedModel, got an HTML page/,
  },
  {
    name: "a SavedModel's variables are Git LFS pointers",
    situation: (folder) => {
      const factor = tf.variable(tf.scalar(2));
      const example = { x: tf.tensor1d([1]) };
      const fn = ({ x = tf.scalar(0) }): Record<string, tf.Tensor> => ({ y: x.mul(factor) });
      const exported = exportSavedModel({ serving_default: { fn, example } }, folder);
      tf.dispose([factor, example]);
      const data = join(exported, "variables/variables.data-00000-of-00001");
      writeFileSync(data, "version https://git-lfs.github.com/spec/v1\n");
      return loadSavedModel(exported);
    },
    expected: /can load, got ".*variables\.data-00000-of-00001", which is a Git LFS pointer, /,
  },
]);

/** Checkpoints and SavedModels that Python TensorFlow writes here and now. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { loadSavedModel } from "../../src/export";
import { memory, openCheckpoint, tf } from "../../src/tensorflow";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";

describe("files by Python TensorFlow", { skip }, () => {
  const folder = temporaryFolder("others");
  let partitioned: Readonly<Record<string, Readonly<Record<string, number[]>>>> = {};
  before(() => {
    const script = join(__dirname, "../../../test/tensorflow/others.py");
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "" };
    const printed = execFileSync(python ?? "python3", [script, folder], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });

    partitioned = JSON.parse(printed) as typeof partitioned;
  });

  for (const version of [1, 2])
    test(`read() puts the slices of partitioned variables together, V${version}`, () => {
      const live = memory();
      const name = `partitioned_v${version}.ckpt`;
      const reader = openCheckpoint(join(folder, name));
      const shapes = { "net/rows": [5, 3], "net/columns": [4, 6], "net/whole": [2] };
      for (const [key, values] of Object.entries(partitioned[name] ?? {})) {
        const whole = reader.read(key);
        assert.deepEqual([...whole.dataSync()], values, key);
        assert.deepEqual(whole.shape, Object.entries(shapes).find(([one]) => one === key)?.[1]);
        whole.dispose();
      }
      reader.close();
      assert.deepEqual(memory(), live);
    });

  test("read() gives numbers of all types that have them, and refuses those that do not fit", () => {
    const live = memory();
    const reader = openCheckpoint(join(folder, "types.ckpt"));
    const read = (name: string): unknown =>
      tf.tidy(() => {
        const tensor = reader.read(name);
        return [tensor.dtype, ...tensor.dataSync()];
      });
    const numbers = {
      bfloat16: ["float32", 1, -2.5, 0.125],
      float16: ["float32", 1, -2.5, 65504],
      float64: ["float32", Math.fround(0.1), Math.fround(-1e30), Infinity],
      int8: ["int32", 1, -128, 127],
      uint8: ["int32", 1, 2, 255],
      int16: ["int32", 1, -32768, 32767],
      uint16: ["int32", 1, 2, 65535],
      int64: ["int32", 1, -(2 ** 31), 2 ** 31 - 1],
      uint32: ["int32", 1, 2, 2 ** 31 - 1],
      uint64: ["int32", 1, 2, 2 ** 31 - 1],
    };
    for (const [name, values] of Object.entries(numbers)) assert.deepEqual(read(name), values, name);
    for (const [name, got] of [
      ["wide/int64", "int64 values that int32 can hold, got 9007199254740993"],
      ["wide/uint32", "uint32 values that int32 can hold, got 2147483648"],
      ["wide/uint64", "uint64 values that int32 can hold, got 18446744071562067968"],
      ["wide/float64", "float64 values that float32 can hold, got 1.000000e+300"],
    ] as const)
      assert.throws(() => read(name), {
        name: "RangeError",
        message: `Cannot read variable "${name}" of checkpoint "${reader.prefix}": expected ${got}`,
      });
    for (const name of ["complex128", "qint8"]) {
      assert.equal(reader.variables.find((one) => one.name === name)?.dtype, name);
      assert.throws(() => read(name), { name: "TypeError", message: new RegExp(`, got ${name}$`) });
    }
    reader.close();
    assert.deepEqual(memory(), live);
  });

  test("loadSavedModel() loads saved_model.pbtxt as it does saved_model.pb, and gives numbers of all types", () => {
    const [binary, text] = ["binary", "text"].map((form) => loadSavedModel(join(folder, `model_${form}`)));
    assert.deepEqual(Object.keys(text?.signatures ?? {}).sort(), ['multiply "ä"', "serving_default"]);
    assert.deepEqual(text?.signatures, binary?.signatures);
    const outputs = tf.tidy(() =>
      Object.entries(text?.predict(tf.tensor2d([[3, 4]])) ?? {}).map(([key, output]) => [
        key,
        output.dtype,
        ...Array.from(output.dataSync(), Number),
      ]),
    );
    assert.deepEqual(outputs.sort(), [
      ["bfloat16", "float32", 3, 8],
      ["float16", "float32", 3, 8],
      ["float64", "float32", 3, 8],
      ["int64", "int32", 3, 8],
      ["int8", "int32", 3, 8],
      ["uint32", "int32", 3, 8],
      ["uint8", "int32", 3, 8],
      ["y", "float32", 3, 8],
    ]);
    binary?.dispose();
    text?.dispose();
  });
});

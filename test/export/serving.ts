/** SavedModels run by Python's TensorFlow and by loadSavedModel(), as values that compare. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSavedModel } from "../../src/export";
import { bytesOf, constant, dataType, tf, type DataType } from "../../src/tensorflow";
import { python } from "../python";

/** A tensor; strings are in base64. */
export interface PlainTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

export type PlainTensors = Readonly<Record<string, PlainTensor>>;

/** One run of a signature. */
export interface Call {
  readonly signature: string;
  readonly inputs: PlainTensors;
}

/** Runs of one SavedModel. */
export interface Calls {
  readonly folder: string;
  readonly tags?: readonly string[];
  /** tf.saved_model.load, or TensorFlow 1's for what it cannot load. @default "load" */
  readonly api?: "load" | "session";
  /** Whether TensorFlow may fuse convolutions with the batch norms behind them, which sums in another order. @default true */
  readonly remapping?: boolean;
  readonly calls: readonly Call[];
}

/** What came of it: the outputs, or an error's text. */
export interface Answers {
  readonly assets: readonly string[];
  readonly outputs: readonly (PlainTensors | string)[];
}

export const floats = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
): PlainTensor => ({
  dtype: "float32",
  shape,
  values,
});

export const strings = (values: readonly (Uint8Array | string)[]): PlainTensor => ({
  dtype: "string",
  shape: [values.length],
  values: values.map((value) => Buffer.from(value).toString("base64")),
});

/** In one process, by serving.py. */
export function inPython(requests: readonly Calls[]): Answers[] {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-serving-"));
  try {
    const file = join(folder, "requests.json");
    writeFileSync(
      file,
      JSON.stringify(requests.map((one) => ({ tags: ["serve"], api: "load", remapping: true, ...one }))),
    );
    const script = join(__dirname, "../../../test/export/serving.py");
    const output = execFileSync(python ?? "python3", [script, file], {
      encoding: "utf8",
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "pipe"],
    });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what serving.py prints
    const answers: Answers[] = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    return answers;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By loadSavedModel(). */
export function byUs({ folder, tags = ["serve"], calls }: Calls): (PlainTensors | string)[] {
  const [first] = calls;
  const model = loadSavedModel(folder, { tags, signature: first?.signature ?? "serving_default" });
  try {
    return calls.map(({ signature, inputs }) => {
      const given = Object.entries(inputs).map(([name, one]) => [name, tensorOf(one)] as const);
      try {
        const outputs = model.predict(Object.fromEntries(given), signature);
        const plain = plainOfAll(outputs);
        tf.dispose(outputs);
        return plain;
      } catch (error) {
        return String(error);
      } finally {
        tf.dispose(given.map(([, tensor]) => tensor));
      }
    });
  } finally {
    model.dispose();
  }
}

/** Asserts the same names, types and shapes, and numbers within 1e-5 of the largest, or of 1; gives the greatest difference. */
export function assertSame(actual: readonly (PlainTensors | string)[], expected: Answers["outputs"]): number {
  let greatest = 0;
  assert.equal(actual.length, expected.length);
  expected.forEach((wanted, i) => {
    const got = actual[i];
    assert.ok(typeof wanted !== "string", `call ${i} in Python: ${String(wanted)}`);
    assert.ok(got !== undefined && typeof got !== "string", `call ${i}: ${String(got)}`);
    assert.deepEqual(Object.keys(got).sort(), Object.keys(wanted).sort());
    for (const [name, { dtype, shape, values }] of Object.entries(wanted)) {
      const one: PlainTensor | undefined = got[name];
      assert.deepEqual({ dtype: one?.dtype, shape: one?.shape }, { dtype, shape }, name);
      if (dtype === "string") assert.deepEqual(one?.values, values, name);
      else {
        const numbers = values.map(Number);
        const limit = 1e-5 * Math.max(1, ...numbers.map(Math.abs));
        numbers.forEach((value, j) => {
          const difference = Math.abs(Number(one?.values[j]) - value);
          assert.ok(difference <= limit, `${name} ${j}: expected ${value}, got ${one?.values[j]}`);
          greatest = Math.max(greatest, difference);
        });
      }
    }
  });
  return greatest;
}

function tensorOf({ dtype, shape, values }: PlainTensor): tf.Tensor {
  const contents =
    dtype === "string" ? values.map((value) => Buffer.from(String(value), "base64")) : values.map(Number);
  return constant(contents, [...shape], dtype);
}

/** The types, shapes and values of tensors. */
export function plainOfAll(tensors: Readonly<Record<string, tf.Tensor>>): PlainTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, plainOf(tensor)]));
}

function plainOf(tensor: tf.Tensor): PlainTensor {
  const dtype = dataType(tensor);
  const values =
    dtype === "string"
      ? bytesOf(tensor).map((bytes) => Buffer.from(bytes).toString("base64"))
      : [...tensor.dataSync()];
  return { dtype, shape: tensor.shape, values };
}

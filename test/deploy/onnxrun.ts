/** Files of ONNX's run by its runtimes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dataType, tf } from "../../src/tensorflow";
import { python } from "../python";

/** What one file is asked for. */
export interface OnnxCase {
  readonly file: string;
  /** By the name of an input: its numbers, in a file. */
  readonly feeds: readonly Readonly<Record<string, OnnxInput>>[];
}

/** What is given to an input. */
interface OnnxInput {
  readonly type: "float32" | "int32";
  readonly dims: readonly number[];
  readonly numbers: string;
}

/** What a runtime answers of a file. */
export interface OnnxAnswer {
  readonly opset: number;
  readonly ir: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly operations: readonly string[];
  readonly results: readonly Readonly<Record<string, { readonly dims: number[]; readonly numbers: number[] }>>[]; // prettier-ignore
}

let count = 0;

/** A tensor as an input; images for a file of layout "NCHW" are transposed. */
export function onnxInput(folder: string, tensor: tf.Tensor, layout = "NHWC"): OnnxInput {
  const type = dataType(tensor);
  assert.ok(type === "float32" || type === "int32");
  const numbers = join(folder, `${count++}.bin`);
  const isMoved = layout === "NCHW" && tensor.rank === 4;
  const lying = isMoved ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor.clone();
  writeFileSync(numbers, lying.dataSync());
  const { shape: dims } = lying;
  lying.dispose();
  return { type, dims, numbers };
}

/** What onnx's checker and onnxruntime make of files. */
export function runInPython(folder: string, cases: readonly OnnxCase[]): OnnxAnswer[] {
  const asked = join(folder, `${count++}.json`);
  writeFileSync(asked, JSON.stringify(cases));
  const script = resolve(__dirname, "../../../test/oracle/onnx_run.py");
  const text = execFileSync(python ?? "", [script, asked], { encoding: "utf8", maxBuffer: 2 ** 28 });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- written by the script
  return JSON.parse(text);
}

/** What npm's onnxruntime-node makes of files. */
export function runInNode(folder: string, cases: readonly OnnxCase[]): Pick<OnnxAnswer, "results">[] {
  const [asked, answers] = [join(folder, `${count++}.json`), join(folder, `${count++}.json`)];
  writeFileSync(asked, JSON.stringify(cases));
  execFileSync(process.execPath, [join(__dirname, "onnxnode.js"), asked, answers]);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- written by the script
  return JSON.parse(readFileSync(answers, "utf8"));
}

/** Asserts that a runtime's outputs are these, but for so much of the greatest number of each. */
export function assertSame(
  got: OnnxAnswer["results"][number] | undefined,
  expected: Readonly<Record<string, tf.Tensor>>,
  toleranceOf: (output: string) => number,
): void {
  assert.deepEqual(Object.keys(got ?? {}).sort(), Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    const { dims, numbers = [] } = got?.[name] ?? {};
    assert.deepEqual(dims, tensor.shape, name);
    const values = [...tensor.dataSync()].map(Number);
    const most = Math.max(1e-6, ...values.map(Math.abs));
    const far = Math.max(0, ...values.map((value, i) => Math.abs(value - (numbers[i] ?? NaN))));
    assert.ok(far <= toleranceOf(name) * most, `${name}: ${far} of ${most}`);
  }
}

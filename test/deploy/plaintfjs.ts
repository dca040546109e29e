/** TensorFlow.js alone, in a process of its own: what a folder's model gives there. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { tf as slimtf } from "../../src";

/** A tensor as it goes from process to process. */
export interface Sent {
  readonly dtype: "float32" | "int32";
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What is asked of a model. */
export interface Call {
  readonly inputs: Readonly<Record<string, Sent>>;
  /** Names for execute(); predict() without. */
  readonly outputs?: readonly string[];
}

/** What a child is asked. */
export interface Asked {
  readonly dir: string;
  readonly backend: "cpu" | "wasm";
  readonly calls: readonly Call[];
}

/** What it answers: outputs by name, or as predict() gave them. */
export type Answer = Readonly<Record<string, Sent>>;

/** A tensor to send. */
export function sent(tensor: slimtf.Tensor): Sent {
  const dtype = tensor.dtype === "int32" ? "int32" : "float32";
  return { dtype, shape: tensor.shape, values: [...tensor.dataSync()] };
}

/** Answers of plain tfjs to calls of the model in a folder, in their order. */
export function plainTfjs(asked: Asked): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(__dirname, "plaintfjschild.js")],
      { maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- plaintfjschild.ts wrote it
        if (error === null) resolve(JSON.parse(stdout) as readonly Answer[]);
        else reject(new Error(stderr.slice(-2000), { cause: error }));
      },
    );
    child.stdin?.end(JSON.stringify(asked));
  });
}

/** The greatest difference of an answer from a tensor of the same shape; NaN if the shape is another. */
export function differenceFrom(expected: slimtf.Tensor, got: Sent | undefined): number {
  if (String(got?.shape) !== String(expected.shape)) return NaN;
  const values = expected.dataSync();
  return got?.values.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i] ?? NaN))), 0) ?? NaN; // prettier-ignore
}

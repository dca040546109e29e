/** Runs files of ONNX's in npm's onnxruntime-node, in a process of its own; asked and answering as test/oracle/onnx_run.py. */
import { readFileSync, writeFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { OnnxCase } from "./onnxrun";

async function run({ file, feeds }: OnnxCase): Promise<unknown> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 2 });
  const results: unknown[] = [];
  for (const feed of feeds) {
    const given = Object.entries(feed).map(([name, { type, dims, numbers }]) => {
      const { buffer } = Uint8Array.from(readFileSync(numbers));
      const array = type === "int32" ? new Int32Array(buffer) : new Float32Array(buffer);
      return [name, new Tensor(type, array, dims)] as const;
    });
    const outputs = await session.run(Object.fromEntries(given));
    const told = Object.entries(outputs).map(([name, { dims, data }]) => {
      return [name, { dims, numbers: Array.from(data, Number) }] as const;
    });
    results.push(Object.fromEntries(told));
  }
  await session.release();
  return { results };
}

async function main(cases: string, answers: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- written by the test that starts this
  const asked: readonly OnnxCase[] = JSON.parse(readFileSync(cases, "utf8"));
  const all: unknown[] = [];
  for (const one of asked) all.push(await run(one));
  writeFileSync(answers, JSON.stringify(all));
}

void main(process.argv[2] ?? "", process.argv[3] ?? "");

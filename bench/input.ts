/** Decoding and resizing the images of TFRecords: ours and Python's tf.data, the same pipeline. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInputFn } from "../src/input";
import { insertAxis, resizeBilinear, type tf } from "../src/tensorflow";
import { contest, pythonPeer, timed, type Result } from "./contest";
import { flowerRecords } from "./records";

const BATCHES = 20;

/** Options of the input bench. */
export interface InputBench {
  readonly rounds: number;
  readonly batch: number;
  readonly side: number;
}

/** Seconds a batch of each contender. */
export async function benchInput({ rounds, batch, side }: InputBench): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "slimlab-bench-"));
  try {
    const files = await flowerRecords(folder);
    const python = await pythonPeer("input.py", [String(batch), String(side), ...files]);
    const inputFn = createInputFn(files, {
      batchSize: batch,
      numReaders: 2,
      transform: (image) => resize(image, side),
    });
    const batches = inputFn()[Symbol.asyncIterator]();
    const draw = async (): Promise<void> => {
      for (let i = 0; i < BATCHES; i++) await batches.next();
    };
    const contenders = [
      { name: "slimlab", run: async () => (await timed(draw)) / BATCHES },
      {
        name: "Python tf.data",
        isPeer: true,
        run: async () => (await python.ask(String(BATCHES))) / BATCHES,
        close: python.close,
      },
    ];
    const results = await contest(contenders, rounds, 2);
    await batches.return?.();
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resize(image: tf.Tensor3D, side: number): tf.Tensor3D {
  return resizeBilinear(insertAxis(image, 0), [side, side]).squeeze<tf.Tensor3D>([0]);
}

/** Decoding and resizing the images of TFRecords: ours and Python's tf.data, the same pipeline. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInputFn, renderPhotos, writeRecords } from "../src/input";
import { insertAxis, resizeBilinear, type tf } from "../src/tensorflow";
import { contest, pythonPeer, timed, type Result } from "./contest";

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
    const files = await records(folder);
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

/** TF-Slim's flowers if they are there, else rendered photos. */
async function records(folder: string): Promise<string[]> {
  const shared = process.env["SLIMLAB_SHARED_DATA"] ?? path.resolve(__dirname, "../../../shared/data");
  const flowers = path.join(shared, "records");
  if (existsSync(flowers)) {
    return readdirSync(flowers).filter((name) => name.startsWith("flowers")).map((name) => path.join(flowers, name)); // prettier-ignore
  }
  await renderPhotos(path.join(folder, "photos"), { perClass: 70 });
  await writeRecords(path.join(folder, "photos"), folder, { shards: 2 });
  return readdirSync(folder).filter((name) => name.includes("-of-")).map((name) => path.join(folder, name)); // prettier-ignore
}

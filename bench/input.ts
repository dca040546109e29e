/** Images of TFRecords as a network takes them, by TF-Slim's evaluation preprocessing: ours and Python's tf.data. */
import { createInputFn, preprocessForEval, type InputFnOptions } from "../src/input";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import { inFolder } from "./folder";
import { flowerRecords, largeRecords } from "./records";

/** Options of the input bench. */
export interface InputBench {
  readonly rounds: number;
  readonly batch: number;
  readonly side: number;
}

/** Photos of which kind, and how often each is read at a time. */
interface Photos {
  readonly files: readonly string[];
  readonly epochs: number;
}

/** Seconds a batch of each contender, of photos of the flowers' size: "exact", as TF-Slim has them. */
export function benchFlowers(options: InputBench): Promise<Result[]> {
  return inFolder(async (folder) => {
    const photos = { files: await flowerRecords(folder), epochs: 2 };
    return contest(
      [ours("slimlab", photos, options, "exact"), await tfData("Python tf.data", photos, options)],
      options.rounds,
      2,
    );
  });
}

/**
 * The same of photos of 12 megapixels: ours "scaled". Python as people write it is the peer; its own `ratio`, which must suit the
 * photos' size, is told beside.
 */
export function benchLarge(options: InputBench): Promise<Result[]> {
  return inFolder(async (folder) => {
    const photos = { files: await largeRecords(folder), epochs: 4 };
    const contenders = [
      ours("slimlab, scaled", photos, options, "scaled"),
      ours("slimlab, exact", photos, options, "exact"),
      await tfData("Python tf.data", photos, options),
      { ...(await tfData("Python tf.data, decode_jpeg(ratio=8)", photos, options, 8)), isPeer: false },
    ];
    return contest(contenders, options.rounds, 1);
  });
}

/** Each run reads to the end, so that nothing is ready before it, and nobody works on while others are measured. */
function ours(
  name: string,
  { files, epochs }: Photos,
  { batch, side }: InputBench,
  decode: NonNullable<InputFnOptions["decode"]>,
): Contender {
  const dataset = createInputFn(files, {
    ...{ batchSize: batch, numReaders: 2, numEpochs: epochs, decode, onWarning: () => undefined },
    transform: (image) => preprocessForEval(image, { size: side }),
  })();
  const run = async (): Promise<number> => {
    let count = 0;
    const seconds = await timed(async () => {
      for await (const [, label] of dataset) count += label.size;
    });
    return (seconds * batch) / count;
  };
  return { name, run, close: () => dataset.dispose() };
}

async function tfData(
  name: string,
  { files, epochs }: Photos,
  { batch, side }: InputBench,
  ratio = 1,
): Promise<Contender> {
  const numbers = [batch, side, ratio].map(String);
  const python = await pythonPeer("input.py", [...numbers, ...files]);
  return { name, isPeer: true, run: () => python.ask(String(epochs)), close: python.close };
}

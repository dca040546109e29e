/**
 * Fine-tuning a pretrained ResNet-50 to hats and shoes: by fineTune() with its defaults, and by PyTorch's transfer learning tutorial.
 *
 * All have the same photos, weights, epochs, batches, sizes and kinds of crops; in the first epoch fineTune() trains the head alone, which
 * PyTorch does in one of its ways. Each keeps the epoch that was best in validation. A round is a seed. Time is from a process's start
 * to its end of training, photos' decoding and validations in it; accuracy is of test photos that nothing else has seen.
 */
import path from "node:path";
import { peakOf, processorSecondsOf } from "./alone";
import { contest, format, pythonPeer, ratioOf, startPeer, type Contender, type Peer, type Result } from "./contest"; // prettier-ignore
import { prepare } from "./finetune";
import { inFolder } from "./folder";
import { peersPython } from "./peers";
import type { StepBench } from "./step";

/** In all, the head's alone too. */
const EPOCHS = 3;

/** What a contender did with a seed. */
export interface TransferRun {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  /** What of them processors spent on it, all together; of PyTorch without its workers, which still run. */
  readonly processorSeconds: number;
  /** Accuracy of the weights that were kept, 0…1. */
  readonly validation: number;
  readonly test: number;
  /** The most memory it had held, without its workers. */
  readonly megabytes: number;
}

/** How well and how fast each contender fine-tunes. */
export interface TransferBench {
  readonly epochs: number;
  readonly results: readonly Result[];
  /** Ours over the fastest peer, of the minima; of the medians; and the latter of ours in bfloat16. */
  readonly ratio: number | undefined;
  readonly ratioOfMedians: number;
  readonly bfloat16RatioOfMedians: number;
  /** The mean over the seeds of the accuracy in test, by contender. */
  readonly test: Readonly<Record<string, number>>;
  readonly runs: readonly TransferRun[];
}

interface Program {
  readonly name: string;
  readonly isPeer: boolean;
  start(seed: number): Promise<Peer>;
}

/** Measures all contenders in turn, each in a process of its own. */
export async function benchTransfer({ rounds, batch, side }: StepBench): Promise<TransferBench> {
  return inFolder(async (folder) => {
    const { photos, weights } = prepare(folder);
    const shape = [EPOCHS, batch, side].map(String);
    const ours = (name: string, precision: string): Program => ({
      ...{ name, isPeer: false },
      start: (seed) =>
        startPeer(process.execPath, [ALONE, photos, `${weights}.ckpt`, path.join(folder, `${precision}-${seed}`), String(seed), ...shape, precision]), // prettier-ignore
    });
    const torch = (name: string, way: string): Program => ({
      ...{ name, isPeer: true },
      start: (seed) =>
        pythonPeer("transfer_torch.py", [photos, `${weights}.pt`, String(seed), ...shape, way], peersPython()), // prettier-ignore
    });
    const runs: TransferRun[] = [];
    const contenders = [
      ours("slimlab", "float32"),
      torch("PyTorch, head first", "head"),
      torch("PyTorch, all layers from the first", "all"),
      ours(REDUCED, "bfloat16"),
    ].map(({ name, isPeer, start }): Contender => {
      let seed = 0;
      const run = async (): Promise<number> => {
        const one = await runOf(name, ++seed, start);
        runs.push(one);
        process.stderr.write(`${lineOf(one)}\n`);
        return one.seconds;
      };
      return { name, isPeer, run };
    });
    return resultOf(await contest(contenders, rounds, 0), runs);
  });
}

const ALONE = path.join(__dirname, "transferalone.js");
const REDUCED = "slimlab, bfloat16";

async function runOf(name: string, seed: number, start: Program["start"]): Promise<TransferRun> {
  const started = process.hrtime.bigint();
  const peer = await start(seed); // until it says that it has trained
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const [megabytes, processorSeconds] = [peakOf(peer.pid), processorSecondsOf(peer.pid)];
  const [validation, test] = [await peer.ask("validation"), await peer.ask("test")];
  await peer.close();
  return { name, seed, seconds, processorSeconds, validation, test, megabytes };
}

function resultOf(results: readonly Result[], runs: readonly TransferRun[]): TransferBench {
  const peers = results.filter(({ isPeer }) => isPeer).map(({ median }) => median);
  const medianOf = (name?: string): number => results.find((one) => one.name === name)?.median ?? NaN;
  const ratioOfMedians = (name?: string): number => medianOf(name) / Math.min(...peers);
  return {
    epochs: EPOCHS,
    results,
    ratio: ratioOf(results),
    ratioOfMedians: ratioOfMedians(results[0]?.name),
    bfloat16RatioOfMedians: ratioOfMedians(REDUCED),
    test: Object.fromEntries(results.map(({ name }) => [name, meanTest(runs, name)])),
    runs,
  };
}

function meanTest(runs: readonly TransferRun[], name: string): number {
  const own = runs.filter((run) => run.name === name);
  return own.reduce((sum, { test }) => sum + test, 0) / own.length;
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

function lineOf({ name, seed, seconds, processorSeconds, validation, test, megabytes }: TransferRun): string {
  return `${name}, seed ${seed}: ${seconds.toFixed(1)} s, ${processorSeconds.toFixed(1)} of processors; validated ${percent(validation)}, tested ${percent(test)}; ${megabytes.toFixed(0)} MB`;
}

/** The result as text. */
export function formatTransfer(bench: TransferBench): string {
  const { epochs, results, ratio, ratioOfMedians, bfloat16RatioOfMedians, test, runs } = bench;
  return [
    format(results),
    "",
    `${epochs} epochs; slimlab / the faster of PyTorch's: ${ratio?.toFixed(3) ?? "?"} of the minima, ${ratioOfMedians.toFixed(3)} of the medians, ${bfloat16RatioOfMedians.toFixed(3)} of those in bfloat16`,
    `accuracy in test, mean of the seeds: ${Object.entries(test).map(([name, mean]) => `${name} ${percent(mean)}`).join("; ")}`,
    "",
    ...runs.map(lineOf),
  ].join("\n"); // prettier-ignore
}

/**
 * From a process's start to 95 % validated accuracy: a new head for hats and shoes on ResNet-50 with ImageNet's weights, all other
 * layers frozen. Each is written as its own guides have it: PyTorch's tutorial and Keras's guide run the trunk in each epoch, ours
 * computes features once, and the head learns meanwhile.
 *
 * All have the same photos, weights, batches and optimizer, and one rule of stopping: each is validated when it has learned from all
 * photos once more, and ends at the first time that this gives the goal. How photos are augmented is each guide's own. A round is a
 * seed, and a seed may need several epochs: the medians tell more than the minima.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { peakOf, processorSecondsOf } from "./alone";
import { contest, format, pythonPeer, ratioOf, startPeer, type Contender, type Peer, type Result } from "./contest"; // prettier-ignore
import { inFolder, sharedData } from "./folder";
import { ownPython, peersPython } from "./peers";
import type { StepBench } from "./step";

const GOAL = "0.95";

/** What a contender did with a seed. */
export interface FinetuneRun {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  /** What of them processors spent on it, all together: the rest it waited, for others too if the machine has other work. */
  readonly processorSeconds: number;
  /** Photos it had learned from, each view counted. */
  readonly photos: number;
  /** Accuracy at that moment, 0…1. */
  readonly validation: number;
  readonly test: number;
  /** The most memory it had held, without its workers. */
  readonly megabytes: number;
}

/** How soon each contender reached the goal. */
export interface FinetuneBench {
  readonly results: readonly Result[];
  /** In float32: ours over the best of the peers' guides, of the minima; and of the medians. */
  readonly ratio: number | undefined;
  readonly ratioOfMedians: number;
  /** Of ours in bfloat16, over the best of the peers' guides, and over PyTorch with autocast. */
  readonly bfloat16: { readonly ratio: number; readonly ratioToAutocast: number };
  readonly runs: readonly FinetuneRun[];
}

/** Where photos and weights are, and where our records go. */
interface Files {
  readonly photos: string;
  readonly weights: string;
  readonly folder: string;
}

interface Program {
  readonly name: string;
  readonly isPeer?: boolean;
  start(files: Files, seed: number): Promise<Peer>;
}

/** Measures all contenders in turn, each in a process of its own. */
export async function benchFinetune({ rounds }: Pick<StepBench, "rounds">): Promise<FinetuneBench> {
  return inFolder(async (folder) => {
    const files = { ...prepare(folder), folder };
    const runs: FinetuneRun[] = [];
    const contenders = programs().map(({ name, isPeer = false, start }): Contender => {
      let seed = 0;
      const run = async (): Promise<number> => {
        const one = await runOf(name, ++seed, () => start(files, seed));
        runs.push(one);
        return one.seconds;
      };
      return { name, isPeer, run };
    });
    return resultOf(await contest(contenders, rounds, 0), runs);
  });
}

async function runOf(name: string, seed: number, start: () => Promise<Peer>): Promise<FinetuneRun> {
  const started = process.hrtime.bigint();
  const peer = await start(); // until it says that it is there
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const [megabytes, processorSeconds] = [peakOf(peer.pid), processorSecondsOf(peer.pid)];
  const [photos, validation, test] = [await peer.ask("photos"), await peer.ask("validation"), await peer.ask("test")]; // prettier-ignore
  await peer.close();
  return { name, seed, seconds, processorSeconds, photos, validation, test, megabytes };
}

/**
 * The photos, and the weights in each program's form.
 * @throws {Error} if there are none
 */
export function prepare(folder: string): Pick<Files, "photos" | "weights"> {
  const photos = path.join(sharedData(), "clothing");
  const source = path.join(sharedData(), "weights/resnet50_torchvision_layout.npz");
  for (const needed of [photos, source])
    if (!existsSync(needed))
      throw new Error(`Cannot bench "finetune": expected "${needed}", or such in the folder of SLIMLAB_SHARED_DATA, got none`); // prettier-ignore
  const weights = path.join(folder, "resnet50");
  const maker = path.join(sharedData(), "../tools/make_resnet_checkpoint.py");
  execFileSync(ownPython(), [maker, `${weights}.ckpt`], { stdio: "ignore" });
  const script = path.resolve(__dirname, "../../bench/finetune_weights.py");
  execFileSync(peersPython(), [script, source, weights], { stdio: ["ignore", "inherit", "ignore"] });
  return { photos, weights };
}

const ALONE = path.join(__dirname, "finetunealone.js");

function programs(): Program[] {
  const ours = (name: string, precision: string): Program => ({
    name,
    start: ({ photos, weights, folder }, seed) =>
      startPeer(process.execPath, [ALONE, photos, `${weights}.ckpt`, path.join(folder, `${precision}-${seed}`), String(seed), GOAL, precision]), // prettier-ignore
  });
  const torch = (name: string, isPeer: boolean, ...how: string[]): Program => ({
    name,
    isPeer,
    start: ({ photos, weights }, seed) =>
      pythonPeer("finetune_torch.py", [photos, `${weights}.pt`, String(seed), GOAL, ...how], peersPython()),
  });
  const keras = (name: string, isPeer: boolean, how: string): Program => ({
    name,
    isPeer,
    start: ({ photos, weights }, seed) =>
      pythonPeer("finetune_keras.py", [photos, `${weights}.weights.h5`, String(seed), GOAL, how], peersPython()), // prettier-ignore
  });
  return [
    ours("slimlab", "float32"),
    torch("PyTorch, as its tutorial", true, "fit", "float32"),
    keras("Keras, as its guide", true, "fit"),
    ours("slimlab, bfloat16", "bfloat16"),
    torch("PyTorch, bfloat16 by autocast", false, "fit", "bfloat16"),
    torch("PyTorch, features kept by hand", false, "features", "float32"),
    keras("Keras, features kept by hand", false, "features"),
  ];
}

function resultOf(results: readonly Result[], runs: readonly FinetuneRun[]): FinetuneBench {
  const named = (name: string): number => results.find((one) => one.name === name)?.min ?? NaN;
  const peers = results.filter(({ isPeer }) => isPeer);
  const reduced = named("slimlab, bfloat16");
  return {
    results,
    ratio: ratioOf(results),
    ratioOfMedians: (results[0]?.median ?? NaN) / Math.min(...peers.map(({ median }) => median)),
    bfloat16: {
      ratio: reduced / Math.min(...peers.map(({ min }) => min)),
      ratioToAutocast: reduced / named("PyTorch, bfloat16 by autocast"),
    },
    runs,
  };
}

/** The result as text. */
export function formatFinetune({ results, ratio, ratioOfMedians, bfloat16, runs }: FinetuneBench): string {
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  return [
    format(results),
    "",
    `slimlab / the better of the guides: ${ratio?.toFixed(3) ?? "?"} of the minima, ${ratioOfMedians.toFixed(3)} of the medians`,
    `slimlab, bfloat16 / the better of the guides: ${bfloat16.ratio.toFixed(3)}; / PyTorch with autocast: ${bfloat16.ratioToAutocast.toFixed(3)}`,
    "",
    ...runs.map(
      ({ name, seed, seconds, processorSeconds, photos, validation, test, megabytes }) =>
        `${name}, seed ${seed}: ${seconds.toFixed(2)} s, ${processorSeconds.toFixed(1)} of processors, ${photos} photos; validated ${percent(validation)}, tested ${percent(test)}; ${megabytes.toFixed(0)} MB`,
    ),
  ].join("\n");
}

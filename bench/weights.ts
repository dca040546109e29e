/** VGG-16's weights brought in from a file, each time by a process of its own: ours, torchvision's network by safetensors. */
import { statSync } from "node:fs";
import path from "node:path";
import { Model } from "../src/model";
import { exportWeights } from "../src/weights";
import { peakOf } from "./alone";
import { pythonPeer, startPeer, type Peer } from "./contest";
import { inFolder } from "./folder";
import { peersPython } from "./peers";

/** What one importing took. */
export interface WeightsRow {
  readonly name: string;
  /** Without the process's start; the least of all rounds. */
  readonly seconds: number;
  /** By how much the process's peak grew, in sizes of the file; the least of all rounds. */
  readonly growth: number;
}

/** What they took. */
export interface WeightsResult {
  readonly fileMb: number;
  readonly rows: readonly WeightsRow[];
}

/** Brings a file of 1,000 classes into a network, so many times. */
export function benchWeights(rounds: number): Promise<WeightsResult> {
  return inFolder(async (folder) => {
    const file = path.join(folder, "vgg16.safetensors");
    const model = new Model({ architecture: "vgg_16", source: "torchvision", numClasses: 1000 });
    await exportWeights(model, file, { layout: "torchvision" });
    model.dispose();
    const megabytes = statSync(file).size / 2 ** 20;
    const peers = peersPython();
    const contenders = {
      slimlab: () => startPeer(process.execPath, [path.join(__dirname, "weightsalone.js"), file]),
      "torchvision, safetensors": () => pythonPeer("weights_torch.py", [file], peers),
    };
    const rows = Object.keys(contenders).map((name) => ({ name, seconds: Infinity, growth: Infinity }));
    for (let round = 0; round < rounds; round++)
      for (const [i, start] of Object.values(contenders).entries()) {
        const { seconds, growth } = await importOnce(await start(), megabytes);
        const row = rows[i];
        if (row === undefined) continue;
        row.seconds = Math.min(row.seconds, seconds);
        row.growth = Math.min(row.growth, growth);
      }
    return { fileMb: megabytes, rows };
  });
}

async function importOnce(peer: Peer, fileMb: number): Promise<{ seconds: number; growth: number }> {
  const before = peakOf(peer.pid);
  const seconds = await peer.ask("import");
  const growth = (peakOf(peer.pid) - before) / fileMb;
  await peer.close();
  return { seconds, growth };
}

/** The table, for people. */
export function formatWeights({ fileMb, rows }: WeightsResult): string {
  const lines = rows.map(
    ({ name, seconds, growth }) =>
      `${name.padEnd(28)}${seconds.toFixed(2).padStart(6)} s, peak + ${growth.toFixed(2)} x the file`,
  );
  return [`a file of ${fileMb.toFixed(0)} MB`, ...lines].join("\n");
}

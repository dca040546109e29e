/** Heat maps of many passes, and Grad-CAM: ours, pytorch-grad-cam's; and the memory that they take by the size of a chunk. */
import { join } from "node:path";
import { explain, explainMethods, rise, scoreCam, type ExplanationMethod as Method } from "../src/explain";
import { Model } from "../src/model";
import { random, tf } from "../src/tensorflow";
import { peakOf } from "./alone";
import { contest, format, megabytes, pythonPeer, ratioOf, seconds, startPeer, timed, type Contender, type Result } from "./contest"; // prettier-ignore
import { peersPython } from "./peers";

/** How much is explained. */
export interface ExplainBench {
  readonly rounds: number;
  readonly side: number;
  /** Channels of the last block that Score-CAM takes; RISE has 1,000 masks for 2,048. */
  readonly passes: number;
}

/** What each method took, and the most memory of Score-CAM by the rows of a chunk. */
export interface ExplainResult {
  readonly methods: Readonly<
    Record<string, { readonly results: readonly Result[]; readonly ratio: number | undefined }>
  >;
  readonly memory: readonly Result[];
}

const CHUNKS = [8, 32, 128];
/** Enough passes for the greatest chunk. */
const MEASURED = 128;

/** Seconds of each method in turn with pytorch-grad-cam's, and MB. */
export async function benchExplain({ rounds, side, passes }: ExplainBench): Promise<ExplainResult> {
  const peer = await pythonPeer("explain_torch.py", [String(passes), String(side)], peersPython());
  const methods: Record<string, ExplainResult["methods"][string]> = {};
  const ours = oursOf(side, passes);
  for (const [name, run] of Object.entries(ours)) {
    const contenders: Contender[] = [
      { name: `slimlab ${name}`, run: () => timed(run) },
      {
        name: name === "rise" ? "PyTorch, channels_last" : "pytorch-grad-cam, channels_last",
        isPeer: true,
        run: () => peer.ask(name),
      },
    ];
    const results = await contest(contenders, rounds, name === "gradCam" ? 2 : 0);
    methods[name] = { results, ratio: ratioOf(results) };
  }
  await peer.close();
  return {
    methods,
    memory: await contest(
      CHUNKS.map((chunk) => memoryOf(chunk, side)),
      1,
      0,
      megabytes,
    ),
  };
}

/** As text. */
export function formatExplain({ methods, memory }: ExplainResult): string {
  const told = Object.values(methods).map(({ results, ratio }) => `${format(results, seconds)}\nours / peer: ${ratio?.toFixed(3) ?? "none"}`); // prettier-ignore
  return [...told, format(memory, megabytes)].join("\n\n");
}

/** A model and images of noise, which are explained. */
export function explained(
  side: number,
  batch: number,
): { readonly model: Model; readonly images: tf.Tensor4D } {
  const sizes = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ isTraining: false, numClasses: 1000, strides: "torchvision", ...sizes });
  return { model, images: random.uniform<tf.Tensor4D>([batch, side, side, 3], random.seed(1), -100, 100) };
}

function oursOf(side: number, passes: number): Readonly<Record<string, () => Promise<void>>> {
  const { model, images } = explained(side, 8);
  const image = tf.slice(images, [0, 0, 0, 0], [1, -1, -1, -1]);
  const by =
    (method: Method, given = image) =>
    async (): Promise<void> => {
      const heat = await explain(model, given, { method, classIndex: 1 });
      await heat.heatmaps.data();
      tf.dispose(heat);
    };
  return {
    gradCam: by(explainMethods.gradCam, images),
    ablationCam: by(explainMethods.ablationCam),
    rise: by(rise({ masks: Math.max(1, Math.floor((passes * 1000) / 2048)) })),
    scoreCam: by(scoreCam({ channels: passes })),
  };
}

function memoryOf(chunk: number, side: number): Contender {
  const run = async (): Promise<number> => {
    const peer = await startPeer(process.execPath, [join(__dirname, "explainalone.js"), ...[chunk, side, MEASURED].map(String)]); // prettier-ignore
    await peer.ask("scoreCam");
    const peak = peakOf(peer.pid);
    await peer.close();
    return peak;
  };
  return { name: `slimlab scoreCam, chunk ${chunk}`, run };
}

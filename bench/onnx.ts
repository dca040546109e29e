/** Networks as ONNX files: what writing takes, and how fast ONNX Runtime is with ours, with torch's own, beside our TensorFlow. */
import { statSync } from "node:fs";
import path from "node:path";
import { Model, type Architecture, type ModelOptions } from "../src/model";
import { random, trace, type tf } from "../src/tensorflow";
import { peakOf } from "./alone";
import { contest, pythonPeer, startPeer, timed, type Contender, type Peer, type Result } from "./contest";
import { inFolder } from "./folder";
import { peersPython } from "./peers";
import type { StepBench } from "./step";

/** Networks that both have: ours, and torchvision's name. */
const NETWORKS: readonly (readonly [Architecture, string])[] = [
  ["resnet_v1_50", "resnet50"],
  ["mobilenet_v2", "mobilenet_v2"],
  ["efficientnet_b0", "efficientnet_b0"],
  ["convnext_tiny", "convnext_tiny"],
];

/** What one export took. */
export interface OnnxExportRow {
  readonly name: string;
  /** Without the process's start. */
  readonly seconds: number;
  /** By how many MB the process's peak grew. */
  readonly peakMb: number;
  readonly fileMb: number;
}

/** What writing took, and seconds a batch of each contender, the first being ours. */
export interface OnnxResult {
  readonly exports: readonly OnnxExportRow[];
  readonly results: readonly Result[];
}

/** The network of an architecture's name, with ImageNet's classes, in torchvision's form, and torchvision's name of it. */
export function networkOf(
  name: string,
  side: number,
): { readonly options: ModelOptions; readonly theirs: string } {
  const [architecture, theirs] = NETWORKS.find(([ours]) => ours === name) ?? [];
  if (architecture === undefined || theirs === undefined)
    throw new RangeError(`Cannot bench "${name}": expected ${NETWORKS.map(([ours]) => ours).join(", ")}`);
  const sizes = { numClasses: 1000, defaultImageSize: side, fixedResizeSide: side };
  return { options: { architecture, source: "torchvision", ...sizes }, theirs };
}

/** Exports a network by both, then runs batches of it. */
export function benchOnnx(
  { rounds, batch, side }: StepBench,
  architecture = "resnet_v1_50",
): Promise<OnnxResult> {
  return inFolder(async (folder) => {
    const { options, theirs } = networkOf(architecture, side);
    const files = { ours: path.join(folder, "ours.onnx"), theirs: path.join(folder, "theirs.onnx") };
    const script = path.join(__dirname, "onnxalone.js");
    const alone = await startPeer(process.execPath, [script, architecture, String(side), files.ours]);
    const exports = [await exportOnce("slimlab", alone, files.ours)];
    await alone.close();
    const sizes = [String(batch), String(side), theirs, files.ours, files.theirs];
    const peer = await pythonPeer("onnx_torch.py", sizes, peersPython());
    exports.push(await exportOnce("torch", peer, files.theirs));
    const model = new Model(options);
    const images = random.uniform<tf.Tensor4D>([batch, side, side, 3], random.seed(1), -1, 1);
    const logits = trace((given: tf.Tensor4D) => model.predict(given, { isTraining: false }).logits, { name: "logits" }); // prettier-ignore
    const tensorflow = async (): Promise<void> => {
      const given = await logits(images);
      await given.data();
      given.dispose();
    };
    const contenders: Contender[] = [
      { name: "ONNX Runtime, slimlab's file", run: () => peer.ask("ours") },
      { name: "ONNX Runtime, torch's file", isPeer: true, run: () => peer.ask("theirs") },
      { name: "slimlab's TensorFlow", run: () => timed(tensorflow), close: peer.close },
    ];
    return { exports, results: await contest(contenders, rounds, 2) };
  });
}

async function exportOnce(name: string, peer: Peer, file: string): Promise<OnnxExportRow> {
  const before = peakOf(peer.pid);
  const seconds = await peer.ask("export");
  const peakMb = peakOf(peer.pid) - before;
  return { name, seconds, peakMb, fileMb: statSync(file).size / 2 ** 20 };
}

/** What writing took, for people. */
export function formatOnnxExports({ exports }: OnnxResult): string {
  return exports
    .map(
      ({ name, seconds, peakMb, fileMb }) =>
        `${`exported by ${name}`.padEnd(28)}${seconds.toFixed(2).padStart(6)} s, peak + ${peakMb.toFixed(0)} MB, a file of ${fileMb.toFixed(1)} MB`,
    )
    .join("\n");
}

/** ResNet-50 in ONNX Runtime: whole numbers of eight bits as we write them, as its own tool does, and floats. */
import path from "node:path";
import { exportOnnx, representativeDataset } from "../src/deploy";
import { Model } from "../src/model";
import { random, type tf } from "../src/tensorflow";
import { contest, pythonPeer, type Contender, type Result } from "./contest";
import { inFolder } from "./folder";
import { ownPython } from "./peers";
import type { StepBench } from "./step";

/** Seconds a batch of each contender, the first being ours, on two threads. */
export function benchInt8({ rounds, batch, side }: StepBench): Promise<Result[]> {
  return inFolder(async (folder) => {
    const [float, whole] = [path.join(folder, "float.onnx"), path.join(folder, "whole.onnx")];
    const images = path.join(folder, "images.npy");
    const pixels = random.uniform<tf.Tensor4D>([2 * batch, side, side, 3], random.seed(1), 0, 255);
    await representativeDataset(pixels, 2 * batch, { file: images });
    const model = new Model({ numClasses: 1000, defaultImageSize: side, fixedResizeSide: side });
    await exportOnnx(model, float);
    process.stderr.write(`${String(await exportOnnx(model, whole, { int8: { images } }))}\n`);
    const peer = await pythonPeer("int8.py", [float, whole, images, String(batch)], ownPython());
    const contenders: Contender[] = [
      { name: "slimlab's int8", run: () => peer.ask("ours") },
      { name: "quantize_static's int8", isPeer: true, run: () => peer.ask("static") },
      { name: "float32", run: () => peer.ask("float"), close: peer.close },
    ];
    return contest(contenders, rounds, 2);
  });
}

/** Inference of ResNet-50 with ImageNet's classes, batch after batch: ours compiled, PyTorch, ONNX Runtime. */
import { Model } from "../src/model";
import { random, trace, type tf } from "../src/tensorflow";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import { inFolder } from "./folder";
import { peersPython } from "./peers";
import type { StepBench } from "./step";

/** Seconds a batch of each contender, the first being ours. */
export function benchInfer({ rounds, batch, side }: StepBench): Promise<Result[]> {
  return inFolder(async (folder) => {
    const images = random.uniform<tf.Tensor4D>([batch, side, side, 3], random.seed(1), 0, 255);
    const model = new Model({ isTraining: false, numClasses: 1000, defaultImageSize: side, fixedResizeSide: side }); // prettier-ignore
    const logits = trace(
      (batch: tf.Tensor4D) => model.predict(model.preprocess(batch), { isTraining: false }).logits,
      { name: "logits" },
    );
    const ours = async (): Promise<void> => {
      const given = await logits(images);
      await given.data();
      given.dispose();
    };
    const peer = await pythonPeer("infer_torch.py", [String(batch), String(side), folder], peersPython());
    const contenders: Contender[] = [
      { name: "slimlab", run: () => timed(ours) },
      { name: "PyTorch, channels_last", isPeer: true, run: () => peer.ask("torch") },
      { name: "ONNX Runtime, float32", isPeer: true, run: () => peer.ask("onnx"), close: peer.close },
    ];
    return contest(contenders, rounds, 2);
  });
}

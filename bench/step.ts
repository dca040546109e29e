/** One training step of ResNet-50: ours compiled, in bfloat16 too, and eager, tfjs as users write it, Python's, PyTorch's. */
import { Model } from "../src/model";
import { tf } from "../src/tensorflow";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import { peersPython } from "./peers";
import { plainStep } from "./plain";

/** Options of the step bench. */
export interface StepBench {
  readonly rounds: number;
  readonly batch: number;
  readonly side: number;
}

/** Seconds a step of each contender, the first being ours compiled. */
export async function benchStep({ rounds, batch, side }: StepBench): Promise<Result[]> {
  const { images, labels } = trainingBatch({ batch, side });
  const model = (): Model =>
    new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const compiled = createTrainStep(model(), { learningRate: 0.01 });
  const reduced = createTrainStep(model(), { learningRate: 0.01, precision: "bfloat16" });
  const eager = createTrainStep(model(), { learningRate: 0.01, eager: true });
  const plain = plainStep(2);
  const shape = [batch, side].map(String);
  const python = await pythonPeer("step.py", shape);
  const torch = await pythonPeer("step_torch.py", shape, peersPython());
  const contenders: Contender[] = [
    { name: "slimlab, compiled", run: () => timed(() => compiled(images, labels)) },
    { name: "Python tf.function", isPeer: true, run: () => python.ask("function") },
    { name: "PyTorch, channels_last", isPeer: true, run: () => torch.ask("step"), close: torch.close },
    { name: "slimlab, bfloat16", run: () => timed(() => reduced(images, labels)) },
    { name: "Python tf.function, bfloat16", run: () => python.ask("bfloat16") },
    { name: "slimlab, eager", run: () => timed(() => eager(images, labels)) },
    { name: "Python eager", isPeer: true, run: () => python.ask("eager"), close: python.close },
    { name: "tfjs as written", run: () => timed(async () => tf.tidy(() => plain(images, labels)).data()) },
  ];
  return contest(contenders, rounds, 2);
}

/** Seconds to record the step and take it for the first time, less a step's own. */
export async function benchTrace({ rounds, batch, side }: StepBench): Promise<Result[]> {
  const { images, labels } = trainingBatch({ batch, side });
  const model = new Model({ isTraining: true, numClasses: 2, defaultImageSize: side, fixedResizeSide: side });
  const traceOnce = async (): Promise<number> => {
    const step = createTrainStep(model, { learningRate: 0.01 });
    const first = await timed(() => step(images, labels));
    const second = await timed(() => step(images, labels));
    step.dispose();
    return first - second;
  };
  return contest([{ name: "record and compile the step", run: traceOnce }], rounds, 0);
}

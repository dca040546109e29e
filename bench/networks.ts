/** One training step of any network that keras.applications has too: ours compiled, and Python's of Keras' own. */
import { Model } from "../src/model";
import { expectArchitecture } from "../src/model/networks";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import type { StepBench } from "./step";

/** What keras.applications calls a network. */
const PEERS: Readonly<Record<string, string>> = {
  resnet_v1_50: "ResNet50",
  resnet_v1_101: "ResNet101",
  resnet_v1_152: "ResNet152",
  resnet_v2_50: "ResNet50V2",
  mobilenet_v1: "MobileNet",
  mobilenet_v2: "MobileNetV2",
  mobilenet_v3_large: "MobileNetV3Large",
  mobilenet_v3_small: "MobileNetV3Small",
  vgg_16: "VGG16",
  vgg_19: "VGG19",
  inception_v3: "InceptionV3",
  inception_resnet_v2: "InceptionResNetV2",
  efficientnet_b0: "EfficientNetB0",
  efficientnet_b1: "EfficientNetB1",
  efficientnet_b2: "EfficientNetB2",
  efficientnet_b3: "EfficientNetB3",
  convnext_tiny: "ConvNeXtTiny",
};

/**
 * Seconds a step of each contender, the first being ours.
 * @throws {RangeError} if there is no such network, or Keras has it not
 */
export async function benchNetwork(
  architecture: string,
  { rounds, batch, side }: StepBench,
): Promise<Result[]> {
  const peer = PEERS[architecture];
  if (peer === undefined)
    throw new RangeError(
      `Cannot bench "${architecture}": expected a network of Keras, ${Object.keys(PEERS).join(", ")}`,
    );
  const form = { architecture: expectArchitecture(architecture), source: "keras" } as const;
  const sides = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ isTraining: true, numClasses: 2, ...form, ...sides });
  const step = createTrainStep(model, { learningRate: 0.01 });
  const { images, labels } = trainingBatch({ batch, side });
  const python = await pythonPeer("networks.py", [peer, batch, side].map(String));
  const contenders: Contender[] = [
    { name: "slimlab, compiled", run: () => timed(() => step(images, labels)) },
    { name: "Python tf.function, Keras", isPeer: true, run: () => python.ask("keras") },
    {
      name: "Python tf.function, fused batch norm",
      isPeer: true,
      run: () => python.ask("fused"),
      close: python.close,
    },
  ];
  return contest(contenders, rounds, 2);
}

/** One training step of any network: ours compiled, and Python's of the same, plainly written and Keras' own where Keras has it. */
import { Model } from "../src/model";
import { expectArchitecture, specOf } from "../src/model/networks";
import { sourcesOf } from "../src/model/networks/network";
import { createTrainStep } from "../src/training";
import { trainingBatch } from "./batch";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import { programOf } from "./program";
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
 * Seconds a step of each contender, the first being ours: in Keras' form where Keras has the network, else in its first source's.
 * @throws {RangeError} if there is no such network
 */
export async function benchNetwork(name: string, { rounds, batch, side }: StepBench): Promise<Result[]> {
  const architecture = expectArchitecture(name);
  const spec = specOf(architecture);
  const source = sourcesOf(spec).find((one) => one === "keras") ?? sourcesOf(spec)[0] ?? "slim";
  const sides = { defaultImageSize: side, fixedResizeSide: side };
  const model = new Model({ isTraining: true, numClasses: 2, architecture, source, ...sides });
  const step = createTrainStep(model, { learningRate: 0.01 });
  const { images, labels } = trainingBatch({ batch, side });
  const plain = await pythonPeer("networks_plain.py", [batch, side].map(String));
  await plain.ask(JSON.stringify(programFor(model)));
  const contenders: Contender[] = [
    { name: "slimlab, compiled", run: () => timed(() => step(images, labels)) },
    { name: "Python tf.function", isPeer: true, run: () => plain.ask("step"), close: plain.close },
  ];
  const peer = PEERS[architecture];
  return contest([...contenders, ...(peer === undefined ? [] : await kerasOf(peer, batch, side))], rounds, 2);
}

/** What networks_plain.py builds a model's network and its head of. */
function programFor({ options, declaration, variables }: Model): object {
  const { architecture, defaultImageSize: side, batchNormDecay, batchNormEpsilon, weightDecay } = options;
  const trained = variables.all().filter(({ trainable }) => trainable);
  return {
    steps: programOf(specOf(architecture).build(options), [1, side, side, 3]),
    features: declaration.output[3],
    parameters: trained.reduce((sum, { variable }) => sum + variable.size, 0),
    ...{ batchNormDecay, batchNormEpsilon, weightDecay },
  };
}

/** Steps of Keras' own network. */
async function kerasOf(peer: string, batch: number, side: number): Promise<readonly Contender[]> {
  const python = await pythonPeer("networks.py", [peer, batch, side].map(String));
  const name = "Python tf.function, Keras";
  return [
    { name, isPeer: true, run: () => python.ask("keras") },
    {
      name: `${name} with fused batch norm`,
      isPeer: true,
      run: () => python.ask("fused"),
      close: python.close,
    },
  ];
}

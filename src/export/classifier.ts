/** The signatures of a classifier. */
import { dctMethodOf } from "../input/cut";
import type { Model } from "../model";
import {
  broadcastTo,
  constant,
  dataType,
  pickStrings,
  trace,
  type DctMethod,
  type Precision,
  type tf,
} from "../tensorflow";
import { frozenSignature } from "./frozen";
import {
  createPredictInputFn,
  defaultReceiver,
  receivingSignature,
  type InputReceiver,
  type MakeReceiver,
} from "./receiver";
import { expectLabels } from "./labels";
import { recordSignature, type RecordedSignature } from "./signatures";

/** Options of recordClassifier(). */
export interface ClassifierOptions {
  /** Names of the classes, in their order. @default "0", "1", … in the signature "classify", and none elsewhere */
  readonly labels?: readonly string[];
  /** What the signature "predict" receives. @default createPredictInputFn(): serialized tf.Example messages */
  readonly receiver?: MakeReceiver;
  /**
   * "bfloat16": convolutions and the activations between them are computed in bfloat16 wherever it is served; see trace().
   * @default "float32"
   */
  readonly precision?: Exclude<Precision, "auto">;
  /**
   * Whether it is one graph of plain operations, for converters to other formats as TFLite's: without variables, batch normalizations
   * folded into convolutions, all sizes fixed but the batch's, which is 1 or more; float32. It takes what a receiver of "images" or "preprocessed" gives, of its side. It has the signature
   * serving_default alone, as TFLite's converter wants representative images by signature where there are several.
   * @default false
   */
  readonly frozen?: boolean;
}

/** What holds memory of TensorFlow's. */
interface Disposable {
  dispose(): void;
}

/** What a model says of images. */
type Forward = (images: tf.Tensor4D) => Readonly<Record<string, tf.Tensor>>;

/** What an exported classifier consists of. */
export interface RecordedClassifier {
  readonly signatures: RecordedSignature[];
  /** How photos' JPEGs are decoded for it. */
  readonly dctMethod: DctMethod;
  dispose(): void;
}

/**
 * A model's signatures, all from one recording of it: `predict` (also as `serving_default`) gives the postprocessed logits,
 * probabilities and classes, and with labels those of the classes. A model that receives strings has `classify` too, which takes
 * serialized tf.Example messages and gives each class's label and score; one of numbers goes without, as converters to other
 * formats translate all signatures, and have no operations for Examples.
 * @throws {RangeError} if there are not as many labels as classes
 */
export function recordClassifier(model: Model, options: ClassifierOptions = {}): RecordedClassifier {
  const { labels, precision = "float32", frozen = false } = options;
  const { numClasses, fixedResizeSide } = model.options;
  expectLabels("export model", labels, numClasses);
  const receiver = (options.receiver ?? defaultReceiver)(model.options);
  const dctMethod = dctMethodOf(receiver.interpolation ?? "slim");
  if (frozen) return { ...recordFrozen(model, receiver, options), dctMethod };
  const network = trace(
    (images: tf.Tensor4D) => model.postprocess(model.predict(images, { isTraining: false })),
    { name: "network", batch: "any", precision },
  );
  const ofPhotos: Forward = (images) => network.sync(model.preprocess(images));
  const ofRequest: Forward = receiver.isPreprocessed === true ? (images) => network.sync(images) : ofPhotos;
  const owned: Disposable[] = [network, receiver];
  const own = <T extends Disposable>(one: T): T => {
    owned.unshift(one);
    return one;
  };
  const dispose = (): void => {
    for (const one of owned) one.dispose();
  };
  try {
    const predict = own(receivingSignature(receiver, (images) => withLabels(ofRequest(images), labels)));
    const signatures = [own(recordSignature("predict", { ...predict, aliases: ["serving_default"] }))];
    if (dataType(receiver.example) !== "string") return { signatures, dctMethod, dispose };
    const names = labels ?? Array.from({ length: numClasses }, (_, i) => String(i));
    const examples = own(examplesReceiver(receiver, fixedResizeSide));
    const classify = own(receivingSignature(examples, (images) => scoresOf(ofPhotos(images), names)));
    signatures.push(own(recordSignature("classify", { ...classify, method: "classify" })));
    return { signatures, dctMethod, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The one signature of a model as one graph. */
function recordFrozen(
  model: Model,
  receiver: InputReceiver,
  { labels, precision = "float32" }: ClassifierOptions,
): Omit<RecordedClassifier, "dctMethod"> {
  const owned: Disposable[] = [receiver];
  const dispose = (): void => {
    for (const one of owned) one.dispose();
  };
  try {
    if (precision !== "float32")
      throw new RangeError(`Cannot export frozen model: expected precision "float32", got "${precision}"`);
    const toOutputs = (logits: tf.Tensor2D): ReturnType<Forward> => withLabels(model.postprocess({ logits }), labels); // prettier-ignore
    const signature = frozenSignature(model, receiver, toOutputs);
    owned.unshift(signature);
    const recorded = recordSignature("serving_default", signature);
    owned.unshift(recorded);
    return { signatures: [recorded], dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Receives Examples as another receiver's photographs are received. */
function examplesReceiver(
  { side, resizeSide, interpolation, centralFraction, decoder }: InputReceiver,
  fixedResizeSide: number,
): InputReceiver {
  const options = { side: side ?? fixedResizeSide, inputName: "inputs" };
  const more = {
    ...(resizeSide !== undefined && { resizeSide }),
    ...(interpolation && { interpolation }),
    ...(centralFraction !== undefined && { centralFraction }),
    ...(decoder && { decoder }),
  };
  return createPredictInputFn({ ...options, ...more })();
}

/** Beside the numbers of classes their labels, if they have some. */
function withLabels(
  outputs: ReturnType<Forward>,
  labels: readonly string[] | undefined,
): ReturnType<Forward> {
  const { classes } = outputs;
  if (labels === undefined || classes === undefined) return outputs;
  return { ...outputs, labels: pickStrings(constant(labels, [labels.length], "string"), classes) };
}

/** @see tensorflow_serving/servables/tensorflow/classifier.cc, which reads the names "inputs", "classes" and "scores" */
function scoresOf({ probabilities }: ReturnType<Forward>, labels: readonly string[]): ReturnType<Forward> {
  if (probabilities === undefined) throw new TypeError("Cannot classify: expected probabilities, got none");
  const classes = broadcastTo(constant(labels, [labels.length], "string"), probabilities.shape);
  return { classes, scores: probabilities };
}

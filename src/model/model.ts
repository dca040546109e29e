import type { Table } from "../display/table";
import { l2Loss, sparseCrossEntropy, tf } from "../tensorflow";
import { type Architecture, type Strides } from "./blocks";
import { computedLayers, type MovingUpdate, type RunOptions } from "./compute";
import { declareNetwork, type NetworkDeclaration } from "./declare";
import type { Pixels } from "./pixels";
import { preprocessImages } from "./preprocessing";
import { resnet } from "./resnet";
import { summarize, type SummaryOptions } from "./summary";
import { ModelVariables, type VariableDeclaration } from "./variables";

/** Options of Model. */
export interface ModelOptions {
  /** Whether batch normalization uses the batch's moments and photographs are cropped at random. @default false */
  readonly isTraining?: boolean;
  /** 2 or more: the probability of one class alone is always 1. @default 2 */
  readonly numClasses?: number;
  /** Shorter side of a photograph before it is cropped, in pixels. @default 256 */
  readonly fixedResizeSide?: number;
  /** Side of the network's input, in pixels. @default 224 */
  readonly defaultImageSize?: number;
  /**
   * What preprocess() takes: with "0-255" it refuses images that were normalized before; a compiled step, evaluation or function
   * looks at the first batch of each shape. @default "0-255"
   */
  readonly pixels?: Pixels;
  /** @default "resnet_v1_50" */
  readonly architecture?: Architecture;
  /** Where the network strides; the weights decide. @default "slim" */
  readonly strides?: Strides;
  /** Factor of all channel counts: less than 1 for a thin network. @default 1 */
  readonly width?: number;
  /** Pixels of the image to one of the last activation. @default undefined: 32 */
  readonly outputStride?: number | undefined;
  /** Seed of the variables' first values, a whole number. @default 0 */
  readonly seed?: number;
  /** Weight decay of convolutional weights, 0 or more. @default 1e-4 (TF-Slim resnet_arg_scope) */
  readonly weightDecay?: number;
  /** Decay of the moving statistics: 0 … 1, but 1, with which they never move. @default 0.997 (TF-Slim resnet_arg_scope) */
  readonly batchNormDecay?: number;
  /** Added to variances. @default 1e-5 (TF-Slim resnet_arg_scope) */
  readonly batchNormEpsilon?: number;
}

/** Options of predict(). */
export interface PredictOptions extends Pick<RunOptions, "frozen" | "onEndpoint"> {
  /** @default the model's */
  readonly isTraining?: boolean;
}

/** What predict() gives. */
export type Predictions = {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Activations by TF-Slim's names, in order of computation. */
  readonly endpoints: Readonly<Record<string, tf.Tensor>>;
  /** New moving statistics, TF-Slim's UPDATE_OPS as values; none in inference. */
  readonly updates: MovingUpdate[];
};

/** What postprocess() gives. */
export type Postprocessed = {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** float32 [batch, classes], each row sums to 1 */
  readonly probabilities: tf.Tensor2D;
  /** int32 [batch], the likeliest class */
  readonly classes: tf.Tensor1D;
};

/** What loss() gives, as float32 scalars. */
export type Losses = {
  /** crossEntropy + regularization */
  readonly loss: tf.Scalar;
  /** Mean over the batch. */
  readonly crossEntropy: tf.Scalar;
  /** Sum of weightDecay * sum(w²)/2 over the regularized weights, frozen ones too. */
  readonly regularization: tf.Scalar;
};

const HEAD = "Predict/logits";

/**
 * A classifier: a ResNet without its logits, and a new fully connected layer "Predict/logits" in their place.
 *
 * Its variables exist from the start, so that a checkpoint can be loaded before the first prediction. Each step can be called by
 * itself in a cell or inside trace(); all tensors that come out belong to the caller.
 * @example
 * const model = new Model({ numClasses: 2 });
 * const predictions = model.predict(model.preprocess(images));
 * model.postprocess(predictions).classes.print();
 */
export class Model {
  readonly options: Required<Omit<ModelOptions, "outputStride">> & Pick<ModelOptions, "outputStride">;
  readonly variables: ModelVariables;
  /** Variables, endpoints and shapes, for an input of defaultImageSize. */
  readonly declaration: NetworkDeclaration;
  private readonly network: ReturnType<typeof resnet>;

  /** @throws {RangeError} if an option is out of range */
  constructor(options: ModelOptions = {}) {
    const { isTraining = false, numClasses = 2, fixedResizeSide = 256, defaultImageSize = 224 } = options;
    const { architecture = "resnet_v1_50", strides = "slim", width = 1, outputStride } = options;
    const { seed = 0, weightDecay = 1e-4, batchNormDecay = 0.997, batchNormEpsilon = 1e-5 } = options;
    const { pixels = "0-255" } = options;
    const images = { isTraining, numClasses, fixedResizeSide, defaultImageSize, pixels };
    const form = { architecture, strides, width, outputStride };
    this.options = { ...images, ...form, seed, weightDecay, batchNormDecay, batchNormEpsilon };
    expectOptions(this.options);
    this.network = resnet(architecture, form);
    this.declaration = declareNetwork(this.network, [1, defaultImageSize, defaultImageSize, 3]);
    this.variables = new ModelVariables({ seed, weightDecay });
    const features = this.declaration.output[3];
    const declarations = [...this.declaration.variables, ...declareHead(features, numClasses)];
    for (const declared of declarations) this.variables.create(declared);
  }

  /**
   * Photographs as the network wants them.
   * @param images  [batch, height, width, 3], float32 or int32, 0…255
   * @param seed    int32 [2], in training: draws each image's crop and mirroring; without it the crop is central
   * @returns       float32 [batch, defaultImageSize, defaultImageSize, 3], resized in proportion, cropped, VGG means off
   * @throws {TypeError} if the shape is another
   * @throws {RangeError} if the pixels are not in 0…255, unless the option `pixels` takes any
   */
  preprocess(images: tf.Tensor4D, seed?: tf.Tensor): tf.Tensor4D {
    const { isTraining, fixedResizeSide, defaultImageSize, pixels } = this.options;
    const sizes = { resizeSide: fixedResizeSide, imageSize: defaultImageSize, pixels };
    return preprocessImages(images, isTraining ? { ...sizes, seed } : sizes);
  }

  /**
   * Class scores and all activations on the way.
   * @param preprocessed  float32 [batch, height, width, 3]
   * @throws {TypeError} if the shape or the type is another
   */
  predict(preprocessed: tf.Tensor4D, options: PredictOptions = {}): Predictions {
    const { shape } = preprocessed;
    if (shape.length !== 4 || shape[3] !== 3) {
      throw new TypeError(`Cannot predict: expected [batch, height, width, 3], got [${shape.join(", ")}]`);
    }
    if (preprocessed.dtype !== "float32")
      throw new TypeError(
        `Cannot predict: expected float32 images, as preprocess() gives them, got ${preprocessed.dtype}`,
      );
    const { isTraining, batchNormDecay, batchNormEpsilon } = this.options;
    const run = { isTraining, batchNormDecay, batchNormEpsilon, ...options };
    const layers = computedLayers(this.variables, run);
    const { endpoints, updates } = layers;
    const logits: tf.Tensor2D[] = [];
    tf.tidy(() => {
      const net = this.network(layers, preprocessed); // [b, 1, 1, features]
      const features = net.as2D(shape[0], net.shape[3]);
      const weights = this.variables.expect(`${HEAD}/weights`);
      const scores = features
        .matMul<tf.Tensor2D>(weights)
        .add<tf.Tensor2D>(this.variables.expect(`${HEAD}/biases`));
      logits.push(scores);
      return [scores, ...Object.values(endpoints), ...updates.map(({ value }) => value)];
    });
    const [scores] = logits;
    if (scores === undefined) throw new TypeError("Cannot predict: expected logits, got none");
    return { logits: scores, endpoints, updates };
  }

  /** Scores as probabilities and classes. The logits are a clone: dispose of both. */
  postprocess({ logits }: Pick<Predictions, "logits">): Postprocessed {
    return {
      logits: logits.clone(),
      probabilities: tf.softmax(logits),
      classes: tf.argMax<tf.Tensor1D>(logits, 1),
    };
  }

  /**
   * Sparse softmax cross-entropy, and TF-Slim's weight decay.
   * @param labels  int32 [batch], each 0 … numClasses - 1
   * @throws {TypeError} if labels and logits do not fit
   * @throws {TensorFlowError} INVALID_ARGUMENT on the CPU, if a label is out of range; a GPU gives NaN
   */
  loss({ logits }: Pick<Predictions, "logits">, labels: tf.Tensor1D): Losses {
    expectLabels(logits, labels);
    const crossEntropy = sparseCrossEntropy(logits, labels);
    const regularization = this.regularization();
    return { loss: crossEntropy.add(regularization), crossEntropy, regularization };
  }

  /**
   * The share of a batch that is classified rightly.
   * @param labels  int32 [batch]
   * @returns       float32 scalar, 0…1
   */
  accuracy({ classes }: Pick<Postprocessed, "classes">, labels: tf.Tensor1D): tf.Scalar {
    return tf.tidy(() => classes.equal(labels).toFloat().mean<tf.Scalar>());
  }

  /** The network's parts with their output shapes and parameters, as a table. */
  summary(options: SummaryOptions = {}): Table {
    const { architecture, numClasses } = this.options;
    return summarize(this.declaration, this.variables, { head: HEAD, architecture, numClasses, ...options });
  }

  /** Frees the variables. */
  dispose(): void {
    this.variables.dispose();
  }

  private regularization(): tf.Scalar {
    const { weightDecay } = this.options;
    const regularized = this.variables.all().filter((variable) => variable.weightDecay > 0);
    if (regularized.length === 0) return tf.scalar(0);
    return tf.tidy(() =>
      tf.addN<tf.Scalar>(regularized.map(({ variable }) => l2Loss(variable))).mul(weightDecay),
    );
  }
}

function declareHead(features: number, classes: number): readonly VariableDeclaration[] {
  const common = { trainable: true, regularized: false };
  return [
    { name: `${HEAD}/weights`, shape: [features, classes], initializer: "xavierUniform", ...common },
    { name: `${HEAD}/biases`, shape: [classes], initializer: "zeros", ...common },
  ];
}

function expectOptions(options: Model["options"]): void {
  const { numClasses, fixedResizeSide, defaultImageSize, seed, ...rates } = options;
  const { weightDecay, batchNormDecay, batchNormEpsilon } = rates;
  const expect = (key: keyof ModelOptions, expected: string, isRight: boolean): void => {
    if (isRight) return;
    throw new RangeError(`Cannot create model: expected ${key} to be ${expected}, got ${options[key]}`);
  };
  const one = numClasses === 1 ? " (the probability of one class alone is always 1)" : "";
  expect("numClasses", `a whole number > 1${one}`, Number.isInteger(numClasses) && numClasses > 1);
  for (const [key, side] of [
    ["fixedResizeSide", fixedResizeSide],
    ["defaultImageSize", defaultImageSize],
  ] as const)
    // prettier-ignore
    expect(key, "a whole number > 0", Number.isInteger(side) && side > 0);
  expect("pixels", '"0-255" or "any"', ["0-255", "any"].includes(options.pixels));
  expect("seed", "a whole number", Number.isSafeInteger(seed));
  expect("weightDecay", "0 or more", weightDecay >= 0 && weightDecay < Infinity);
  expect("batchNormDecay", "in 0 … 1, but not 1", batchNormDecay >= 0 && batchNormDecay < 1);
  expect("batchNormEpsilon", "0 or more", batchNormEpsilon >= 0 && batchNormEpsilon < Infinity);
}

function expectLabels(logits: tf.Tensor2D, labels: tf.Tensor1D): void {
  const [batch] = logits.shape;
  if (labels.dtype === "int32" && labels.shape.length === 1 && labels.shape[0] === batch) return;
  throw new TypeError(
    `Cannot compute loss: expected labels int32 [${batch}], got ${labels.dtype} [${labels.shape.join(", ")}]`,
  );
}

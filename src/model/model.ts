import { bundleOf, displayable } from "../display/bundle";
import type { Table } from "../display/table";
import { tf } from "../tensorflow";
import { computedLayers, type ComputedLayers } from "./compute";
import type { MovingUpdate, RunOptions } from "./runoptions";
import type { NetworkDeclaration } from "./declare";
import { declareOn, expectSides, type NamedNetwork } from "./imagesides";
import { AUX_LOGITS } from "./layers";
import { labelClasses, labelRows, type ClassLabels } from "./losses";
import { lossesOf, type Losses } from "./modellosses";
import { fieldOfView, type FieldOfView } from "./fieldofview";
import { resolveOptions, type ModelOptions, type ResolvedOptions } from "./options";
import { cutAt, deepestCut, PartLayers, type Cut, type Network } from "./part";
import { preprocessImages, type PhotoSize } from "./preprocessing";
import { specOf } from "./networks";
import { summarize, type SummaryOptions } from "./summary";
import { ModelVariables, type VariableDeclaration } from "./variables";

/** Options of predict(). */
export interface PredictOptions extends Pick<
  RunOptions,
  "frozen" | "onEndpoint" | "keepEndpoint" | "rectify" | "onBiased" | "seed"
> {
  /** @default the model's */
  readonly isTraining?: boolean;
  /**
   * Where the network begins: what is given is the activation of this endpoint, and the layers before it are not run.
   * @default with the images
   */
  readonly from?: string;
}

/** What predict() gives. */
export type Predictions = {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Activations by TF-Slim's names, in order of computation: all, or those to be kept. */
  readonly endpoints: Readonly<Record<string, tf.Tensor>>;
  /** New moving statistics, TF-Slim's UPDATE_OPS as values; none in inference. */
  readonly updates: MovingUpdate[];
  /** float32 [batch, classes] of the auxiliary classifier, in training; @default absent: there is none */
  readonly auxLogits?: tf.Tensor2D;
};

/** What postprocess() gives. */
export type Postprocessed = {
  /** float32 [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** float32 [batch, classes], each row sums to 1; of a multiLabel model each is its class's own */
  readonly probabilities: tf.Tensor2D;
  /** int32 [batch], the likeliest class; predictedClasses() tells all that are above a threshold */
  readonly classes: tf.Tensor1D;
};

const HEAD = "Predict/logits";

/**
 * A classifier: a network, such as a ResNet, without its logits, and a new fully connected layer "Predict/logits" in their place.
 *
 * Its variables exist from the start, so that a checkpoint can be loaded before the first prediction. Each step can be called by
 * itself in a cell or inside trace(); all tensors that come out belong to the caller.
 * @example
 * const model = new Model({ numClasses: 2 });
 * const predictions = model.predict(model.preprocess(images));
 * model.postprocess(predictions).classes.print();
 */
export class Model {
  readonly options: ResolvedOptions;
  readonly variables: ModelVariables;
  /** Variables, endpoints and shapes, for an input of defaultImageSize. */
  readonly declaration: NetworkDeclaration;
  private readonly network: Network;

  /** @throws {RangeError} if an option is out of range, or the network takes larger images alone, naming the least side */
  constructor(options: ModelOptions = {}) {
    this.options = resolveOptions(options);
    const { architecture, numClasses, defaultImageSize, seed, weightDecay, createAuxLogits } = this.options;
    const auxClasses = createAuxLogits ? numClasses : undefined;
    this.network = specOf(architecture).build({ ...this.options, auxClasses });
    this.declaration = declareOn(this.network, defaultImageSize, this.options);
    this.variables = new ModelVariables({ seed, weightDecay });
    const features = this.declaration.output[3];
    const declarations = [...this.declaration.variables, ...declareHead(features, numClasses)];
    for (const declared of declarations) this.variables.create(declared);
    displayable(this, () => bundleOf(this.summary())); // in a cell, in place of hundreds of variables by name
  }

  /**
   * Photographs as the network wants them.
   * @param images  [batch, height, width, 3], float32 or int32, 0…255
   * @param seed    int32 [2], in training: draws each image's crop and mirroring; without it the crop is central
   * @returns       float32 [batch, defaultImageSize, defaultImageSize, 3], resized, cropped, normalized as the network expects it
   * @throws {TypeError} if the shape is another
   * @throws {RangeError} if the pixels are not in 0…255, unless the option `pixels` takes any
   */
  preprocess(images: tf.Tensor4D, seed?: tf.Tensor): tf.Tensor4D {
    const { isTraining, pixels, preprocessing } = this.options;
    const { size: imageSize, ...photo } = this.photoSize;
    return preprocessImages(images, { ...photo, imageSize, pixels, preprocessing, ...(isTraining && { seed }) }); // prettier-ignore
  }

  /**
   * How a photo of any size gets to the network in evaluation: preprocessForEval()'s options.
   * @example
   * createInputFn({ …, transform: (image) => preprocessForEval(image, model.photoSize) });
   */
  get photoSize(): PhotoSize {
    const { centralFraction, interpolation, fixedResizeSide: resizeSide, ...others } = this.options;
    const photo = { resizeSide, size: others.defaultImageSize, interpolation };
    return centralFraction === undefined ? photo : { ...photo, centralFraction };
  }

  /**
   * Class scores and all activations on the way.
   * @param preprocessed  float32 [batch, height, width, 3]; with `from`, that endpoint's activation
   * @throws {TypeError} if the shape or the type is another
   * @throws {RangeError} if the images are too small for the network, naming the least side
   * @throws {RangeError} if the network can't begin at the endpoint; see cutAt()
   */
  predict(preprocessed: tf.Tensor4D, options: PredictOptions = {}): Predictions {
    const { from, ...run } = options;
    this.expectInput(preprocessed, from);
    if (from !== undefined && (run.isTraining ?? this.options.isTraining)) this.expectWhole(from);
    const layers = this.layers(run);
    const { endpoints, updates } = layers;
    const scores: { logits: tf.Tensor2D; auxLogits?: tf.Tensor2D }[] = [];
    tf.tidy(() => {
      const net =
        from === undefined ? this.network(layers, preprocessed) : this.runFrom(layers, from, preprocessed); // [b, 1, 1, features]
      const weights = this.variables.expect(`${HEAD}/weights`);
      const sums = flat(net).matMul<tf.Tensor2D>(weights);
      const logits = sums.add<tf.Tensor2D>(this.variables.expect(`${HEAD}/biases`));
      const aux = layers.latest(AUX_LOGITS);
      const found = { logits, ...(aux !== undefined && layers.isTraining && { auxLogits: flat(aux) }) };
      scores.push(found);
      return [...Object.values(found), ...Object.values(endpoints), ...updates.map(({ value }) => value)];
    });
    const [found] = scores;
    if (found === undefined) throw new TypeError("Cannot predict: expected logits, got none");
    return { ...found, endpoints, updates };
  }

  /**
   * The activation of an endpoint alone: the layers after it are not run.
   * @param preprocessed  float32 [batch, height, width, 3]
   * @param endpoint      one that cutAt() gives
   * @returns             what predict() goes on with, given the endpoint as `from`; the caller disposes
   * @throws {RangeError} if the network can't be cut there
   */
  activation(
    preprocessed: tf.Tensor4D,
    endpoint: string,
    options: Omit<PredictOptions, "from" | "keepEndpoint"> = {},
  ): tf.Tensor4D {
    this.expectInput(preprocessed, undefined);
    this.cutAt(endpoint);
    return tf.tidy(() => {
      const to = { endpoint, shapeOf: ({ shape }: tf.Tensor4D) => shape };
      const part = new PartLayers<tf.Tensor4D>(this.layers({ ...options, keepEndpoint: () => false }), {
        to,
      });
      this.network(part, { value: preprocessed });
      if (part.reached !== undefined) return part.reached;
      throw new TypeError(`Cannot compute "${endpoint}": expected the network to come by, got its end`);
    });
  }

  /**
   * A place where the network can be cut in two: an endpoint from which alone all later layers take, such as "global_pool", the
   * mean over all pixels that the last layer is given.
   * @throws {RangeError} that names the nearest endpoints if there is none of the name, or says that it is none to cut at
   */
  cutAt(endpoint: string): Cut {
    return cutAt(this.network, this.declaration, endpoint);
  }

  /**
   * Which pixels the cells of an endpoint look at, for preprocessed images.
   * @param size  of the images. @default defaultImageSize
   * @throws {RangeError} that names the nearest endpoints if there is none of the name, or the least side if the size is less
   */
  fieldOfView(endpoint: string, size?: readonly [height: number, width: number]): FieldOfView {
    const { defaultImageSize: side } = this.options;
    if (size !== undefined) expectSides("tell fields of view", this.named, size);
    return fieldOfView(this.network, size ?? [side, side], endpoint);
  }

  /** The last place to cut the network of which a test holds; undefined if there is none. */
  deepestCut(test: (cut: Cut) => boolean): Cut | undefined {
    return deepestCut(this.network, this.declaration, test);
  }

  /** Scores as probabilities and classes. The logits are a clone: dispose of both. */
  postprocess({ logits }: Pick<Predictions, "logits">): Postprocessed {
    return {
      logits: logits.clone(),
      probabilities: this.options.multiLabel ? tf.sigmoid(logits) : tf.softmax(logits),
      classes: tf.argMax<tf.Tensor1D>(logits, 1),
    };
  }

  /**
   * Softmax cross-entropy, or of a multiLabel model sigmoid cross-entropy, by the model's labelSmoothing, classWeights and focalGamma, and TF-Slim's weight decay.
   * @param labels  int32 [batch], each 0 … numClasses - 1; or float32 [batch, classes], how much of each class is in each image
   * @throws {TypeError} if labels and logits do not fit
   * @throws {TensorFlowError} INVALID_ARGUMENT on the CPU, if a label is out of range; a GPU gives NaN
   */
  loss(predictions: Pick<Predictions, "logits" | "auxLogits">, labels: ClassLabels): Losses {
    return lossesOf(predictions, labels, this.options, this.variables);
  }

  /**
   * The share of a batch that is classified rightly; of a multiLabel model, of all images and classes, which needs probabilities.
   * @param labels  int32 [batch]; of float32 [batch, classes] the class of which there is most is the right one
   * @returns       float32 scalar, 0…1
   */
  accuracy(
    {
      classes,
      probabilities,
    }: Pick<Postprocessed, "classes"> & Partial<Pick<Postprocessed, "probabilities">>,
    labels: ClassLabels,
  ): tf.Scalar {
    if (!this.options.multiLabel)
      return tf.tidy(() => classes.equal(labelClasses(labels)).toFloat().mean<tf.Scalar>());
    if (probabilities === undefined)
      throw new TypeError("Cannot compute accuracy: expected probabilities of a multiLabel model, got none");
    return tf.tidy(() => {
      const isRight = probabilities
        .greater(0.5)
        .equal(labelRows(labels, probabilities.shape[1]).greater(0.5));
      return isRight.logicalAnd(probabilities.isNaN().logicalNot()).toFloat().mean<tf.Scalar>();
    });
  }

  /** The network's parts with their output shapes and parameters, as a table. */
  summary(options: SummaryOptions = {}): Table {
    const { architecture, numClasses } = this.options;
    return summarize(this.declaration, this.variables, { head: HEAD, architecture, numClasses, ...options });
  }

  /** Frees the variables, whose memory the system gets back in the next turn. */
  dispose(): void {
    this.variables.dispose();
  }

  private get named(): NamedNetwork {
    const { network, declaration, options } = this;
    return { network, declaration, options };
  }

  private layers(options: Omit<PredictOptions, "from">): ComputedLayers {
    const { isTraining, batchNormDecay, batchNormEpsilon } = this.options;
    return computedLayers(this.variables, { isTraining, batchNormDecay, batchNormEpsilon, ...options });
  }

  private runFrom(layers: ComputedLayers, endpoint: string, value: tf.Tensor4D): tf.Tensor4D {
    const part = new PartLayers<tf.Tensor4D>(layers, { from: { endpoint, value } });
    const net = this.network(part, { shape: this.declaration.input });
    if ("value" in net) return net.value;
    throw new TypeError(`Cannot predict from "${endpoint}": expected the network to come by, got its end`);
  }

  /** That a training which begins at an endpoint has all of its loss. */
  private expectWhole(from: string): void {
    if (!this.cutAt(from).hasAux) return;
    throw new RangeError(
      `Cannot predict from "${from}" in training: expected no auxiliary classifier before it, whose logits would be left out, got one; begin earlier, or create the model without createAuxLogits`,
    );
  }

  private expectInput({ shape, dtype }: tf.Tensor, from: string | undefined): void {
    const [, height = 0, width = 0] = shape;
    const { defaultImageSize: side } = this.options;
    const channels = from === undefined ? 3 : this.cutAt(from).shape[3];
    const what = from === undefined ? "" : ` of "${from}"`;
    if (shape.length !== 4 || shape[3] !== channels)
      throw new TypeError(
        `Cannot predict: expected [batch, height, width, ${channels}]${what}, got [${shape.join(", ")}]`,
      );
    const isSmaller = from === undefined && Math.min(height, width) < side;
    if (isSmaller) expectSides("predict", this.named, [height, width]);
    if (dtype === "float32") return;
    const expected = from === undefined ? "images, as preprocess() gives them" : `activations${what}`;
    throw new TypeError(`Cannot predict: expected float32 ${expected}, got ${dtype}`);
  }
}

/** A network's result without its sides, which are 1. */
function flat(net: tf.Tensor4D): tf.Tensor2D {
  return net.as2D(net.shape[0], net.shape[3]);
}

function declareHead(features: number, classes: number): readonly VariableDeclaration[] {
  const common = { trainable: true, regularized: false };
  return [
    { name: `${HEAD}/weights`, shape: [features, classes], initializer: "xavierUniform", ...common },
    { name: `${HEAD}/biases`, shape: [classes], initializer: "zeros", ...common },
  ];
}

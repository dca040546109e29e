/** A network's variables and endpoints, without computing anything. */
import {
  layerNames,
  type BatchNormLayer,
  type ConvolutionLayer,
  type DepthwiseLayer,
  type Layers,
  type PoolLayer,
  type WindowLayer,
} from "./layers";
import type { VariableDeclaration } from "./variables";
import { kernelSides, WindowError, windowSides, type Window } from "./window";

/** [batch, height, width, channels]. */
export type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

/** An endpoint before it is computed. */
export interface EndpointDeclaration {
  readonly name: string;
  readonly shape: ImageShape;
}

/** What a network consists of. */
export interface NetworkDeclaration {
  /** The images' shape. */
  readonly input: ImageShape;
  /** The result's shape. */
  readonly output: ImageShape;
  /** In TF-Slim's order. */
  readonly endpoints: readonly EndpointDeclaration[];
  /** In TF-Slim's order of creation. */
  readonly variables: readonly VariableDeclaration[];
  /** How many endpoints come before each variable, by its name. */
  readonly places: ReadonlyMap<string, number>;
}

/**
 * Walks through a network with shapes in place of tensors.
 * @param network  builds the network out of layers
 * @param input    the images' shape
 * @throws {RangeError} if the images are smaller than a layer's window
 */
export function declareNetwork(
  network: (layers: Layers<ImageShape>, images: ImageShape) => ImageShape,
  input: ImageShape,
): NetworkDeclaration {
  const layers = new DeclaredLayers();
  const output = network(layers, input);
  const { endpoints, variables, places } = layers;
  return { input, output, endpoints, variables, places };
}

/** Layers on shapes, which note what they meet. */
export class DeclaredLayers implements Layers<ImageShape> {
  readonly endpoints: EndpointDeclaration[] = [];
  readonly variables: VariableDeclaration[] = [];
  readonly places = new Map<string, number>();
  /** Whether something is dropped at random in training. */
  isRandom = false;

  channels(x: ImageShape): number {
    return x[3];
  }

  sides([, height, width]: ImageShape): readonly [height: number, width: number] {
    return [height, width];
  }

  convolution(x: ImageShape, layer: ConvolutionLayer): ImageShape {
    const { scope, depth, initializer = "scaledNormal", regularized = true } = layer;
    const shape = [...(layer.isDense === true ? [] : kernelSides(layer)), x[3], depth];
    const name = layerNames.weights(scope, layer.weights);
    this.declare(name, shape, { initializer, regularized });
    return this.finish(slide(x, layer, depth), layer, layer.regularizedBiases);
  }

  depthwise(x: ImageShape, layer: DepthwiseLayer): ImageShape {
    const { scope, multiplier = 1, regularized = false } = layer;
    const { initializer = { truncatedNormal: 0.09 } } = layer;
    const shape = [...kernelSides(layer), x[3], multiplier];
    this.declare(layerNames.depthwiseWeights(scope), shape, { initializer, regularized });
    return this.finish(slide(x, layer, x[3] * multiplier), layer);
  }

  batchNorm(x: ImageShape, scope: string, { isScaled = true }: BatchNormLayer = {}): ImageShape {
    const [, , , channels] = x;
    if (isScaled) this.declare(layerNames.gamma(scope), [channels], { initializer: "ones" });
    this.declare(layerNames.beta(scope), [channels], { initializer: "zeros" });
    this.declare(layerNames.movingMean(scope), [channels], { initializer: "zeros", trainable: false });
    this.declare(layerNames.movingVariance(scope), [channels], { initializer: "ones", trainable: false });
    return x;
  }

  layerNorm(x: ImageShape, scope: string): ImageShape {
    this.declare(layerNames.gamma(scope), [x[3]], { initializer: "ones" });
    this.declare(layerNames.beta(scope), [x[3]], { initializer: "zeros" });
    return x;
  }

  channelScale(x: ImageShape, scope: string, { initial }: { readonly initial: number }): ImageShape {
    this.declare(layerNames.gamma(scope), [x[3]], { initializer: { constant: initial } });
    return x;
  }

  activation(x: ImageShape): ImageShape {
    return x;
  }

  pool(x: ImageShape, { kind, size, padding = "same", stride = 1 }: PoolLayer): ImageShape {
    if (kind === "blur") expectMirrored(x);
    return slide(x, { kernel: size, padding, stride }, x[3]);
  }

  subsample([batch, height, width, channels]: ImageShape, factor: number): ImageShape {
    return [batch, Math.ceil(height / factor), Math.ceil(width / factor), channels];
  }

  join(shortcut: ImageShape): ImageShape {
    return shortcut;
  }

  addScaled(x: ImageShape): ImageShape {
    return x;
  }

  gate(x: ImageShape): ImageShape {
    return x;
  }

  concat(parts: readonly ImageShape[]): ImageShape {
    const [[batch, height, width] = [0, 0, 0]] = parts;
    return [batch, height, width, parts.reduce((sum, [, , , channels]) => sum + channels, 0)];
  }

  globalPool(x: ImageShape): ImageShape {
    return [x[0], 1, 1, x[3]];
  }

  adaptivePool(x: ImageShape, size: number): ImageShape {
    return [x[0], size, size, x[3]];
  }

  dropout(x: ImageShape, { keepProb }: { readonly keepProb: number }): ImageShape {
    this.isRandom ||= keepProb < 1;
    return x;
  }

  softmax(x: ImageShape): ImageShape {
    return x;
  }

  unit<T>(work: () => T): T {
    return work();
  }

  endpoint(name: string, shape: ImageShape): ImageShape {
    this.endpoints.push({ name, shape });
    return shape;
  }

  /** What follows a convolution that gives this shape. */
  private finish(shape: ImageShape, layer: WindowLayer, regularized = false): ImageShape {
    const { scope, normalize = true, biases = true, endpoint = scope } = layer;
    const { biasesInitializer: initializer = "zeros" } = layer;
    if (normalize !== false) this.batchNorm(shape, layerNames.norm(scope), { isScaled: normalize === true });
    else if (biases) this.declare(layerNames.biases(scope), [shape[3]], { initializer, regularized });
    return endpoint === null ? shape : this.endpoint(endpoint, shape);
  }

  private declare(
    name: string,
    shape: readonly number[],
    rest: Pick<VariableDeclaration, "initializer"> & Partial<VariableDeclaration>,
  ): void {
    this.variables.push({ name, shape, trainable: true, regularized: false, ...rest });
    this.places.set(name, this.endpoints.length);
  }
}

function slide([batch, height, width]: ImageShape, window: Window, channels: number): ImageShape {
  const [y, x] = windowSides([height, width], window);
  return [batch, y.places, x.places, channels];
}

/** Mirroring at the edges needs a pixel beside the last. */
function expectMirrored([, height, width]: ImageShape): void {
  if (Math.min(height, width) > 1) return;
  throw new WindowError(
    `Cannot build the network: expected an image of which 2 pixels are left where it is blurred, got ${height} x ${width}; take larger images`,
  );
}

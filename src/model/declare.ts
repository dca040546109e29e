/** A network's variables and endpoints, without computing anything. */
import { fixedPadding, layerNames, type ConvolutionLayer, type Layers } from "./layers";
import type { VariableDeclaration } from "./variables";

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
}

/**
 * Walks through a network with shapes in place of tensors.
 * @param network  builds the network out of layers
 * @param input    the images' shape
 */
export function declareNetwork(
  network: (layers: Layers<ImageShape>, images: ImageShape) => ImageShape,
  input: ImageShape,
): NetworkDeclaration {
  const layers = new DeclaredLayers();
  const output = network(layers, input);
  return { input, output, endpoints: layers.endpoints, variables: layers.variables };
}

/** Layers on shapes, which note what they meet. */
export class DeclaredLayers implements Layers<ImageShape> {
  readonly endpoints: EndpointDeclaration[] = [];
  readonly variables: VariableDeclaration[] = [];

  channels(x: ImageShape): number {
    return x[3];
  }

  convolution(x: ImageShape, layer: ConvolutionLayer): ImageShape {
    const { scope, depth, kernel = 1, stride = 1, rate = 1, normalize = true } = layer;
    const [batch, height, width, channels] = x;
    const shape = [kernel, kernel, channels, depth];
    this.declare(layerNames.weights(scope), shape, { initializer: "scaledNormal", regularized: true });
    if (normalize) this.batchNorm([batch, height, width, depth], layerNames.norm(scope));
    else this.declare(layerNames.biases(scope), [depth], { initializer: "zeros" });
    const [before, after] = fixedPadding(kernel, rate);
    const extent = (kernel - 1) * rate + 1;
    const side = (size: number): number => Math.floor((size + before + after - extent) / stride) + 1;
    return this.endpoint(scope, [batch, side(height), side(width), depth]);
  }

  batchNorm(x: ImageShape, scope: string): ImageShape {
    this.declare(layerNames.gamma(scope), [x[3]], { initializer: "ones" });
    this.declare(layerNames.beta(scope), [x[3]], { initializer: "zeros" });
    this.declare(layerNames.movingMean(scope), [x[3]], { initializer: "zeros", trainable: false });
    this.declare(layerNames.movingVariance(scope), [x[3]], { initializer: "ones", trainable: false });
    return x;
  }

  rootPool(x: ImageShape): ImageShape {
    return this.subsample(x, 2); // both paddings give half the size, rounded up
  }

  subsample([batch, height, width, channels]: ImageShape, factor: number): ImageShape {
    return [batch, Math.ceil(height / factor), Math.ceil(width / factor), channels];
  }

  join(shortcut: ImageShape): ImageShape {
    return shortcut;
  }

  globalPool(x: ImageShape): ImageShape {
    return [x[0], 1, 1, x[3]];
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

  private declare(
    name: string,
    shape: readonly number[],
    rest: Pick<VariableDeclaration, "initializer"> & Partial<VariableDeclaration>,
  ): void {
    this.variables.push({ name, shape, trainable: true, regularized: false, ...rest });
  }
}

/** A network as a list of operations for Python, which plays it with TensorFlow's own: the peer that every network has. */
import { DeclaredLayers, type ImageShape } from "../src/model/declare";
import type {
  Activation,
  BatchNormLayer,
  ConvolutionLayer,
  DepthwiseLayer,
  DropoutLayer,
  Layers,
  PoolLayer,
} from "../src/model/layers";
import type { Network } from "../src/model/part";
import { windowPadding } from "../src/model/window";

/** A variable of an operation. */
export interface ProgramVariable {
  /** The last part of its name, such as "weights" or "moving_mean". */
  readonly role: string;
  readonly shape: readonly number[];
  readonly regularized: boolean;
}

/** One operation of Python's, by its method in networks_plain.py. */
export interface ProgramStep {
  readonly kind: string;
  /** The values it takes: 0 is the images, i + 1 what step i gives. */
  readonly from: readonly number[];
  /** Those it creates, in the order of its layer. */
  readonly variables: readonly ProgramVariable[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A value of a program. */
interface Value {
  readonly id: number;
  readonly shape: ImageShape;
}

/** The network's operations for images of that shape, those of its training. */
export function programOf(network: Network, input: ImageShape): readonly ProgramStep[] {
  const layers = new ProgramLayers();
  network<Value>(layers, { id: 0, shape: input });
  return layers.steps;
}

/** Layers that are taken down. */
class ProgramLayers implements Layers<Value> {
  readonly steps: ProgramStep[] = [];
  private readonly shapes = new DeclaredLayers();

  channels({ shape }: Value): number {
    return this.shapes.channels(shape);
  }

  sides({ shape }: Value): readonly [height: number, width: number] {
    return this.shapes.sides(shape);
  }

  convolution(x: Value, layer: ConvolutionLayer): Value {
    const { stride = 1, rate = 1, activation = "relu", isDense = false } = layer;
    const options = { stride, rate, activation, isDense, padding: windowPadding(layer) };
    return this.note("convolution", [x], options, () => this.shapes.convolution(x.shape, layer));
  }

  depthwise(x: Value, layer: DepthwiseLayer): Value {
    const { stride = 1, rate = 1, activation = "relu" } = layer;
    const options = { stride, rate, activation, padding: windowPadding(layer) };
    return this.note("depthwise", [x], options, () => this.shapes.depthwise(x.shape, layer));
  }

  batchNorm(x: Value, scope: string, layer: BatchNormLayer = {}): Value {
    const { activation = "relu" } = layer;
    return this.note("batch_norm", [x], { activation }, () => this.shapes.batchNorm(x.shape, scope, layer));
  }

  layerNorm(x: Value, scope: string, { epsilon }: { readonly epsilon: number }): Value {
    return this.note("layer_norm", [x], { epsilon }, () => this.shapes.layerNorm(x.shape, scope));
  }

  channelScale(x: Value, scope: string, layer: { readonly initial: number }): Value {
    return this.note("channel_scale", [x], {}, () => this.shapes.channelScale(x.shape, scope, layer));
  }

  activation(x: Value, kind: Activation): Value {
    return this.note("activate", [x], { activation: kind }, () => x.shape);
  }

  pool(x: Value, layer: PoolLayer): Value {
    const { kind, size, stride = 1, padding: added = "same", countsPadding = false } = layer;
    const padding = windowPadding({ kernel: size, stride, padding: added }, !countsPadding);
    const options = { size, stride, padding, countsPadding };
    return this.note(`${kind}_pool`, [x], options, () => this.shapes.pool(x.shape, layer));
  }

  subsample(x: Value, factor: number): Value {
    return this.note("subsample", [x], { factor }, () => this.shapes.subsample(x.shape, factor));
  }

  join(shortcut: Value, residual: Value, { rectify }: { readonly rectify: boolean }): Value {
    const options = { activation: rectify ? "relu" : "none" };
    return this.note("join", [shortcut, residual], options, () => residual.shape);
  }

  addScaled(x: Value, y: Value, factor: number): Value {
    return this.note("add_scaled", [x, y], { factor }, () => x.shape);
  }

  gate(x: Value, gates: Value): Value {
    return this.note("gate", [x, gates], {}, () => x.shape);
  }

  concat(parts: readonly Value[]): Value {
    return this.note("concat", parts, {}, () => this.shapes.concat(parts.map(({ shape }) => shape)));
  }

  globalPool(x: Value): Value {
    return this.note("global_pool", [x], {}, () => this.shapes.globalPool(x.shape));
  }

  adaptivePool(x: Value, size: number): Value {
    const [, height, width] = x.shape;
    if (height === size && width === size) return x;
    throw new RangeError(
      `Cannot bench in Python: expected images that leave ${size} x ${size} pixels to be pooled to as many, got ${height} x ${width}`,
    );
  }

  dropout(x: Value, { keepProb, wholeImages = false }: DropoutLayer): Value {
    if (keepProb === 1) return x;
    return this.note("dropout", [x], { rate: 1 - keepProb, wholeImages }, () => x.shape);
  }

  softmax(x: Value): Value {
    return this.note("softmax", [x], {}, () => x.shape);
  }

  unit<T>(work: () => T): T {
    return work();
  }

  endpoint(_: string, x: Value): Value {
    return x;
  }

  /** A step of that kind, with the variables that `shapeOf` declares. */
  private note(
    kind: string,
    from: readonly Value[],
    options: ProgramStep["options"],
    shapeOf: () => ImageShape,
  ): Value {
    const declared = this.shapes.variables.length;
    const shape = shapeOf();
    const variables = this.shapes.variables.slice(declared).map(({ name, shape: sides, regularized }) => ({
      role: name.slice(name.lastIndexOf("/") + 1),
      ...{ shape: sides, regularized },
    }));
    this.steps.push({ kind, from: from.map(({ id }) => id), variables, options });
    return { id: this.steps.length, shape };
  }
}

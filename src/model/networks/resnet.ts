/** Residual networks of both versions, as TF-Slim names and builds them; those that it lacks are named alike. */
import { tf } from "../../tensorflow";
import {
  parseArchitecture,
  planBlocks,
  ROOT_DEPTH,
  scaleDepth,
  type Antialias,
  type ResnetName,
  type Block,
  type BlocksOptions,
  type Strides,
} from "./blocks";
import { basicV1, bottleneckV1, bottleneckV2, smooth } from "./resnetunits";
import { computedLayers } from "../compute";
import type { MovingUpdate, RunOptions } from "../runoptions";
import { declareNetwork } from "../declare";
import { GLOBAL_POOL, type Layers, type PoolLayer } from "../layers";
import type { ModelVariables } from "../variables";

/** Options of a network's form. */
export interface ResnetForm extends BlocksOptions {
  /** Outputs of the logits layer; undefined drops it, and the result is the features before it. @default undefined */
  readonly numClasses?: number | undefined;
  /** Whether the last activation is averaged over its pixels. @default true */
  readonly globalPool?: boolean;
  /** Whether convolutions of the second version that no normalization follows have biases. @default true */
  readonly biases?: boolean;
  /** How the root's pooling is padded. @default as `strides` says */
  readonly rootPool?: Pick<PoolLayer, "padding" | "countsPadding">;
}

/** Options of resnetV1() and resnetV2(). */
export interface ResnetOptions extends ResnetForm, RunOptions {
  /** Where the variables are, and where missing ones are created. */
  readonly variables: ModelVariables;
}

/** A network's result. */
export type ResnetResult = {
  /** float32 [batch, 1, 1, channels], or [batch, h / outputStride, w / outputStride, channels] without globalPool */
  readonly net: tf.Tensor4D;
  /** Activations by TF-Slim's names, in order of computation. */
  readonly endpoints: Readonly<Record<string, tf.Tensor4D>>;
  /** New moving statistics; none in inference. */
  readonly updates: MovingUpdate[];
};

/**
 * A ResNet whose units normalize after each convolution.
 * @param images  float32 [batch, height, width, 3], VGG means taken off
 * @returns       all its tensors; the caller disposes
 * @throws {RangeError} if an option is out of range
 * @throws {TypeError} if a variable exists with another shape
 * @see tf_slim/nets/resnet_v1.py, He et al. 2015 (arXiv 1512.03385)
 */
export function resnetV1(images: tf.Tensor4D, options: ResnetOptions): ResnetResult {
  return runResnet(images, 1, options);
}

/**
 * A ResNet whose units normalize before each convolution.
 * @param images  float32 [batch, height, width, 3], normalized as the weights' source does it
 * @returns       all its tensors; the caller disposes
 * @throws {RangeError} if an option is out of range
 * @throws {TypeError} if a variable exists with another shape
 * @see tf_slim/nets/resnet_v2.py, He et al. 2016 (arXiv 1603.05027)
 */
export function resnetV2(images: tf.Tensor4D, options: ResnetOptions): ResnetResult {
  return runResnet(images, 2, options);
}

function runResnet(images: tf.Tensor4D, version: 1 | 2, options: ResnetOptions): ResnetResult {
  const { variables, depth = 50 } = options;
  const { name } = parseArchitecture(`resnet_v${version}_${depth}`);
  const network = resnet(name, options);
  const declared = declareNetwork(network, images.shape);
  tf.tidy(() => declared.variables.forEach((variable) => variables.create(variable)));
  const layers = computedLayers(variables, options);
  const scope = tf.engine();
  scope.startScope(name);
  let kept: tf.Tensor[] = [];
  try {
    const net = network(layers, images);
    const result = { net, endpoints: layers.endpoints, updates: layers.updates };
    kept = [net, ...Object.values(layers.endpoints), ...layers.updates.map(({ value }) => value)];
    return result;
  } finally {
    scope.endScope(kept);
  }
}

/** A network as a function of layers and images: compute it, or declare it. */
export function resnet(name: ResnetName, form: ResnetForm = {}): <X>(layers: Layers<X>, images: X) => X {
  const { numClasses, globalPool = true, strides = "slim", width = 1, biases = true } = form;
  const variant = parseArchitecture(name);
  const { version, depth, widening, antialias } = variant;
  const blocks = planBlocks({ ...form, depth, widening });
  const rootPool = form.rootPool ?? (strides === "slim" ? { padding: "same" } : { padding: 1 });
  return (layers, images) => {
    const plain = version === 1; // a v2 root is normalized by the first unit
    const rootDepth = scaleDepth(ROOT_DEPTH, width);
    const root = {
      depth: rootDepth,
      kernel: 7,
      stride: 2,
      ...{ normalize: plain, biases },
      activation: plain ? "relu" : "none",
    } as const;
    let net = layers.convolution(images, { scope: `${name}/conv1`, ...root }); // [b, h/2, w/2, 64]
    net =
      antialias === undefined
        ? layers.pool(net, { kind: "max", size: 3, stride: 2, ...rootPool }) // [b, h/4, w/4, 64]
        : smoothRoot(layers, net, antialias);
    for (const block of blocks) net = stack(layers, net, { variant, block, strides, biases });
    if (version === 2) net = layers.batchNorm(net, `${name}/postnorm`);
    if (globalPool) net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net)); // [b, 1, 1, 2048]
    if (numClasses === undefined) return net;
    const head = {
      scope: `${name}/logits`,
      depth: numClasses,
      normalize: false,
      activation: "none",
    } as const;
    net = layers.convolution(net, head);
    layers.endpoint("predictions", layers.softmax(net));
    return net;
  };
}

/** The root's pooling: of "average" the mean alone, without a last odd pixel. @see timm/models/resnet.py (1.0.31) */
function smoothRoot<X>(layers: Layers<X>, x: X, antialias: Antialias): X {
  if (antialias === "average")
    return layers.pool(x, { kind: "average", size: 2, stride: 2, padding: "valid" });
  return smooth(layers, layers.pool(x, { kind: "max", size: 3, padding: 1 }), { antialias, stride: 2 });
}

interface Stack {
  readonly variant: ReturnType<typeof parseArchitecture>;
  readonly block: Block;
  readonly strides: Strides;
  readonly biases: boolean;
}

function stack<X>(layers: Layers<X>, input: X, { variant, block, strides, biases }: Stack): X {
  const { name, version, squeezes = false, antialias } = variant;
  let net = input;
  for (const unit of block.units) {
    const scope = `${name}/${unit.scope}/${unit.isBasic ? "basic" : "bottleneck"}_v${version}`;
    const [first, second] = strides === "keras" ? [unit.stride, 1] : [1, unit.stride];
    const placed = { ...unit, scope, first, second, squeezes, antialias, biases };
    const bottleneck = version === 1 ? bottleneckV1 : bottleneckV2;
    const given = net;
    net = layers.unit(() => (unit.isBasic ? basicV1 : bottleneck)(layers, given, placed));
  }
  return layers.endpoint(`${name}/${block.scope}`, net);
}

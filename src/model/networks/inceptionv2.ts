/** Inception v2, as TF-Slim builds it. */
import { GLOBAL_POOL, type ConvolutionLayer, type Layers } from "../layers";
import type { Network } from "../part";
import { SQUASHED, type NetworkForm, type NetworkSpec } from "./network";

const SCOPE = "InceptionV2";
const LEAST_DEPTH = 16;

/** Ioffe and Szegedy 2015 (arXiv 1502.03167), figure 5: #1x1, #3x3 reduce, #3x3, double #3x3 reduce, double #3x3, pool, proj. */
const MODULES = {
  Mixed_3b: [64, 64, 64, 64, 96, "average", 32],
  Mixed_3c: [64, 64, 96, 64, 96, "average", 64],
  Mixed_4b: [224, 64, 96, 96, 128, "average", 128],
  Mixed_4c: [192, 96, 128, 96, 128, "average", 128],
  Mixed_4d: [160, 128, 160, 128, 160, "average", 96],
  Mixed_4e: [96, 128, 192, 160, 192, "average", 96],
  Mixed_5b: [352, 192, 320, 160, 224, "average", 128],
  Mixed_5c: [352, 192, 320, 192, 224, "max", 128],
} as const;

/** Those that halve the sides: #3x3 reduce, #3x3, double #3x3 reduce, double #3x3. */
const REDUCTIONS = {
  Mixed_4a: [128, 160, 64, 96],
  Mixed_5a: [128, 192, 192, 256],
} as const;

/** The deviations that its first values are drawn with; of all others by their fans. */
const REDUCE = { initializer: { truncatedNormal: 0.09 } } as const;
const PROJECT = { initializer: { truncatedNormal: 0.1 } } as const;

/** @see tf_slim/nets/inception_v2.py */
function inceptionV2({ width, dropoutKeepProb: keepProb }: NetworkForm): Network {
  const depth = (full: number): number => Math.max(Math.trunc(full * width), LEAST_DEPTH);
  return <X>(layers: Layers<X>, images: X): X => {
    const convolution = convolver(layers, depth);
    const pool = (x: X, name: string): X =>
      layers.endpoint(name, layers.pool(x, { kind: "max", size: 3, stride: 2 }));
    const mixed = (x: X, name: keyof typeof MODULES): X =>
      layers.unit(() => inception(layers, convolution, x, name));
    const reduced = (x: X, name: keyof typeof REDUCTIONS): X =>
      layers.unit(() => reduction(layers, convolution, x, name));
    let net = separable(layers, images, depth(64)); // [b, 112, 112, 64]
    net = pool(net, "MaxPool_2a_3x3"); // [b, 56, 56, 64]
    net = convolution(net, "Conv2d_2b_1x1", 64, PROJECT);
    net = convolution(net, "Conv2d_2c_3x3", 192, { kernel: 3 });
    net = pool(net, "MaxPool_3a_3x3"); // [b, 28, 28, 192]
    net = mixed(net, "Mixed_3b");
    net = mixed(net, "Mixed_3c");
    net = reduced(net, "Mixed_4a"); // [b, 14, 14, 576]
    for (const name of ["Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e"] as const) net = mixed(net, name);
    net = reduced(net, "Mixed_5a"); // [b, 7, 7, 1024]
    net = mixed(net, "Mixed_5b");
    net = mixed(net, "Mixed_5c");
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net));
    return layers.dropout(net, { scope: `${SCOPE}/Logits/Dropout_1b`, keepProb });
  };
}

type Convolve<X> = (
  x: X,
  name: string,
  full: number,
  options?: Pick<ConvolutionLayer, "kernel" | "stride" | "initializer">,
) => X;

/** Convolutions by their places in the network; those of modules are no endpoints. */
function convolver<X>(layers: Layers<X>, depth: (full: number) => number): Convolve<X> {
  return (x, name, full, options = {}) =>
    layers.convolution(x, {
      ...{ scope: `${SCOPE}/${name}`, endpoint: name.includes("/") ? null : name },
      ...{ depth: depth(full), normalize: "unscaled", padding: "same", ...options },
    });
}

function inception<X>(layers: Layers<X>, convolution: Convolve<X>, x: X, name: keyof typeof MODULES): X {
  const [one, reduce, three, reduceTwice, twice, kind, projected] = MODULES[name];
  const zero = convolution(x, `${name}/Branch_0/Conv2d_0a_1x1`, one);
  let first = convolution(x, `${name}/Branch_1/Conv2d_0a_1x1`, reduce, REDUCE);
  first = convolution(first, `${name}/Branch_1/Conv2d_0b_3x3`, three, { kernel: 3 });
  let second = convolution(x, `${name}/Branch_2/Conv2d_0a_1x1`, reduceTwice, REDUCE);
  second = convolution(second, `${name}/Branch_2/Conv2d_0b_3x3`, twice, { kernel: 3 });
  second = convolution(second, `${name}/Branch_2/Conv2d_0c_3x3`, twice, { kernel: 3 });
  let third = layers.pool(x, { kind, size: 3 });
  third = convolution(third, `${name}/Branch_3/Conv2d_0b_1x1`, projected, PROJECT);
  return layers.endpoint(name, layers.concat([zero, first, second, third]));
}

function reduction<X>(layers: Layers<X>, convolution: Convolve<X>, x: X, name: keyof typeof REDUCTIONS): X {
  const [reduce, three, reduceTwice, twice] = REDUCTIONS[name];
  let zero = convolution(x, `${name}/Branch_0/Conv2d_0a_1x1`, reduce, REDUCE);
  zero = convolution(zero, `${name}/Branch_0/Conv2d_1a_3x3`, three, { kernel: 3, stride: 2 });
  let first = convolution(x, `${name}/Branch_1/Conv2d_0a_1x1`, reduceTwice, REDUCE);
  first = convolution(first, `${name}/Branch_1/Conv2d_0b_3x3`, twice, { kernel: 3 });
  first = convolution(first, `${name}/Branch_1/Conv2d_1a_3x3`, twice, { kernel: 3, stride: 2 });
  const second = layers.pool(x, { kind: "max", size: 3, stride: 2 });
  return layers.endpoint(name, layers.concat([zero, first, second]));
}

/** slim.separable_conv2d: each colour by itself, then all together; neither normalized nor regularized, for its arg scope is conv2d's. */
function separable<X>(layers: Layers<X>, images: X, depth: number): X {
  const [scope, endpoint] = [`${SCOPE}/Conv2d_1a_7x7`, "Conv2d_1a_7x7"];
  const bare = { normalize: false, initializer: { truncatedNormal: 1 }, regularized: false } as const;
  const net = layers.depthwise(images, {
    ...{ scope, endpoint: null, ...bare, biases: false, activation: "none" },
    ...{ kernel: 7, stride: 2, padding: "same", multiplier: Math.min(Math.trunc(depth / 3), 8) },
  });
  return layers.convolution(net, { scope, endpoint, depth, ...bare, weights: "pointwise_weights" });
}

/** @see inception_v2_arg_scope in tf_slim/nets/inception_v2.py */
export const INCEPTION_V2 = {
  inception_v2: {
    imageSize: 224,
    sources: { slim: { preprocessing: "inception", batchNormEpsilon: 1e-3, ...SQUASHED } },
    weightDecay: 4e-5,
    batchNormDecay: 0.9997,
    dropoutKeepProb: 0.8,
    build: inceptionV2,
  },
} as const satisfies Readonly<Record<string, NetworkSpec>>;

/** Inception v1, GoogLeNet, as TF-Slim and torchvision build it. */
import { GLOBAL_POOL, type ConvolutionLayer, type Layers } from "../layers";
import type { Network } from "../part";
import { scaleDepth } from "./blocks";
import { SQUASHED, type NetworkForm, type NetworkSpec } from "./network";

const SCOPE = "InceptionV1";

/** Szegedy et al. 2014 (arXiv 1409.4842), table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj. */
const MODULES = {
  Mixed_3b: [64, 96, 128, 16, 32, 32],
  Mixed_3c: [128, 128, 192, 32, 96, 64],
  Mixed_4b: [192, 96, 208, 16, 48, 64],
  Mixed_4c: [160, 112, 224, 24, 64, 64],
  Mixed_4d: [128, 128, 256, 24, 64, 64],
  Mixed_4e: [112, 144, 288, 32, 64, 64],
  Mixed_4f: [256, 160, 320, 32, 128, 128],
  Mixed_5b: [256, 160, 320, 32, 128, 128],
  Mixed_5c: [384, 192, 384, 48, 128, 128],
} as const;

type Module = keyof typeof MODULES;

/**
 * Where the paper has a 5x5 convolution both TF-Slim and torchvision have one of 3x3.
 * @see tf_slim/nets/inception_v1.py, torchvision/models/googlenet.py
 */
function inceptionV1({ source, width, dropoutKeepProb: keepProb }: NetworkForm): Network {
  const isTorch = source === "torchvision";
  const poolPadding = isTorch ? ([0, 1] as const) : "same"; // torch's ceil_mode
  return <X>(layers: Layers<X>, images: X): X => {
    const convolution = convolver(layers, width, isTorch);
    const mixed = (x: X, name: Module): X => layers.unit(() => inception(layers, convolution, x, name));
    const pool = (x: X, name: string, size: number): X =>
      layers.endpoint(name, layers.pool(x, { kind: "max", size, stride: 2, padding: poolPadding }));
    const padding = isTorch ? 3 : "same";
    let net = convolution(images, "Conv2d_1a_7x7", 64, { kernel: 7, stride: 2, padding }); // [b, 112, 112, 64]
    net = pool(net, "MaxPool_2a_3x3", 3); // [b, 56, 56, 64]
    net = convolution(net, "Conv2d_2b_1x1", 64);
    net = convolution(net, "Conv2d_2c_3x3", 192, { kernel: 3 });
    net = pool(net, "MaxPool_3a_3x3", 3); // [b, 28, 28, 192]
    net = mixed(net, "Mixed_3b");
    net = mixed(net, "Mixed_3c");
    net = pool(net, "MaxPool_4a_3x3", 3); // [b, 14, 14, 480]
    for (const name of ["Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f"] as const)
      net = mixed(net, name);
    net = pool(net, "MaxPool_5a_2x2", 2); // [b, 7, 7, 832]
    net = mixed(net, "Mixed_5b");
    net = mixed(net, "Mixed_5c"); // [b, 7, 7, 1024]
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net));
    return layers.dropout(net, { scope: `${SCOPE}/Logits/Dropout_0b`, keepProb });
  };
}

type Convolve<X> = (
  x: X,
  name: string,
  full: number,
  options?: Pick<ConvolutionLayer, "kernel" | "stride" | "padding">,
) => X;

/** Convolutions by their places in the network; those of modules are no endpoints. */
function convolver<X>(layers: Layers<X>, width: number, isTorch: boolean): Convolve<X> {
  const shared = {
    normalize: isTorch ? true : "unscaled",
    initializer: { truncatedNormal: 0.01 },
  } as const;
  return (x, name, full, options = {}) =>
    layers.convolution(x, {
      ...{ scope: `${SCOPE}/${name}`, endpoint: name.includes("/") ? null : name },
      ...{ depth: scaleDepth(full, width), ...shared, ...options },
    });
}

function inception<X>(layers: Layers<X>, convolution: Convolve<X>, x: X, name: Module): X {
  const [one, reduce, three, reduce5, five, projected] = MODULES[name];
  const last = name === "Mixed_5b" ? "Conv2d_0a_3x3" : "Conv2d_0b_3x3"; // so TF-Slim calls it
  const zero = convolution(x, `${name}/Branch_0/Conv2d_0a_1x1`, one);
  let first = convolution(x, `${name}/Branch_1/Conv2d_0a_1x1`, reduce);
  first = convolution(first, `${name}/Branch_1/Conv2d_0b_3x3`, three, { kernel: 3 });
  let second = convolution(x, `${name}/Branch_2/Conv2d_0a_1x1`, reduce5);
  second = convolution(second, `${name}/Branch_2/${last}`, five, { kernel: 3 });
  let third = layers.pool(x, { kind: "max", size: 3 });
  third = convolution(third, `${name}/Branch_3/Conv2d_0b_1x1`, projected);
  return layers.endpoint(name, layers.concat([zero, first, second, third]));
}

/** @see inception_v1_arg_scope in tf_slim/nets/inception_v1.py */
export const INCEPTION_V1 = {
  inception_v1: {
    imageSize: 224,
    sources: {
      slim: { preprocessing: "inception", batchNormEpsilon: 1e-3, ...SQUASHED },
      torchvision: { preprocessing: "inception", batchNormEpsilon: 1e-3 }, // by its transform_input
    },
    weightDecay: 4e-5,
    batchNormDecay: 0.9997,
    dropoutKeepProb: 0.8,
    build: inceptionV1,
  },
} as const satisfies Readonly<Record<string, NetworkSpec>>;

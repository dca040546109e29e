/** VGG networks, as TF-Slim names and builds them. */
import { GLOBAL_POOL, type Layers } from "../layers";
import type { Network } from "../part";
import { scaleDepth } from "./blocks";
import type { NetworkForm, NetworkSpec } from "./network";

/** Convolutions of each of five scopes: Simonyan and Zisserman 2014 (arXiv 1409.1556), table 1, columns A, D and E. */
const CONVOLUTIONS = {
  vgg_a: [1, 1, 2, 2, 2],
  vgg_16: [2, 2, 3, 3, 3],
  vgg_19: [2, 2, 4, 4, 4],
} as const;
const DEPTHS = [64, 128, 256, 512, 512] as const;

/** A VGG network by TF-Slim's name. */
type VggName = keyof typeof CONVOLUTIONS;

interface VggOptions extends Pick<NetworkForm, "width" | "dropoutKeepProb"> {
  /** First part of all its names. */
  readonly name: string;
  readonly convolutions: readonly number[];
  /** Whether what the convolutions give is brought to 7 x 7 pixels, whatever the image's size: torchvision's. */
  readonly isAdaptive: boolean;
  /** Whether its convolutions are normalized. */
  readonly normalize: boolean;
}

/** @see tf_slim/nets/vgg.py; normalized as torchvision.models.vgg16_bn, but for biases, which moving means take in */
function vgg(options: VggOptions): Network {
  const { name, convolutions, normalize, isAdaptive, width, dropoutKeepProb: keepProb } = options;
  const dense = { depth: scaleDepth(4096, width), initializer: "xavierUniform", normalize: false } as const;
  return (layers, images) => {
    let net = images; // [b, 224, 224, 3]
    for (const [i, count] of convolutions.entries()) {
      const stage = { scope: `conv${i + 1}`, depth: scaleDepth(DEPTHS[i] ?? 0, width), count, normalize };
      const given = net;
      net = layers.unit(() => repeat(layers, given, { ...stage, name }));
      net = layers.endpoint(
        `${name}/pool${i + 1}`,
        layers.pool(net, { kind: "max", size: 2, stride: 2, padding: "valid" }),
      );
    }
    if (isAdaptive) net = layers.adaptivePool(net, 7);
    net = layers.convolution(net, { scope: `${name}/fc6`, kernel: 7, padding: "valid", ...dense }); // [b, 1, 1, 4096]
    net = layers.dropout(net, { scope: `${name}/dropout6`, keepProb });
    net = layers.convolution(net, { scope: `${name}/fc7`, ...dense });
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net));
    return layers.dropout(net, { scope: `${name}/dropout7`, keepProb });
  };
}

interface Stage extends Pick<VggOptions, "name" | "normalize"> {
  readonly scope: string;
  readonly depth: number;
  readonly count: number;
}

function repeat<X>(layers: Layers<X>, images: X, { name, scope, depth, count, normalize }: Stage): X {
  let net = images;
  for (let i = 1; i <= count; i++)
    net = layers.convolution(net, {
      scope: `${name}/${scope}/${scope}_${i}`,
      depth,
      kernel: 3,
      normalize,
      initializer: "xavierUniform",
    });
  return net;
}

const TORCH = { preprocessing: "torch", batchNormEpsilon: 1e-5 } as const;
/** timm's weights are torchvision's. */
const TIMM = { ...TORCH, interpolation: "bilinear" } as const;
const CAFFE = { preprocessing: "vgg", batchNormEpsilon: 1e-5 } as const;

/** @see vgg_arg_scope in tf_slim/nets/vgg.py */
const TRAINED = {
  imageSize: 224,
  weightDecay: 5e-4,
  batchNormDecay: 0.9, // torch's momentum is what is left of it
  dropoutKeepProb: 0.5,
} as const;

function adaptiveOf({ source }: NetworkForm): Pick<VggOptions, "isAdaptive"> {
  return { isAdaptive: source === "torchvision" };
}

function plain(name: VggName): NetworkSpec {
  const convolutions = CONVOLUTIONS[name];
  const torch = { torchvision: TORCH, timm: TIMM };
  return {
    ...TRAINED,
    sources: { slim: CAFFE, ...torch, ...(name !== "vgg_a" && { keras: CAFFE }) },
    build: (form) => vgg({ ...form, ...adaptiveOf(form), name, convolutions, normalize: false }),
  };
}

function normalized(name: VggName): NetworkSpec {
  const convolutions = CONVOLUTIONS[name];
  return {
    ...TRAINED,
    sources: { torchvision: TORCH, timm: TIMM },
    build: (form) => vgg({ ...form, ...adaptiveOf(form), name: `${name}_bn`, convolutions, normalize: true }),
  };
}

/** Those of TF-Slim, and with batch normalization those of torchvision and timm. */
export const VGGS = {
  vgg_a: plain("vgg_a"),
  vgg_16: plain("vgg_16"),
  vgg_19: plain("vgg_19"),
  vgg_a_bn: normalized("vgg_a"),
  vgg_16_bn: normalized("vgg_16"),
  vgg_19_bn: normalized("vgg_19"),
} as const satisfies Readonly<Record<VggName | `${VggName}_bn`, NetworkSpec>>;

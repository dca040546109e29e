/** ConvNeXt: a network of convolutions built as transformers are. */
import { GLOBAL_POOL, type Layers } from "../layers";
import type { Network } from "../part";
import { scaleDepth } from "./blocks";
import { expectWidth } from "./mobile";
import type { NetworkForm, NetworkSpec } from "./network";

/** Units and channels of the blocks of ConvNeXt-T. @see Liu et al. 2022 (arXiv 2201.03545) table 9 */
const BLOCKS = [
  [3, 96],
  [3, 192],
  [9, 384],
  [3, 768],
] as const;

const UNITS = 18;
const EXPANSION = 4;
const FIRST_SCALE = 1e-6;
const NORM = { epsilon: 1e-6 } as const;
const LINEAR = { normalize: false, activation: "none", endpoint: null } as const;
const INITIAL = { initializer: { truncatedNormal: 0.02 } } as const;

/**
 * ConvNeXt-T up to its features. Residuals are dropped in training for a share of images that grows from none at the first unit to
 * what dropoutKeepProb leaves at the last (stochastic depth).
 * @throws {RangeError} if the width is not above 0
 * @see torchvision.models.convnext, timm.models.convnext, keras.applications.convnext
 */
function convnextTiny(name: string, { width, dropoutKeepProb }: NetworkForm): Network {
  expectWidth(name, width);
  return (layers, images) => {
    let net = images;
    let place = 0;
    for (const [b, [units, channels]] of BLOCKS.entries()) {
      const block = `${name}/block${b + 1}`;
      net = shrink(
        layers,
        net,
        b === 0 ? `${name}/stem` : `${block}/downsample`,
        scaleDepth(channels, width),
      );
      for (let u = 1; u <= units; u++, place++) {
        const given = net;
        const keepProb = 1 - ((1 - dropoutKeepProb) * place) / (UNITS - 1);
        net = layers.unit(() => residual(layers, given, `${block}/unit_${u}`, keepProb));
      }
      net = layers.endpoint(block, net);
    }
    const pooled = layers.layerNorm(layers.globalPool(net), `${name}/head/LayerNorm`, NORM);
    return layers.endpoint(GLOBAL_POOL, pooled); // [b, 1, 1, 768]
  };
}

/** A stem normalizes what it gives, another layer that strides what it is given. */
function shrink<X>(layers: Layers<X>, x: X, scope: string, depth: number): X {
  const isStem = scope.endsWith("/stem");
  const side = isStem ? 4 : 2;
  const layer = {
    scope,
    depth,
    kernel: side,
    stride: side,
    padding: "valid",
    ...LINEAR,
    ...INITIAL,
  } as const;
  const norm = `${scope}/LayerNorm`;
  if (!isStem) return layers.convolution(layers.layerNorm(x, norm, NORM), layer);
  return layers.endpoint(scope, layers.layerNorm(layers.convolution(x, layer), norm, NORM)); // [b, h/4, w/4, 96]
}

/** Liu et al. 2022, figure 4 right. */
function residual<X>(layers: Layers<X>, x: X, scope: string, keepProb: number): X {
  const depth = layers.channels(x);
  const depthwise = {
    scope: `${scope}/depthwise`,
    kernel: 7,
    regularized: true,
    ...LINEAR,
    ...INITIAL,
  } as const;
  let net = layers.layerNorm(layers.depthwise(x, depthwise), `${scope}/LayerNorm`, NORM);
  const expand = { scope: `${scope}/expand`, depth: EXPANSION * depth, ...LINEAR, ...INITIAL } as const;
  net = layers.convolution(net, { ...expand, activation: "gelu" });
  net = layers.convolution(net, { scope: `${scope}/project`, depth, ...LINEAR, ...INITIAL });
  net = layers.channelScale(net, `${scope}/layer_scale`, { initial: FIRST_SCALE });
  net = layers.dropout(net, { scope: `${scope}/dropout`, keepProb, wholeImages: true });
  return layers.endpoint(scope, layers.join(x, net, { rectify: false }));
}

const TRAITS = { preprocessing: "torch", batchNormEpsilon: 1e-6 } as const;

/** The smallest one; weight decay as where its weights are fine-tuned. @see Liu et al. 2022, table 6 */
export const CONVNEXTS = {
  convnext_tiny: {
    imageSize: 224,
    sources: {
      torchvision: { ...TRAITS, resizeSide: 236 },
      timm: { ...TRAITS, resizeSide: 235 },
      keras: TRAITS,
    },
    weightDecay: 1e-8,
    batchNormDecay: 0.997,
    dropoutKeepProb: 0.9,
    build: (form) => convnextTiny("convnext_tiny", form),
  },
} as const satisfies Readonly<Record<string, NetworkSpec>>;

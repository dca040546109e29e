/** EfficientNets: one network, wider and deeper by factors. */
import { GLOBAL_POOL, type Layers } from "../layers";
import type { Network } from "../part";
import type { Padding } from "../window";
import { expectWidth, roundDepth } from "./mobile";
import type { NetworkForm } from "./network";
import { squeezeExcite } from "./squeeze";

/** How much wider and deeper a network is than the first one. */
export interface EfficientNetScale {
  readonly width: number;
  readonly depth: number;
}

type Row = readonly [kernel: number, units: number, depth: number, expansion: number, stride: number];

/** Kernel, units, output channels, factor of inner channels, stride. @see Tan and Le 2019 (arXiv 1905.11946) table 1 */
const BLOCKS: readonly Row[] = [
  [3, 1, 16, 1, 1],
  [3, 2, 24, 6, 2],
  [5, 2, 40, 6, 2],
  [3, 3, 80, 6, 2],
  [5, 3, 112, 6, 1],
  [5, 4, 192, 6, 2],
  [3, 1, 320, 6, 1],
];

const [ROOT_DEPTH, HEAD_DEPTH] = [32, 1280];

/** The share of images for which the last unit adds nothing in training, unless less is dropped before the logits. */
const MOST_DROPPED = 0.2;

/** An inverted residual with gated channels. */
interface Unit {
  /** "efficientnet_b0/block2/unit_1" */
  readonly scope: string;
  readonly kernel: number;
  readonly expansion: number;
  readonly depth: number;
  readonly stride: number;
  readonly padding: Padding;
  /** The share of images for which it adds something in training. */
  readonly keepProb: number;
}

/**
 * An EfficientNet up to its features. Residuals are dropped in training for a share of images that grows from unit to unit
 * (stochastic depth); none are with a dropoutKeepProb of 1.
 * @throws {RangeError} if the width is not above 0
 * @see keras.applications.efficientnet, torchvision.models.efficientnet, timm.models.efficientnet
 */
export function efficientnet(name: string, scale: EfficientNetScale, form: NetworkForm): Network {
  expectWidth(name, form.width);
  const units = unitsOf(name, scale, form);
  const deep = (depth: number): number => roundDepth(depth * scale.width * form.width);
  const { dropoutKeepProb: keepProb } = form;
  return (layers, images) => {
    const stem = { scope: `${name}/stem`, kernel: 3, stride: 2, padding: paddingOf(form, 3) };
    let net = layers.convolution(images, { ...stem, ...ending(3, deep(ROOT_DEPTH)), activation: "swish" }); // [b, h/2, w/2, 32]
    for (const unit of units) {
      const given = net;
      net = layers.unit(() => inverted(layers, given, unit));
    }
    const head = ending(1, deep(HEAD_DEPTH));
    net = layers.convolution(net, { scope: `${name}/head`, ...head, activation: "swish" }); // [b, h/32, w/32, 1280]
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net)); // [b, 1, 1, 1280]
    return layers.dropout(net, { scope: `${name}/dropout`, keepProb });
  };
}

function unitsOf(name: string, scale: EfficientNetScale, form: NetworkForm): readonly Unit[] {
  const units = BLOCKS.flatMap(([kernel, count, depth, expansion, stride], b) =>
    Array.from({ length: Math.ceil(count * scale.depth) }, (_, u) => ({
      ...{
        scope: `${name}/block${b + 1}/unit_${u + 1}`,
        kernel,
        expansion,
        padding: paddingOf(form, kernel),
      },
      depth: roundDepth(depth * scale.width * form.width),
      stride: u === 0 ? stride : 1,
    })),
  );
  const dropped = Math.min(MOST_DROPPED, 1 - form.dropoutKeepProb);
  return units.map((unit, i) => ({ ...unit, keepProb: 1 - (dropped * i) / units.length }));
}

/** torch's sources pad the same on all sides. */
function paddingOf({ source }: NetworkForm, kernel: number): Padding {
  return source === "keras" ? "same" : (kernel - 1) / 2;
}

/** Output channels, and weights that keep the size of gradients. @see keras.applications.efficientnet.CONV_KERNEL_INITIALIZER */
function ending(kernel: number, depth: number) {
  return { depth, initializer: spread(kernel * kernel * depth) };
}

/** What truncation at two deviations leaves of one is made up for. */
function spread(fanOut: number): { readonly truncatedNormal: number } {
  return { truncatedNormal: Math.sqrt(2 / fanOut) / 0.87962566103423978 };
}

/** Tan et al. 2018 (arXiv 1807.11626), figure 7 (c). */
function inverted<X>(layers: Layers<X>, x: X, unit: Unit): X {
  const { scope, kernel, expansion, depth, stride, padding, keepProb } = unit;
  const channels = layers.channels(x);
  const inner = channels * expansion;
  const swish = { activation: "swish", endpoint: null } as const;
  const expand = { scope: `${scope}/expand`, ...ending(1, inner), ...swish };
  let net = expansion === 1 ? x : layers.convolution(x, expand);
  const depthwise = { scope: `${scope}/depthwise`, initializer: spread(kernel * kernel), regularized: true };
  net = layers.depthwise(net, { ...depthwise, kernel, stride, padding, ...swish });
  const squeezed = Math.max(1, Math.floor(channels / 4));
  net = squeezeExcite(layers, net, {
    ...{ scope: `${scope}/squeeze_excite`, depth: squeezed, activation: "swish", gate: "sigmoid" },
    initializers: [spread(squeezed), spread(inner)],
  });
  const project = { scope: `${scope}/project`, ...ending(1, depth), endpoint: null } as const;
  net = layers.convolution(net, { ...project, activation: "none" });
  if (stride === 1 && channels === depth) {
    net = layers.dropout(net, { scope: `${scope}/dropout`, keepProb, wholeImages: true });
    net = layers.join(x, net, { rectify: false });
  }
  return layers.endpoint(scope, net);
}

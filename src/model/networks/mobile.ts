/** What MobileNets share. */
import type { Activation, Layers } from "../layers";
import type { Padding } from "../window";
import type { Source } from "./network";
import { squeezeExcite } from "./squeeze";

/** What layers of MobileNets have where nothing else is said. @see TF-Slim's mobilenet_v1_arg_scope and mobilenet.training_scope */
export const MOBILE = {
  activation: "relu6",
  initializer: { truncatedNormal: 0.09 },
} as const;

/** A whole number of eights near a number of channels, at least 8, and not less than nine tenths of it. @see TF-Slim's mobilenet.py */
export function roundDepth(depth: number): number {
  const rounded = Math.max(8, Math.floor(Math.trunc(depth + 4) / 8) * 8);
  return rounded < 0.9 * depth ? rounded + 8 : rounded;
}

/** @throws {RangeError} if it is not above 0 */
export function expectWidth(name: string, width: number): void {
  if (width > 0 && width < Infinity) return;
  throw new RangeError(`Cannot build ${name}: expected width > 0, got ${width}`);
}

/** What a square kernel's convolution adds around an image: torch's sources the same on all sides. */
export function mobilePadding(source: Source, kernel: number): Padding {
  return source === "torchvision" || source === "timm" ? (kernel - 1) / 2 : "same";
}

/** How channels are weighed by what all of the image is like. */
export interface Squeeze {
  /** Channels between its two layers. */
  readonly inner: number;
  /** By how much of themselves the gates are larger: 2e-5 in TF-Slim, which has 0.16667 for 1/6. */
  readonly excess: number;
}

/** An inverted residual: channels that are expanded, convolved each by itself, and projected. */
export interface InvertedResidual {
  /** Its scope, e.g. "MobilenetV2/expanded_conv_1". */
  readonly scope: string;
  /** What its endpoints begin with, e.g. "layer_3". */
  readonly endpoint: string;
  /** Channels between expansion and projection; as many as come in: it has no expansion. */
  readonly inner: number;
  /** Output channels. */
  readonly depth: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
  readonly activation: Activation;
  /** Its squeeze and excitation, if it has one. */
  readonly squeeze?: Squeeze | undefined;
}

/** Computes one; where nothing changes its shape the input is added. @see expanded_conv in TF-Slim's mobilenet/conv_blocks.py */
export function invertedResidual<X>(layers: Layers<X>, x: X, block: InvertedResidual): X {
  const { scope, endpoint, inner, depth, kernel, stride, padding, activation, squeeze } = block;
  const common = { ...MOBILE, activation } as const;
  let net = x;
  if (inner > layers.channels(x))
    net = layers.convolution(net, {
      ...common,
      ...{ scope: `${scope}/expand`, depth: inner, endpoint: `${endpoint}/expansion_output` },
    });
  const depthwise = { scope: `${scope}/depthwise`, endpoint: `${endpoint}/depthwise_output` };
  net = layers.depthwise(net, { ...common, ...depthwise, kernel, stride, padding });
  if (squeeze !== undefined)
    net = squeezeExcite(layers, net, {
      ...{ scope: `${scope}/squeeze_excite`, depth: squeeze.inner, activation: "relu", gate: "hardSigmoid" },
      ...{ excess: squeeze.excess, initializers: [MOBILE.initializer, MOBILE.initializer] },
    });
  const project = { scope: `${scope}/project`, depth, endpoint: null } as const;
  net = layers.convolution(net, { ...MOBILE, ...project, activation: "none" });
  if (stride === 1 && layers.channels(x) === depth) net = layers.join(x, net, { rectify: false });
  return layers.endpoint(endpoint, layers.endpoint(`${endpoint}/output`, net));
}

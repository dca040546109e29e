/** The units of residual networks. */
import type { Layers } from "../layers";
import type { Unit } from "./blocks";
import { squeezeExcite } from "./squeeze";

/** A unit with the strides of its first and second convolution. */
export interface PlacedUnit extends Unit {
  readonly first: number;
  readonly second: number;
  /** Whether what it adds is gated by channels. */
  readonly squeezes: boolean;
  /** Whether convolutions that no normalization follows have biases. */
  readonly biases: boolean;
}

/** TF-Slim resnet_v1.bottleneck: He et al. 2015, fig. 5 right. */
export function bottleneckV1<X>(layers: Layers<X>, x: X, unit: PlacedUnit): X {
  const { scope, depth, bottleneck, rate, first, second } = unit;
  const shortcut = shortcutV1(layers, x, unit);
  let net = layers.convolution(x, { scope: `${scope}/conv1`, depth: bottleneck, stride: first });
  net = layers.convolution(net, {
    scope: `${scope}/conv2`,
    depth: bottleneck,
    kernel: 3,
    stride: second,
    rate,
  });
  net = layers.convolution(net, { scope: `${scope}/conv3`, depth, activation: "none" });
  if (unit.squeezes) net = gated(layers, net, scope);
  return layers.endpoint(scope, layers.join(shortcut, net, { rectify: true }));
}

/** He et al. 2015, fig. 5 left. @see torchvision.models.resnet.BasicBlock */
export function basicV1<X>(layers: Layers<X>, x: X, unit: PlacedUnit): X {
  const { scope, depth, stride } = unit;
  const shortcut = shortcutV1(layers, x, unit);
  let net = layers.convolution(x, { scope: `${scope}/conv1`, depth, kernel: 3, stride });
  net = layers.convolution(net, { scope: `${scope}/conv2`, depth, kernel: 3, activation: "none" });
  return layers.endpoint(scope, layers.join(shortcut, net, { rectify: true }));
}

function shortcutV1<X>(layers: Layers<X>, x: X, { scope, depth, stride }: PlacedUnit): X {
  if (layers.channels(x) === depth) return layers.subsample(x, stride);
  return layers.convolution(x, { scope: `${scope}/shortcut`, depth, stride, activation: "none" });
}

/** Hu et al. 2017, fig. 3; by a sixteenth of the channels, in eights as timm.layers.SEModule rounds them. */
function gated<X>(layers: Layers<X>, x: X, scope: string): X {
  const depth = Math.max(8, 8 * Math.round(layers.channels(x) / 16 / 8));
  return squeezeExcite(layers, x, {
    scope: `${scope}/squeeze_excite`,
    depth,
    activation: "relu",
    gate: "sigmoid",
  });
}

/** TF-Slim resnet_v2.bottleneck: He et al. 2016, fig. 1 (b). */
export function bottleneckV2<X>(layers: Layers<X>, x: X, unit: PlacedUnit): X {
  const { scope, depth, bottleneck, stride, rate, first, second, biases } = unit;
  const bare = { normalize: false, activation: "none", biases } as const;
  const preact = layers.batchNorm(x, `${scope}/preact`);
  const shortcut =
    layers.channels(x) === depth
      ? layers.subsample(x, stride)
      : layers.convolution(preact, { scope: `${scope}/shortcut`, depth, stride, ...bare });
  let net = layers.convolution(preact, { scope: `${scope}/conv1`, depth: bottleneck, stride: first });
  net = layers.convolution(net, {
    scope: `${scope}/conv2`,
    depth: bottleneck,
    kernel: 3,
    stride: second,
    rate,
  });
  net = layers.convolution(net, { scope: `${scope}/conv3`, depth, ...bare });
  return layers.endpoint(scope, layers.join(shortcut, net, { rectify: false }));
}

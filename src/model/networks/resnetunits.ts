/** The units of residual networks. */
import type { Layers } from "../layers";
import type { Antialias, Unit } from "./blocks";
import { squeezeExcite } from "./squeeze";

/** A unit with the strides of its first and second convolution. */
export interface PlacedUnit extends Unit {
  readonly first: number;
  readonly second: number;
  /** Whether what it adds is gated by channels. */
  readonly squeezes: boolean;
  /** What pools behind its 3x3 convolution that would stride, the first of a basic unit; undefined: it strides. */
  readonly antialias: Antialias | undefined;
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
    stride: unit.antialias === undefined ? second : 1,
    rate,
  });
  net = smooth(layers, net, { ...unit, stride: second });
  net = layers.convolution(net, { scope: `${scope}/conv3`, depth, activation: "none" });
  if (unit.squeezes) net = gated(layers, net, scope);
  return layers.endpoint(scope, layers.join(shortcut, net, { rectify: true }));
}

/** He et al. 2015, fig. 5 left. @see torchvision.models.resnet.BasicBlock */
export function basicV1<X>(layers: Layers<X>, x: X, unit: PlacedUnit): X {
  const { scope, depth, stride, antialias } = unit;
  const shortcut = shortcutV1(layers, x, unit);
  const first = { scope: `${scope}/conv1`, depth, kernel: 3, stride: antialias === undefined ? stride : 1 };
  let net = smooth(layers, layers.convolution(x, first), unit);
  net = layers.convolution(net, { scope: `${scope}/conv2`, depth, kernel: 3, activation: "none" });
  if (unit.squeezes) net = gated(layers, net, scope);
  return layers.endpoint(scope, layers.join(shortcut, net, { rectify: true }));
}

/**
 * Pools where others stride. A mean's last odd pixel is its own, where timm's mean leaves it out, and then can't add the shortcut.
 * @see timm/layers/blur_pool.py (1.0.31): create_aa()
 */
export function smooth<X>(
  layers: Layers<X>,
  x: X,
  { antialias, stride }: Pick<PlacedUnit, "antialias" | "stride">,
): X {
  if (antialias === undefined || stride === 1) return x;
  if (antialias === "average") return layers.pool(x, { kind: "average", size: stride, stride });
  return layers.pool(x, { kind: "blur", size: 3, stride, padding: 1 });
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

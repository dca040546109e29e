/** MobileNetV3, large and small, as TF-Slim names and builds it. */
import { GLOBAL_POOL, type Layers } from "../layers";
import type { Network } from "../part";
import { expectWidth, invertedResidual, MOBILE, mobilePadding, roundDepth } from "./mobile";
import type { NetworkForm } from "./network";

type Row = readonly [
  kernel: number,
  expansion: number,
  depth: number,
  squeeze: "squeeze" | "-",
  activation: "relu" | "hardSwish",
  stride: number,
];

/** Kernel, inner channels, output channels, squeeze and excitation, activation, stride. @see Howard et al. 2019 (arXiv 1905.02244) tables 1 and 2 */
export const MOBILENET_V3 = {
  large: [
    [3, 16, 16, "-", "relu", 1],
    [3, 64, 24, "-", "relu", 2],
    [3, 72, 24, "-", "relu", 1],
    [5, 72, 40, "squeeze", "relu", 2],
    [5, 120, 40, "squeeze", "relu", 1],
    [5, 120, 40, "squeeze", "relu", 1],
    [3, 240, 80, "-", "hardSwish", 2],
    [3, 200, 80, "-", "hardSwish", 1],
    [3, 184, 80, "-", "hardSwish", 1],
    [3, 184, 80, "-", "hardSwish", 1],
    [3, 480, 112, "squeeze", "hardSwish", 1],
    [3, 672, 112, "squeeze", "hardSwish", 1],
    [5, 672, 160, "squeeze", "hardSwish", 2],
    [5, 960, 160, "squeeze", "hardSwish", 1],
    [5, 960, 160, "squeeze", "hardSwish", 1],
  ],
  small: [
    [3, 16, 16, "squeeze", "relu", 2],
    [3, 72, 24, "-", "relu", 2],
    [3, 88, 24, "-", "relu", 1],
    [5, 96, 40, "squeeze", "hardSwish", 2],
    [5, 240, 40, "squeeze", "hardSwish", 1],
    [5, 240, 40, "squeeze", "hardSwish", 1],
    [5, 120, 48, "squeeze", "hardSwish", 1],
    [5, 144, 48, "squeeze", "hardSwish", 1],
    [5, 288, 96, "squeeze", "hardSwish", 2],
    [5, 576, 96, "squeeze", "hardSwish", 1],
    [5, 576, 96, "squeeze", "hardSwish", 1],
  ],
} as const satisfies Readonly<Record<string, readonly Row[]>>;

/** Channels before and after the pool. */
const LAST_DEPTHS = { large: [960, 1280], small: [576, 1024] } as const;

const NAME = "MobilenetV3";

/**
 * MobileNetV3, inverted residuals of which some weigh their channels, up to its features.
 * @throws {RangeError} if the width is not above 0
 * @see TF-Slim's models/research/slim/nets/mobilenet/mobilenet_v3.py
 */
export function mobilenetV3(size: "large" | "small", form: NetworkForm): Network {
  const { source, width, dropoutKeepProb } = form;
  expectWidth(NAME, width);
  const rows: readonly Row[] = MOBILENET_V3[size];
  const swish = { ...MOBILE, activation: "hardSwish" } as const;
  const layer = (scope: string, number: number) => ({
    ...swish,
    scope,
    endpoint: `layer_${number}`,
  });
  const [before, after] = lastDepths(size, form);
  return (layers, images) => {
    const padding = mobilePadding(source, 3);
    const root = {
      ...layer(`${NAME}/Conv`, 1),
      depth: roundDepth(16 * width),
      kernel: 3,
      stride: 2,
      padding,
    };
    let net = layers.convolution(images, root); // [b, h/2, w/2, 16]
    let given = 16;
    for (const [i, row] of rows.entries()) {
      net = inverted(layers, net, { row, i, given, form });
      [, , given] = row;
    }
    const count = rows.length;
    net = layers.convolution(net, { ...layer(`${NAME}/Conv_1`, count + 2), depth: before }); // [b, h/32, w/32, 960]
    net = layers.endpoint(`layer_${count + 3}`, layers.globalPool(net)); // [b, 1, 1, 960]
    net = layers.convolution(net, { ...layer(`${NAME}/Conv_2`, count + 4), depth: after, normalize: false }); // [b, 1, 1, 1280]
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net));
    return layers.dropout(net, { scope: `${NAME}/Logits/Dropout`, keepProb: dropoutKeepProb });
  };
}

interface Place {
  readonly row: Row;
  readonly i: number;
  /** Channels that come in at a width of 1. */
  readonly given: number;
  readonly form: NetworkForm;
}

function inverted<X>(layers: Layers<X>, x: X, { row, i, given, form }: Place): X {
  const [kernel, expanded, depth, squeeze, activation, stride] = row;
  const { source, width } = form;
  const inner = roundDepth((layers.channels(x) * expanded) / given);
  const scope = `${NAME}/expanded_conv${i === 0 ? "" : `_${i}`}`;
  const sizes = { inner, depth: roundDepth(depth * width), kernel, stride };
  const block = { scope, endpoint: `layer_${i + 2}`, ...sizes, activation };
  const padding = mobilePadding(source, kernel);
  const gated = { inner: roundDepth(inner / 4), excess: source === "slim" ? 2e-5 : 0 };
  const ending = squeeze === "squeeze" ? { squeeze: gated } : {};
  return layers.unit(() => invertedResidual(layers, x, { ...block, padding, ...ending }));
}

/** Of another width than 1 the sources have other numbers of features. */
function lastDepths(
  size: "large" | "small",
  { source, width }: NetworkForm,
): [before: number, after: number] {
  const [before, after] = LAST_DEPTHS[size];
  const widths = { slim: width, torchvision: width, timm: 1, keras: Math.max(1, width) };
  return [roundDepth(before * width), roundDepth(after * widths[source])];
}

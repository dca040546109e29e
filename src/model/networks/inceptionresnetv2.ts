/** Inception-ResNet v2, as TF-Slim names and builds it. */
import type { Layers } from "../layers";
import type { Network } from "../part";
import {
  AVERAGE,
  auxLogits,
  branches,
  conv,
  gammaOf,
  inceptionModule,
  MAXIMUM,
  pooled,
  reduce,
  STEM,
  stem,
  type Branches,
  type InceptionStyle,
} from "./inception";
import type { NetworkForm } from "./network";

/** [b, 35, 35, 192] to [b, 35, 35, 320]. */
const MIXED_5B: Branches = [
  [conv("Conv2d_1x1", 96)],
  [conv("Conv2d_0a_1x1", 48), conv("Conv2d_0b_5x5", 64, 5)],
  [conv("Conv2d_0a_1x1", 64), conv("Conv2d_0b_3x3", 96, 3), conv("Conv2d_0c_3x3", 96, 3)],
  [AVERAGE, conv("Conv2d_0b_1x1", 64)],
];

/** Szegedy et al. 2016, fig. 16: of [b, 35, 35, 320]. */
const BLOCK_35: Branches = [
  [conv("Conv2d_1x1", 32)],
  [conv("Conv2d_0a_1x1", 32), conv("Conv2d_0b_3x3", 32, 3)],
  [conv("Conv2d_0a_1x1", 32), conv("Conv2d_0b_3x3", 48, 3), conv("Conv2d_0c_3x3", 64, 3)],
];

/** Fig. 7: [b, 35, 35, 320] to [b, 17, 17, 1088]. */
const MIXED_6A: Branches = [
  [reduce("Conv2d_1a_3x3", 384)],
  [conv("Conv2d_0a_1x1", 256), conv("Conv2d_0b_3x3", 256, 3), reduce("Conv2d_1a_3x3", 384)],
  [MAXIMUM],
];

/** Fig. 17: of [b, 17, 17, 1088]. */
const BLOCK_17: Branches = [
  [conv("Conv2d_1x1", 192)],
  [conv("Conv2d_0a_1x1", 128), conv("Conv2d_0b_1x7", 160, [1, 7]), conv("Conv2d_0c_7x1", 192, [7, 1])],
];

/** Fig. 18: [b, 17, 17, 1088] to [b, 8, 8, 2080]. */
const MIXED_7A: Branches = [
  [conv("Conv2d_0a_1x1", 256), reduce("Conv2d_1a_3x3", 384)],
  [conv("Conv2d_0a_1x1", 256), reduce("Conv2d_1a_3x3", 288)],
  [conv("Conv2d_0a_1x1", 256), conv("Conv2d_0b_3x3", 288, 3), reduce("Conv2d_1a_3x3", 320)],
  [MAXIMUM],
];

/** Fig. 19: of [b, 8, 8, 2080]. */
const BLOCK_8: Branches = [
  [conv("Conv2d_1x1", 192)],
  [conv("Conv2d_0a_1x1", 192), conv("Conv2d_0b_1x3", 224, [1, 3]), conv("Conv2d_0c_3x1", 256, [3, 1])],
];

/** A residual block: how much of its branches is added, and whether what is below 0 is cut off. */
interface Block {
  readonly scope: string;
  readonly of: Branches;
  readonly scale: number;
  readonly rectify?: boolean;
}

function block<X>(layers: Layers<X>, x: X, style: InceptionStyle, one: Block): X {
  const { scope: name, of, scale, rectify = true } = one;
  const { regularizedBiases = false, initializer } = style;
  const scope = `${style.scope}/${name}`;
  const up = { normalize: false, regularizedBiases, initializer, activation: "none" } as const;
  return layers.unit(() => {
    const mixed = branches(layers, x, style, { scope, of });
    const depth = layers.channels(x);
    const residual = layers.convolution(mixed, {
      ...up,
      scope: `${scope}/Conv2d_1x1`,
      depth,
      endpoint: null,
    });
    const sum = layers.addScaled(x, residual, scale);
    return rectify ? layers.activation(sum, "relu") : sum;
  });
}

/** Blocks one after the other. */
function repeat<X>(
  layers: Layers<X>,
  x: X,
  style: InceptionStyle,
  { count, scope, ...rest }: Block & { readonly count: number },
): X {
  let net = x;
  for (let i = 1; i <= count; i++) net = block(layers, net, style, { ...rest, scope: `${scope}_${i}` });
  return net;
}

/**
 * Inception-ResNet v2.
 * @see TF-Slim's models/research/slim/nets/inception_resnet_v2.py, Szegedy et al. 2016 (arXiv 1602.07261)
 */
export function inceptionResnetV2({ source, width, dropoutKeepProb, auxClasses }: NetworkForm): Network {
  const style: InceptionStyle = {
    ...{ scope: "InceptionResnetV2", width, normalize: gammaOf(source) },
    ...{ initializer: "xavierUniform", regularizedBiases: true },
  };
  return (layers, images) => {
    let net = stem(layers, images, style, STEM); // [b, 35, 35, 192]
    net = inceptionModule(layers, net, style, ["Mixed_5b", MIXED_5B]); // [b, 35, 35, 320]
    net = repeat(layers, net, style, { scope: "Repeat/block35", count: 10, of: BLOCK_35, scale: 0.17 });
    net = inceptionModule(layers, net, style, ["Mixed_6a", MIXED_6A]); // [b, 17, 17, 1088]
    net = repeat(layers, net, style, { scope: "Repeat_1/block17", count: 20, of: BLOCK_17, scale: 0.1 });
    const wide = layers.endpoint("PreAuxLogits", net);
    net = inceptionModule(layers, wide, style, ["Mixed_7a", MIXED_7A]); // [b, 8, 8, 2080]
    net = repeat(layers, net, style, { scope: "Repeat_2/block8", count: 9, of: BLOCK_8, scale: 0.2 });
    net = block(layers, net, style, { scope: "Block8", of: BLOCK_8, scale: 1, rectify: false });
    net = stem(layers, net, style, [conv("Conv2d_7b_1x1", 1536)]); // [b, 8, 8, 1536]
    if (auxClasses !== undefined)
      auxLogits(layers, wide, style, {
        classes: auxClasses,
        kernelName: () => "Conv2d_2a_5x5",
        logits: { name: "Logits", isDense: true, initializer: "xavierUniform" },
      });
    return pooled(layers, net, { scope: "InceptionResnetV2/Logits/Dropout", dropoutKeepProb }); // [b, 1, 1, 1536]
  };
}

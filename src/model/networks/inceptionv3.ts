/** Inception v3, as TF-Slim names and builds it. */
import type { Network } from "../part";
import {
  AVERAGE,
  auxLogits,
  conv,
  fork,
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

/** Szegedy et al. 2015, fig. 5. [b, 35, 35, c] to [b, 35, 35, 224 + pool]. */
function moduleA(pool: number, first = "Conv2d_0a_1x1", second = "Conv2d_0b_5x5"): Branches {
  return [
    [conv("Conv2d_0a_1x1", 64)],
    [conv(first, 48), conv(second, 64, 5)],
    [conv("Conv2d_0a_1x1", 64), conv("Conv2d_0b_3x3", 96, 3), conv("Conv2d_0c_3x3", 96, 3)],
    [AVERAGE, conv("Conv2d_0b_1x1", pool)],
  ];
}

/** Fig. 10: [b, 35, 35, 288] to [b, 17, 17, 768]. Its 3 x 3 are called 1x1 in TF-Slim. */
const REDUCTION_A: Branches = [
  [reduce("Conv2d_1a_1x1", 384)],
  [conv("Conv2d_0a_1x1", 64), conv("Conv2d_0b_3x3", 96, 3), reduce("Conv2d_1a_1x1", 96)],
  [MAXIMUM],
];

/** Fig. 6: [b, 17, 17, 768] to the same. */
function moduleB(depth: number): Branches {
  return [
    [conv("Conv2d_0a_1x1", 192)],
    [conv("Conv2d_0a_1x1", depth), conv("Conv2d_0b_1x7", depth, [1, 7]), conv("Conv2d_0c_7x1", 192, [7, 1])],
    [
      conv("Conv2d_0a_1x1", depth),
      conv("Conv2d_0b_7x1", depth, [7, 1]),
      conv("Conv2d_0c_1x7", depth, [1, 7]),
      conv("Conv2d_0d_7x1", depth, [7, 1]),
      conv("Conv2d_0e_1x7", 192, [1, 7]),
    ],
    [AVERAGE, conv("Conv2d_0b_1x1", 192)],
  ];
}

/** [b, 17, 17, 768] to [b, 8, 8, 1280]. */
const REDUCTION_B: Branches = [
  [conv("Conv2d_0a_1x1", 192), reduce("Conv2d_1a_3x3", 320)],
  [
    conv("Conv2d_0a_1x1", 192),
    conv("Conv2d_0b_1x7", 192, [1, 7]),
    conv("Conv2d_0c_7x1", 192, [7, 1]),
    reduce("Conv2d_1a_3x3", 192),
  ],
  [MAXIMUM],
];

/** Fig. 7: [b, 8, 8, c] to [b, 8, 8, 2048]. */
function moduleC(second: string): Branches {
  return [
    [conv("Conv2d_0a_1x1", 320)],
    [conv("Conv2d_0a_1x1", 384), fork(conv("Conv2d_0b_1x3", 384, [1, 3]), conv(second, 384, [3, 1]))],
    [
      conv("Conv2d_0a_1x1", 448),
      conv("Conv2d_0b_3x3", 384, 3),
      fork(conv("Conv2d_0c_1x3", 384, [1, 3]), conv("Conv2d_0d_3x1", 384, [3, 1])),
    ],
    [AVERAGE, conv("Conv2d_0b_1x1", 192)],
  ];
}

const AUX_FROM = "Mixed_6e";

const MODULES: readonly (readonly [name: string, of: Branches])[] = [
  ["Mixed_5b", moduleA(32)], // [b, 35, 35, 256]
  ["Mixed_5c", moduleA(64, "Conv2d_0b_1x1", "Conv_1_0c_5x5")], // [b, 35, 35, 288]
  ["Mixed_5d", moduleA(64)], // [b, 35, 35, 288]
  ["Mixed_6a", REDUCTION_A], // [b, 17, 17, 768]
  ["Mixed_6b", moduleB(128)],
  ["Mixed_6c", moduleB(160)],
  ["Mixed_6d", moduleB(160)],
  [AUX_FROM, moduleB(192)], // [b, 17, 17, 768]
  ["Mixed_7a", REDUCTION_B], // [b, 8, 8, 1280]
  ["Mixed_7b", moduleC("Conv2d_0b_3x1")], // [b, 8, 8, 2048]
  ["Mixed_7c", moduleC("Conv2d_0c_3x1")], // [b, 8, 8, 2048]
];

/**
 * Inception v3. Means over 3 x 3 count the zeros around an image in torchvision and timm alone.
 * @see tf_slim/nets/inception_v3.py, Szegedy et al. 2015 (arXiv 1512.00567)
 */
export function inceptionV3({ source, width, dropoutKeepProb, auxClasses }: NetworkForm): Network {
  const normalize = gammaOf(source);
  const style: InceptionStyle = {
    ...{ scope: "InceptionV3", width, normalize, initializer: "scaledNormal" },
    countsPadding: normalize === true,
  };
  return (layers, images) => {
    let net = stem(layers, images, style, STEM); // [b, 35, 35, 192]
    let beside = net;
    for (const module of MODULES) {
      net = inceptionModule(layers, net, style, module);
      if (module[0] === AUX_FROM) beside = net;
    }
    if (auxClasses !== undefined)
      auxLogits(layers, beside, style, {
        classes: auxClasses,
        maxKernel: 5,
        kernelName: ([high, wide]) => `Conv2d_2a_${high}x${wide}`,
        initializer: { truncatedNormal: 0.01 },
        logits: { name: "Conv2d_2b_1x1", initializer: { truncatedNormal: 0.001 } },
      });
    return pooled(layers, net, { scope: "InceptionV3/Logits/Dropout_1b", dropoutKeepProb }); // [b, 1, 1, 2048]
  };
}

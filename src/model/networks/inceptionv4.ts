/** Inception v4, as TF-Slim names and builds it. */
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
  stem,
  type Branches,
  type InceptionStyle,
  type Step,
} from "./inception";
import type { NetworkForm } from "./network";

/** Szegedy et al. 2016, the beginning of fig. 3: [b, 299, 299, 3] to [b, 147, 147, 64]. */
const STEM: readonly Step[] = [
  reduce("Conv2d_1a_3x3", 32), // [b, 149, 149, 32]
  reduce("Conv2d_2a_3x3", 32, 1), // [b, 147, 147, 32]
  conv("Conv2d_2b_3x3", 64, 3), // [b, 147, 147, 64]
];

/** The rest of fig. 3: [b, 147, 147, 64] to [b, 35, 35, 384]. */
const STEM_MODULES: readonly (readonly [name: string, of: Branches])[] = [
  ["Mixed_3a", [[MAXIMUM], [reduce("Conv2d_0a_3x3", 96)]]], // [b, 73, 73, 160]
  [
    "Mixed_4a", // [b, 71, 71, 192]
    [
      [conv("Conv2d_0a_1x1", 64), reduce("Conv2d_1a_3x3", 96, 1)],
      [
        conv("Conv2d_0a_1x1", 64),
        conv("Conv2d_0b_1x7", 64, [1, 7]),
        conv("Conv2d_0c_7x1", 64, [7, 1]),
        reduce("Conv2d_1a_3x3", 96, 1),
      ],
    ],
  ],
  ["Mixed_5a", [[reduce("Conv2d_1a_3x3", 192)], [MAXIMUM]]], // [b, 35, 35, 384]
];

/** Fig. 4: [b, 35, 35, 384] to the same. */
const MODULE_A: Branches = [
  [conv("Conv2d_0a_1x1", 96)],
  [conv("Conv2d_0a_1x1", 64), conv("Conv2d_0b_3x3", 96, 3)],
  [conv("Conv2d_0a_1x1", 64), conv("Conv2d_0b_3x3", 96, 3), conv("Conv2d_0c_3x3", 96, 3)],
  [AVERAGE, conv("Conv2d_0b_1x1", 96)],
];

/** Fig. 7: [b, 35, 35, 384] to [b, 17, 17, 1024]. */
const REDUCTION_A: Branches = [
  [reduce("Conv2d_1a_3x3", 384)],
  [conv("Conv2d_0a_1x1", 192), conv("Conv2d_0b_3x3", 224, 3), reduce("Conv2d_1a_3x3", 256)],
  [MAXIMUM],
];

/** Fig. 5: [b, 17, 17, 1024] to the same. */
const MODULE_B: Branches = [
  [conv("Conv2d_0a_1x1", 384)],
  [conv("Conv2d_0a_1x1", 192), conv("Conv2d_0b_1x7", 224, [1, 7]), conv("Conv2d_0c_7x1", 256, [7, 1])],
  [
    conv("Conv2d_0a_1x1", 192),
    conv("Conv2d_0b_7x1", 192, [7, 1]),
    conv("Conv2d_0c_1x7", 224, [1, 7]),
    conv("Conv2d_0d_7x1", 224, [7, 1]),
    conv("Conv2d_0e_1x7", 256, [1, 7]),
  ],
  [AVERAGE, conv("Conv2d_0b_1x1", 128)],
];

/** Fig. 8: [b, 17, 17, 1024] to [b, 8, 8, 1536]. */
const REDUCTION_B: Branches = [
  [conv("Conv2d_0a_1x1", 192), reduce("Conv2d_1a_3x3", 192)],
  [
    conv("Conv2d_0a_1x1", 256),
    conv("Conv2d_0b_1x7", 256, [1, 7]),
    conv("Conv2d_0c_7x1", 320, [7, 1]),
    reduce("Conv2d_1a_3x3", 320),
  ],
  [MAXIMUM],
];

/** Fig. 6: [b, 8, 8, 1536] to the same. */
const MODULE_C: Branches = [
  [conv("Conv2d_0a_1x1", 256)],
  [conv("Conv2d_0a_1x1", 384), fork(conv("Conv2d_0b_1x3", 256, [1, 3]), conv("Conv2d_0c_3x1", 256, [3, 1]))],
  [
    conv("Conv2d_0a_1x1", 384),
    conv("Conv2d_0b_3x1", 448, [3, 1]),
    conv("Conv2d_0c_1x3", 512, [1, 3]),
    fork(conv("Conv2d_0d_1x3", 256, [1, 3]), conv("Conv2d_0e_3x1", 256, [3, 1])),
  ],
  [AVERAGE, conv("Conv2d_0b_1x1", 256)],
];

const named = (stage: number, letters: string, of: Branches) =>
  [...letters].map((letter) => [`Mixed_${stage}${letter}`, of] as const);

/** [b, 35, 35, 384] to [b, 17, 17, 1024]. */
const WIDE_MODULES = [
  ...named(5, "bcde", MODULE_A),
  ...named(6, "a", REDUCTION_A),
  ...named(6, "bcdefgh", MODULE_B),
];

/** [b, 17, 17, 1024] to [b, 8, 8, 1536]. */
const NARROW_MODULES = [...named(7, "a", REDUCTION_B), ...named(7, "bcd", MODULE_C)];

/**
 * Inception v4.
 * @see TF-Slim's models/research/slim/nets/inception_v4.py, Szegedy et al. 2016 (arXiv 1602.07261)
 */
export function inceptionV4({ source, width, dropoutKeepProb, auxClasses }: NetworkForm): Network {
  const scope = "InceptionV4";
  const style: InceptionStyle = { scope, width, normalize: gammaOf(source), initializer: "scaledNormal" };
  return (layers, images) => {
    let net = stem(layers, images, style, STEM); // [b, 147, 147, 64]
    for (const module of [...STEM_MODULES, ...WIDE_MODULES])
      net = inceptionModule(layers, net, style, module);
    const wide = net; // [b, 17, 17, 1024]
    for (const module of NARROW_MODULES) net = inceptionModule(layers, net, style, module); // [b, 8, 8, 1536]
    if (auxClasses !== undefined)
      auxLogits(layers, wide, style, {
        classes: auxClasses,
        kernelName: () => "Conv2d_2a",
        logits: { name: "Aux_logits", isDense: true, initializer: "xavierUniform" },
      });
    return pooled(layers, net, { scope: `${scope}/Logits/Dropout_1b`, dropoutKeepProb }); // [b, 1, 1, 1536]
  };
}

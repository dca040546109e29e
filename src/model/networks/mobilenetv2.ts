/** MobileNetV2, as TF-Slim names and builds it. */
import { GLOBAL_POOL } from "../layers";
import type { Network } from "../part";
import { expectWidth, invertedResidual, MOBILE, mobilePadding, roundDepth } from "./mobile";
import type { NetworkForm } from "./network";

/** Expansion, output channels, blocks and the first one's stride. @see Sandler et al. 2018 (arXiv 1801.04381) table 2 */
const TABLE = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The same block by block. */
export const MOBILENET_V2 = TABLE.flatMap(([expansion, depth, blocks, first]) =>
  Array.from({ length: blocks }, (_, i) => ({ expansion, depth, stride: i === 0 ? first : 1 })),
);

const NAME = "MobilenetV2";
const LAST_DEPTH = 1280;

/**
 * MobileNetV2, a row of inverted residuals, up to its features, of which there are never less than 1,280.
 * @throws {RangeError} if the width is not above 0
 * @see TF-Slim's models/research/slim/nets/mobilenet/mobilenet_v2.py, thin ones with finegrain_classification_mode, as the others' are
 */
export function mobilenetV2({ source, width, dropoutKeepProb }: NetworkForm): Network {
  expectWidth(NAME, width);
  const rows = MOBILENET_V2;
  const padding = mobilePadding(source, 3);
  const layer = (scope: string, endpoint: string) => ({ ...MOBILE, scope, endpoint });
  return (layers, images) => {
    const root = {
      ...layer(`${NAME}/Conv`, "layer_1"),
      depth: roundDepth(32 * width),
      kernel: 3,
      stride: 2,
      padding,
    };
    let net = layers.convolution(images, root); // [b, h/2, w/2, 32]
    for (const [i, { expansion, depth, stride }] of rows.entries()) {
      const given = net;
      const scope = `${NAME}/expanded_conv${i === 0 ? "" : `_${i}`}`;
      const inner = expansion * layers.channels(given);
      const sizes = { inner, depth: roundDepth(depth * width), kernel: 3, stride, padding };
      const block = { scope, endpoint: `layer_${i + 2}`, ...sizes, activation: MOBILE.activation };
      net = layers.unit(() => invertedResidual(layers, given, block));
    }
    const last = {
      ...layer(`${NAME}/Conv_1`, `layer_${rows.length + 2}`),
      depth: roundDepth(LAST_DEPTH * Math.max(1, width)),
    };
    net = layers.convolution(net, last); // [b, h/32, w/32, 1280]
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net)); // [b, 1, 1, 1280]
    return layers.dropout(net, { scope: `${NAME}/Logits/Dropout`, keepProb: dropoutKeepProb });
  };
}

/** MobileNet, as TF-Slim names and builds it. */
import { GLOBAL_POOL } from "../layers";
import type { Network } from "../part";
import type { Padding } from "../window";
import { expectWidth, MOBILE, mobilePadding } from "./mobile";
import type { NetworkForm } from "./network";

/** Output channels and stride of the separable convolutions. @see Howard et al. 2017 (arXiv 1704.04861) table 1 */
export const MOBILENET_V1 = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

const NAME = "MobilenetV1";
const LEAST_DEPTH = 8;

/**
 * MobileNet, a row of depthwise and pointwise convolutions, up to its features.
 * @throws {RangeError} if the width is not above 0
 * @see TF-Slim's models/research/slim/nets/mobilenet_v1.py
 */
export function mobilenetV1({ source, width, dropoutKeepProb }: NetworkForm): Network {
  expectWidth(NAME, width);
  const depthOf = (depth: number): number => Math.max(Math.trunc(depth * width), LEAST_DEPTH);
  const padding = mobilePadding(source, 3);
  // keras.applications adds a row below and a column at the right, whatever the size
  const paddingOf = (stride: number): Padding => (source === "keras" && stride === 2 ? [0, 1] : padding);
  const layer = (name: string) => ({ ...MOBILE, scope: `${NAME}/${name}`, endpoint: name });
  return (layers, images) => {
    const root = { ...layer("Conv2d_0"), depth: depthOf(32), kernel: 3, stride: 2, padding };
    let net = layers.convolution(images, root); // [b, h/2, w/2, 32]
    for (const [i, [depth, stride]] of MOBILENET_V1.entries()) {
      const given = net;
      const spatial = {
        ...layer(`Conv2d_${i + 1}_depthwise`),
        kernel: 3,
        stride,
        padding: paddingOf(stride),
      };
      const pointwise = { ...layer(`Conv2d_${i + 1}_pointwise`), depth: depthOf(depth) };
      net = layers.unit(() => layers.convolution(layers.depthwise(given, spatial), pointwise));
    }
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net)); // [b, 1, 1, 1024]
    return layers.dropout(net, { scope: `${NAME}/Logits/Dropout_1b`, keepProb: dropoutKeepProb });
  };
}

/** AlexNet, as TF-Slim and torchvision build it. */
import { GLOBAL_POOL, type Layers } from "../layers";
import type { Network } from "../part";
import { scaleDepth } from "./blocks";
import type { NetworkForm, NetworkSpec } from "./network";

const NAME = "alexnet_v2";

/** What differs: torchvision pads the first convolution, has fewer channels in the fourth, and drops before its fully connected layers. */
const FORMS = {
  slim: { padding: "valid", fourth: 384, grid: 5, dropped: "after" },
  torchvision: { padding: 2, fourth: 256, grid: 6, dropped: "before" },
} as const;

/** @see tf_slim/nets/alexnet.py, Krizhevsky 2014 (arXiv 1404.5997); torchvision/models/alexnet.py */
function alexnet({ source, width, dropoutKeepProb: keepProb }: NetworkForm): Network {
  const form = source === "torchvision" ? FORMS.torchvision : FORMS.slim;
  const bare = { normalize: false, biasesInitializer: { constant: 0.1 } } as const;
  const shared = { ...bare, initializer: "xavierUniform" } as const;
  const dense = { ...bare, depth: scaleDepth(4096, width), initializer: { truncatedNormal: 0.005 } } as const;
  const depth = (full: number): number => scaleDepth(full, width);
  return <X>(layers: Layers<X>, images: X): X => {
    const convolution = (x: X, name: string, full: number, kernel: number): X =>
      layers.convolution(x, { scope: `${NAME}/${name}`, depth: depth(full), kernel, ...shared });
    const pool = (x: X, name: string): X =>
      layers.endpoint(
        `${NAME}/${name}`,
        layers.pool(x, { kind: "max", size: 3, stride: 2, padding: "valid" }),
      );
    const dropout = (x: X, name: string, where: "before" | "after"): X =>
      where === form.dropped ? layers.dropout(x, { scope: `${NAME}/${name}`, keepProb }) : x;
    const first = { scope: `${NAME}/conv1`, kernel: 11, stride: 4, padding: form.padding } as const;
    let net = layers.convolution(images, { ...first, depth: depth(64), ...shared }); // [b, 54, 54, 64], torchvision 55
    net = pool(net, "pool1"); // [b, 26, 26, 64]
    net = convolution(net, "conv2", 192, 5);
    net = pool(net, "pool2"); // [b, 12, 12, 192]
    net = convolution(net, "conv3", 384, 3);
    net = convolution(net, "conv4", form.fourth, 3);
    net = convolution(net, "conv5", 256, 3);
    net = pool(net, "pool5"); // [b, 5, 5, 256], torchvision 6
    if (source === "torchvision") net = layers.adaptivePool(net, form.grid);
    net = dropout(net, "dropout5", "before");
    net = layers.convolution(net, {
      scope: `${NAME}/fc6`,
      kernel: form.grid,
      padding: "valid",
      ...dense,
    }); // [b, 1, 1, 4096]
    net = layers.dropout(net, { scope: `${NAME}/dropout6`, keepProb });
    net = layers.convolution(net, { scope: `${NAME}/fc7`, ...dense });
    net = layers.endpoint(GLOBAL_POOL, layers.globalPool(net));
    return dropout(net, "dropout7", "after");
  };
}

/** @see alexnet_v2_arg_scope in tf_slim/nets/alexnet.py */
export const ALEXNETS = {
  alexnet_v2: {
    imageSize: 224,
    sources: {
      slim: { preprocessing: "vgg", batchNormEpsilon: 1e-5 },
      torchvision: { preprocessing: "torch", batchNormEpsilon: 1e-5 },
    },
    weightDecay: 5e-4,
    batchNormDecay: 0.9,
    dropoutKeepProb: 0.5,
    build: alexnet,
  },
} as const satisfies Readonly<Record<string, NetworkSpec>>;

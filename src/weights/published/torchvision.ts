/** torchvision's weights. */
import { basename } from "node:path";
import { unknownWeights, type PublishedSource } from "./source";

/**
 * torchvision's files by network, the default ones last: their names have the first digits of their SHA-256.
 * @see torchvision 0.28.0: models/*.py
 */
const TORCHVISION: Readonly<Record<string, readonly string[]>> = {
  alexnet: ["alexnet-owt-7be5be79"],
  vgg11: ["vgg11-8a719046"],
  vgg11_bn: ["vgg11_bn-6002323d"],
  vgg16: ["vgg16-397923af"],
  vgg16_bn: ["vgg16_bn-6c64b313"],
  vgg19: ["vgg19-dcbb9e9d"],
  vgg19_bn: ["vgg19_bn-c79401a0"],
  googlenet: ["googlenet-1378be20"],
  inception_v3: ["inception_v3_google-0cc3c7bd"],
  mobilenet_v2: ["mobilenet_v2-b0353104", "mobilenet_v2-7ebf99e0"],
  mobilenet_v3_large: ["mobilenet_v3_large-8738ca79", "mobilenet_v3_large-5c1a4163"],
  mobilenet_v3_small: ["mobilenet_v3_small-047dcff4"],
  resnet18: ["resnet18-f37072fd"],
  resnet34: ["resnet34-b627a593"],
  resnet50: ["resnet50-0676ba61", "resnet50-11ad3fa6"],
  resnet101: ["resnet101-63fe2227", "resnet101-cd907fc2"],
  resnet152: ["resnet152-394f9c45", "resnet152-f82ba261"],
  wide_resnet50_2: ["wide_resnet50_2-95faca4d", "wide_resnet50_2-9ba9bcbe"],
  wide_resnet101_2: ["wide_resnet101_2-32ee1156", "wide_resnet101_2-d733dc28"],
  efficientnet_b0: ["efficientnet_b0_rwightman-7f5810bc"],
  efficientnet_b1: ["efficientnet_b1_rwightman-bac287d4", "efficientnet_b1-c27df63c"],
  efficientnet_b2: ["efficientnet_b2_rwightman-c35c1473"],
  efficientnet_b3: ["efficientnet_b3_rwightman-b3899882"],
  convnext_tiny: ["convnext_tiny-983f1562"],
};

/** @see https://docs.pytorch.org/vision/stable/models.html, the first note, and torchvision's LICENSE */
const TORCHVISION_LICENSE =
  "none stated: the terms of ImageNet, on which they were trained, may apply (torchvision's code: BSD-3-Clause)";

/** torchvision's weights by its networks and tags, "IMAGENET1K_V1" and, of some, "IMAGENET1K_V2". */
export const torchvision: PublishedSource = {
  baseUrl: "https://download.pytorch.org/models/",
  networks: Object.keys(TORCHVISION),
  tagOf(network, tag) {
    const tags = torchvisionTags(network);
    const chosen = tag ?? tags.at(-1);
    if (chosen !== undefined && tags.includes(chosen)) return chosen;
    const names = Object.keys(TORCHVISION).map((name) => `torchvision/${name}`);
    if (tag === undefined || tags.length === 0) throw unknownWeights(`torchvision/${network}`, names);
    throw unknownWeights(
      `torchvision/${network}.${tag}`,
      tags.map((one) => `torchvision/${network}.${one}`),
    );
  },
  find(network, tag) {
    const file = TORCHVISION[network]?.[torchvisionTags(network).indexOf(tag)] ?? "";
    return { address: `${file}.pth`, license: TORCHVISION_LICENSE, sha256: file.slice(-8) };
  },
};

/** The tags of a network's weights, the default one last; all want the same pixels. */
export function torchvisionTags(network: string): readonly string[] {
  return (TORCHVISION[network] ?? []).map((_, i) => `IMAGENET1K_V${i + 1}`);
}

/** The tag of the weights whose published name a file has: of "resnet50-0676ba61.pth" "IMAGENET1K_V1"; undefined of others. */
export function torchvisionTagOf(network: string, path: string): string | undefined {
  const place = (TORCHVISION[network] ?? []).indexOf(basename(path, ".pth"));
  return torchvisionTags(network)[place];
}

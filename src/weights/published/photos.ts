/** How those that publish weights show photographs to them. */
import type { Source } from "../../model/networks/network";
import type { Interpolation } from "../../tensorflow";
import { timmTags } from "./timm";
import { torchvisionTags } from "./torchvision";

/** How photographs get to a network's size where its weights are from: as options of Model, as far as it has them. */
export interface PhotosShown {
  /** Pixels of the shorter side before the crop. */
  readonly fixedResizeSide: number;
  /** Pixels of a side of the middle that is cropped. */
  readonly defaultImageSize: number;
  /** One of Model's, or of others: "lanczos". */
  readonly interpolation: string;
  /** The share of each side of photographs that is squashed into the square, as timm's crop_mode "squash" has it. @default none */
  readonly centralFraction?: number | undefined;
  /** "center", "squash", or what no model here does: timm's "border" adds borders. */
  readonly cropMode: string;
}

/**
 * Of which weights, by tags, by networks, or by both: "a3_in1k", "inception_v3", "resnet50.a1h_in1k". How weights that a network
 * takes by default are shown photographs, the network itself says: see its SourceTraits.
 */
type Table = readonly (readonly [crop: number, side: number, interpolation: Interpolation, names: string])[];

/** @see torchvision 0.28.0: models/*.py, transforms of the weights; test/oracle/photosizes.py reads them */
const TORCHVISION: Table = [
  [224, 232, "bilinear", "IMAGENET1K_V2"],
  [240, 255, "bilinear", "efficientnet_b1.IMAGENET1K_V2"],
];

/**
 * Shorter sides are floor(crop / crop_pct), as data/transforms_factory.py has it; crops are those of training, not test_input_size.
 * @see timm 1.0.31: default_cfgs in models/*.py; test/oracle/photosizes.py reads them
 */
const TIMM: Table = [
  [224, 235, "bicubic", "a1_in1k a1h_in1k a2_in1k b1k_in1k b2k_in1k c1_in1k c2_in1k d_in1k in12k_ft_in1k in12k"],
  [224, 248, "bicubic", "ra4_e3600_r224_in1k"],
  [224, 256, "bilinear", "tv_in1k fb_ssl_yfcc100m_ft_in1k fb_swsl_ig1b_ft_in1k"],
  [224, 224, "bicubic", "bamboo dinov3_lvd1689m"],
  [160, 168, "bicubic", "a3_in1k"],
  [176, 201, "bilinear", "tv2_in1k"],
  [256, 256, "bicubic", "eupe_lvd1689m"],
  [384, 384, "bicubic", "in12k_ft_in1k_384 fb_in22k_ft_in1k_384"],
  [176, 195, "bicubic", "resnet50.a1h_in1k"],
  [299, 341, "bicubic", "inception_v3"],
  [299, 333, "bicubic", "inception_resnet_v2"],
  [240, 272, "bicubic", "tf_efficientnet_b1"],
  [260, 292, "bicubic", "tf_efficientnet_b2"],
  [300, 331, "bicubic", "tf_efficientnet_b3"],
  [224, 235, "bicubic", "mobilenetv3_large_100.ra4_e3600_r224_in1k"],
  [224, 256, "bilinear", "tf_mobilenetv3_large_100 tf_mobilenetv3_small_100"],
]; // prettier-ignore

/** timm's weights that are shown photographs squashed into a square, of which all is kept. @see timm 1.0.31: models/convnext.py, crop_mode */
const SQUASHED = ["in12k_ft_in1k_384", "fb_in22k_ft_in1k_384"];

interface Publisher {
  readonly table: Table;
  readonly usual: Interpolation;
  /**
   * The tag whose sizes are taken of a network where none is named: torchvision's first, since weights of the first lose more by the second's
   * (a ResNet-50 on 1,000 photos: 80.8 instead of 82.7 % right) than the second gains by its own; timm's own default.
   */
  defaultTag(this: void, network: string): string | undefined;
}

const PUBLISHERS: Readonly<Record<string, Publisher>> = {
  torchvision: { table: TORCHVISION, usual: "bilinear", defaultTag: (name) => torchvisionTags(name)[0] },
  timm: { table: TIMM, usual: "bicubic", defaultTag: (name) => timmTags(name)[0] },
};

/**
 * How the library shows photographs to weights that it publishes.
 * @param name  "timm/resnet50.a3_in1k"; without a tag it is PUBLISHERS' default
 * @param form  whose form of the network they are for
 * @returns undefined of weights that a network takes by default in their library's form, and of other libraries': its own options say it
 */
export function publishedPhotos(name: string, form: Source): PhotosShown | undefined {
  const [, source = "", network = "", given] = /^(\w+)\/(\w+)(?:\.(.+))?$/.exec(name) ?? [];
  const publisher = Object.hasOwn(PUBLISHERS, source) ? PUBLISHERS[source] : undefined;
  if (publisher === undefined) return undefined;
  const { table, usual, defaultTag } = publisher;
  const usualTag = defaultTag(network);
  const tag = given ?? usualTag ?? "";
  if (source === form && tag === (usualTag ?? "")) return undefined;
  const row = [`${network}.${tag}`, network, tag]
    .map((key) => table.find(([, , , names]) => names.split(" ").includes(key)))
    .find((found) => found !== undefined);
  const [defaultImageSize, fixedResizeSide, interpolation] = row ?? [224, 256, usual];
  const isSquashed = source === "timm" && SQUASHED.includes(tag);
  const crop = isSquashed ? { cropMode: "squash", centralFraction: 1 } : { cropMode: "center" };
  return { fixedResizeSide, defaultImageSize, interpolation, ...crop };
}

/** All networks of all sources whose weights can be imported. */
import { CONVNEXT_MAPPINGS } from "./convnext";
import { EFFICIENTNET_MAPPINGS } from "./efficientnet";
import { INCEPTION_MAPPINGS } from "./inception";
import { INCEPTION12_MAPPINGS } from "./inception12";
import type { WeightsMapping } from "./mapping";
import { MOBILENET_MAPPINGS } from "./mobilenet";
import { RESNET_MAPPINGS } from "./resnet";
import { VGG_MAPPINGS } from "./vgg";

/** By source, then family. */
export const MAPPINGS: readonly WeightsMapping[] = [
  ...CONVNEXT_MAPPINGS,
  ...EFFICIENTNET_MAPPINGS,
  ...INCEPTION12_MAPPINGS,
  ...INCEPTION_MAPPINGS,
  ...MOBILENET_MAPPINGS,
  ...RESNET_MAPPINGS,
  ...VGG_MAPPINGS,
];

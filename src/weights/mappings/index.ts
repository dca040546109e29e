/** All networks of all sources whose weights can be imported. */
import type { WeightsMapping } from "./mapping";
import { MOBILENET_MAPPINGS } from "./mobilenet";
import { RESNET_MAPPINGS } from "./resnet";

/** By source, then family. */
export const MAPPINGS: readonly WeightsMapping[] = [...MOBILENET_MAPPINGS, ...RESNET_MAPPINGS];

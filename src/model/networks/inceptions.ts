/** The Inceptions, by TF-Slim's names. */
import { inceptionSpec } from "./inception";
import { inceptionResnetV2 } from "./inceptionresnetv2";
import { inceptionV3 } from "./inceptionv3";
import { inceptionV4 } from "./inceptionv4";
import type { NetworkSpec } from "./network";

/** @see tf_slim/nets/inception_v3.py; models/research/slim/nets/inception_v4.py, inception_resnet_v2.py */
export const INCEPTIONS = {
  inception_v3: inceptionSpec(["slim", "torchvision", "timm", "keras"], 341, inceptionV3),
  inception_v4: inceptionSpec(["slim", "timm"], 341, inceptionV4),
  inception_resnet_v2: inceptionSpec(["slim", "timm", "keras"], 333, inceptionResnetV2),
} as const satisfies Readonly<Record<string, NetworkSpec>>;

/** All methods by name. */
import type { Method } from "../method";
import { ablationCam } from "./ablationcam";
import { gradCamMethod } from "./gradcam";
import { hiResCam } from "./hirescam";
import { occlusion } from "./occlusion";
import { rise } from "./rise";
import { scoreCam } from "./scorecam";

/** Methods by the names that explain() knows them by, each with its defaults. */
export const METHODS = {
  gradCam: gradCamMethod,
  hiResCam,
  scoreCam: scoreCam(),
  ablationCam,
  occlusion: occlusion(),
  rise: rise(),
} as const satisfies Readonly<Record<string, Method>>;

/** A method by name. */
export type MethodName = keyof typeof METHODS;

/** All methods by name. */
import type { Method } from "../method";
import { ablationCam } from "./ablationcam";
import { eigenCam } from "./eigencam";
import { eigenGradCam } from "./eigengradcam";
import { fullGrad } from "./fullgrad";
import { gradCamMethod } from "./gradcam";
import { gradCamPlusPlus } from "./gradcamplusplus";
import { guidedBackprop } from "./guidedbackprop";
import { guidedGradCam } from "./guidedgradcam";
import { hiResCam } from "./hirescam";
import { inputXGradient } from "./inputxgradient";
import { integratedGradients } from "./integratedgradients";
import { kpcaCam } from "./kpcacam";
import { layerCam } from "./layercam";
import { occlusion } from "./occlusion";
import { randomCam } from "./randomcam";
import { rise } from "./rise";
import { saliency } from "./saliency";
import { scoreCam } from "./scorecam";
import { smoothGrad } from "./smoothgrad";
import { xGradCam } from "./xgradcam";

/** Methods by the names that explain() knows them by, each with its defaults. */
export const METHODS = {
  gradCam: gradCamMethod,
  gradCamPlusPlus,
  hiResCam,
  xGradCam,
  layerCam,
  eigenCam: eigenCam(),
  eigenGradCam,
  kpcaCam: kpcaCam(),
  scoreCam: scoreCam(),
  ablationCam,
  occlusion: occlusion(),
  rise: rise(),
  saliency,
  inputXGradient,
  integratedGradients: integratedGradients(),
  smoothGrad: smoothGrad(),
  guidedBackprop,
  guidedGradCam,
  fullGrad,
  randomCam: randomCam(),
} as const satisfies Readonly<Record<string, Method>>;

/** A method by name. */
export type MethodName = keyof typeof METHODS;

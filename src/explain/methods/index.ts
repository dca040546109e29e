/** All methods by name. */
import type { Method } from "../method";
import { gradCamMethod } from "./gradcam";
import { hiResCam } from "./hirescam";

/** Methods by the names that explain() knows them by, each with its defaults. */
export const METHODS = {
  gradCam: gradCamMethod,
  hiResCam,
} as const satisfies Readonly<Record<string, Method>>;

/** A method by name. */
export type MethodName = keyof typeof METHODS;

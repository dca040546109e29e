import { firstComponent } from "../component";
import type { Method } from "../method";

/** Options of eigenCam(). */
export interface EigenCamOptions {
  /**
   * Whether the mean of all places is taken off first, as principal components have it and pytorch-grad-cam does. The paper's
   * formula, O·V₁, says nothing of it: without, a map of activations above 0 is above 0 everywhere. @default true
   */
  readonly centered?: boolean;
}

/**
 * Eigen-CAM: the first principal component of the activation; of no class, since no gradient is taken.
 *
 * A component's sign is arbitrary. pytorch-grad-cam 1.5.7 leaves it to chance, which shows some maps inverted; here the map correlates
 * positively with the sum of the channels.
 * @see Muhammad, Yeasin 2020, "Eigen-CAM: Class Activation Map using Principal Components" (arXiv 2008.00299)
 */
export function eigenCam({ centered = true }: EigenCamOptions = {}): Method {
  return {
    name: "eigenCam",
    of: "endpoint",
    values: ({ activation }) => firstComponent(activation, centered),
  };
}

import { device } from "../src/tensorflow";

/** Why tests of what only CPUs have are skipped, false if they are not. */
export const cpuOnly = device().isGpu && "on a GPU TensorFlow's own operations take the place of the addon's";

/** How gradients become updates. */
export {
  configureLearningRate,
  type ConstantOptions,
  type CosineOptions,
  type ExponentialOptions,
  type LearningRateOptions,
  type PiecewiseOptions,
  type PolynomialOptions,
  type Schedule,
} from "./schedule";
export { oneCycle, type OneCycle, type OneCycleOptions } from "./onecycle";
export { slice, type LearningRate, type Rate } from "./rates";
export {
  momentumOptimizer,
  sgdOptimizer,
  type MomentumOptions,
  type Optimizer,
  type OptimizerState,
  type VariableGradient,
} from "./optimizer";
export {
  adamOptimizer,
  adamWOptimizer,
  rmsPropOptimizer,
  type AdamOptions,
  type AdamWOptions,
  type RmsPropOptions,
} from "./adaptive";
export type { GradientOptions } from "./gradients";

/** What else goes on at the turns of a training. */
export type { Callback, EpochResult, History, Training } from "./callback";
export type { MonitorOptions } from "./monitor";
export { earlyStopping, type EarlyStopping, type EarlyStoppingCallbackOptions } from "./earlystopping";
export { keepBest, type KeepBest, type KeepBestOptions } from "./keepbest";
export { reduceOnPlateau, type ReduceOnPlateauOptions } from "./reduceonplateau";
export { csvLog, type CsvLogOptions } from "./csvlog";
export { tensorboard, type TensorboardOptions } from "./tensorboard";
export { modelEma, type ModelEma, type ModelEmaOptions } from "./modelema";

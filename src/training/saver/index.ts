/** Checkpoints: saved, kept, found and restored. */
export { listCheckpoint, findCheckpoint, latestCheckpoint, type CheckpointListing } from "./checkpoint";
export type { AssignmentOptions } from "./assignment";
export { initVariablesFromCheckpoint, type InitOptions } from "./initialize";
export type { InitReport } from "./report";
export { Saver, type SaveCheckpointOptions, type SaverOptions } from "./saver";
export type { Gathered, Restored, Saveable, SavedStep } from "./restore";

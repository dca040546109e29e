import type { StepResult } from "../training";

/** What a hook is told after a step. */
export interface AfterRun<R> {
  /** Steps done: of training, updates; of an evaluation, the step of the checkpoint. */
  readonly globalStep: number;
  readonly results: R;
  /** Ends after this step as if it were the last: with a checkpoint, the evaluation and the exports. */
  requestStop(this: void): void;
}

/** What a hook is told when a checkpoint is being saved. */
export interface CheckpointSaved {
  readonly globalStep: number;
  /** The prefix, when the disk has it; training goes on meanwhile unless the hook awaits it. */
  readonly saved: Promise<string>;
  requestStop(this: void): void;
}

/**
 * Callbacks at the turns of a training or evaluation; each is awaited. They run between steps: they may evaluate the estimator.
 * @see tf.train.SessionRunHook
 */
export interface RunHook<R = StepResult> {
  /** Before anything is read. */
  begin?(): void | Promise<void>;
  /** When the variables have their first values, new ones or those of a checkpoint. */
  afterCreateSession?(session: { readonly globalStep: number }): void | Promise<void>;
  /** Before each step. */
  beforeRun?(run: { readonly globalStep: number }): void | Promise<void>;
  /** After each step. */
  afterRun?(run: AfterRun<R>): void | Promise<void>;
  /** In training, when a checkpoint is being saved: the model is as it was at that step. */
  checkpointSaved?(checkpoint: CheckpointSaved): void | Promise<void>;
  /** After the last step, when its checkpoint is saved; not after an error. */
  end?(session: { readonly globalStep: number }): void | Promise<void>;
}

/** Callbacks of several hooks as one, in their order. */
export function allHooks<R>(hooks: readonly RunHook<R>[]): Required<RunHook<R>> {
  return {
    begin: async () => {
      for (const hook of hooks) await hook.begin?.();
    },
    afterCreateSession: async (session) => {
      for (const hook of hooks) await hook.afterCreateSession?.(session);
    },
    beforeRun: async (run) => {
      for (const hook of hooks) await hook.beforeRun?.(run);
    },
    afterRun: async (run) => {
      for (const hook of hooks) await hook.afterRun?.(run);
    },
    checkpointSaved: async (checkpoint) => {
      for (const hook of hooks) await hook.checkpointSaved?.(checkpoint);
    },
    end: async (session) => {
      for (const hook of hooks) await hook.end?.(session);
    },
  };
}

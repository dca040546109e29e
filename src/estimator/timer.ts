/** How often something is done: each so many steps, or seconds. */
export interface TimerOptions {
  readonly everySteps?: number | undefined;
  readonly everySecs?: number | undefined;
}

/**
 * Says when something that is done from time to time is due: at first, then when its steps or seconds have passed.
 * @see tf.train.SecondOrStepTimer
 */
export class Timer {
  private last: { readonly step: number; readonly time: number } | undefined;

  constructor(private readonly options: TimerOptions) {}

  /** The step at which it was last done. */
  get lastStep(): number | undefined {
    return this.last?.step;
  }

  /** Whether it is due after this step. */
  isDue(step: number): boolean {
    const { everySteps = Infinity, everySecs = Infinity } = this.options;
    if (this.last === undefined) return true;
    if (this.last.step === step) return false;
    return performance.now() >= this.last.time + everySecs * 1000 || step >= this.last.step + everySteps;
  }

  /** Notes that it was done after this step. @returns what has passed since the last time */
  mark(step: number): { readonly steps: number; readonly seconds: number } | undefined {
    const [before, time] = [this.last, performance.now()];
    this.last = { step, time };
    if (before === undefined) return undefined;
    return { steps: step - before.step, seconds: (time - before.time) / 1000 };
  }
}

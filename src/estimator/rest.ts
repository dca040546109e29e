/** Lets one thing at a time use an estimator's model; a training's hooks may evaluate, predict and export between its steps. */
export class Rest {
  private doing: string | undefined;
  private isPaused = false;

  /**
   * Does work alone.
   * @throws {Error} if something else is under way
   */
  async during<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    const { doing, isPaused } = this;
    if (doing !== undefined && (!isPaused || what === "train"))
      throw new Error(
        `Cannot ${what}: expected an estimator at rest, got one in the midst of "${doing}"; await that first`,
      );
    this.doing = what;
    this.isPaused = false;
    try {
      return await work();
    } finally {
      this.doing = doing;
      this.isPaused = isPaused;
    }
  }

  /** Lets others in while this work goes on. */
  async pausing<T>(work: () => Promise<T>): Promise<T> {
    this.isPaused = true;
    try {
      return await work();
    } finally {
      this.isPaused = false;
    }
  }
}
